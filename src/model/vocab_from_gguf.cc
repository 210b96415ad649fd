#include "model/vocab_from_gguf.h"

#include <limits>
#include <utility>

#include "base/error.h"

namespace tenfold {

namespace {

// Reads `key` into `out` with one of GgufMetadata's look-ups, if the file has it.
template <typename T, typename LookUp>
Status read_if_present(const GgufMetadata& metadata, std::string_view key, LookUp look_up, T& out) {
  if (!metadata.has(key)) return {};
  TENFOLD_ASSIGN_OR_RETURN(out, (metadata.*look_up)(key));
  return {};
}

Result<std::vector<std::string_view>> read_views(const GgufMetadata& metadata, std::string_view key,
                                                 std::uint64_t max_elements, VocabData& vocab) {
  TENFOLD_ASSIGN_OR_RETURN(GgufTexts texts, metadata.strings(key, max_elements));
  vocab.owners.push_back(std::move(texts.bytes));
  return std::move(texts.texts);
}

// A list with an element for each token: what is longer or shorter is not worth reading.
Status expect_one_a_token(const GgufMetadata& metadata, std::string_view key, std::size_t n_tokens) {
  const std::uint64_t n = metadata.n_elements(key);
  if (n == n_tokens || !metadata.has(key)) return {};
  return corrupt_data("key ", key, ": expected an element for each of ", n_tokens, " tokens, found ", n);
}

// Files exist whose scores are integers.
Result<std::vector<float>> read_scores(const GgufMetadata& metadata, std::string_view key) {
  Result<std::vector<float>> scores = metadata.floats(key);
  if (scores.ok()) return scores;
  const Result<std::vector<std::int64_t>> integers = metadata.integers(key);
  if (!integers.ok()) return scores.status();
  return std::vector<float>(integers->begin(), integers->end());
}

Result<std::vector<std::int32_t>> read_types(const GgufMetadata& metadata, std::string_view key) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::int64_t> integers, metadata.integers(key));
  std::vector<std::int32_t> types;
  types.reserve(integers.size());
  for (const std::int64_t type : integers) {
    types.push_back(std::in_range<std::int32_t>(type) ? static_cast<std::int32_t>(type)
                                                      : static_cast<std::int32_t>(TokenType::kUndefined));
  }
  return types;
}

Status read_special_ids(const GgufMetadata& metadata, VocabData& vocab) {
  constexpr std::pair<const char*, SpecialToken> kKeys[] = {
      {"tokenizer.ggml.bos_token_id", SpecialToken::kBos},
      {"tokenizer.ggml.eos_token_id", SpecialToken::kEos},
      {"tokenizer.ggml.eot_token_id", SpecialToken::kEot},
      {"tokenizer.ggml.eom_token_id", SpecialToken::kEom},
      {"tokenizer.ggml.unknown_token_id", SpecialToken::kUnknown},
      {"tokenizer.ggml.seperator_token_id", SpecialToken::kSeparator},  // spelled so in the format
      {"tokenizer.ggml.padding_token_id", SpecialToken::kPadding},
      {"tokenizer.ggml.mask_token_id", SpecialToken::kMask},
      // The three older names come first: the newer ones win where a file has both.
      {"tokenizer.ggml.prefix_token_id", SpecialToken::kFimPrefix},
      {"tokenizer.ggml.suffix_token_id", SpecialToken::kFimSuffix},
      {"tokenizer.ggml.middle_token_id", SpecialToken::kFimMiddle},
      {"tokenizer.ggml.fim_pre_token_id", SpecialToken::kFimPrefix},
      {"tokenizer.ggml.fim_suf_token_id", SpecialToken::kFimSuffix},
      {"tokenizer.ggml.fim_mid_token_id", SpecialToken::kFimMiddle},
      {"tokenizer.ggml.fim_pad_token_id", SpecialToken::kFimPadding},
      {"tokenizer.ggml.fim_rep_token_id", SpecialToken::kFimRepository},
      {"tokenizer.ggml.fim_sep_token_id", SpecialToken::kFimFileSeparator},
  };
  for (const auto& [key, kind] : kKeys) {
    TENFOLD_RETURN_IF_ERROR(read_if_present(metadata, key, &GgufMetadata::unsigned_integer, vocab.special_id(kind)));
  }
  return {};
}

}  // namespace

Result<VocabData> vocab_from_gguf(const GgufMetadata& metadata) {
  VocabData vocab;
  TENFOLD_ASSIGN_OR_RETURN(vocab.model, metadata.string("tokenizer.ggml.model"));
  TENFOLD_RETURN_IF_ERROR(read_if_present(metadata, "tokenizer.ggml.pre", &GgufMetadata::string, vocab.pre));
  TENFOLD_RETURN_IF_ERROR(read_if_present(metadata, "general.name", &GgufMetadata::string, vocab.model_name));
  TENFOLD_ASSIGN_OR_RETURN(vocab.tokens, read_views(metadata, "tokenizer.ggml.tokens", kMaxTokens, vocab));
  for (const char* const key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
    TENFOLD_RETURN_IF_ERROR(expect_one_a_token(metadata, key, vocab.tokens.size()));
  }
  if (metadata.has("tokenizer.ggml.scores")) {
    TENFOLD_ASSIGN_OR_RETURN(vocab.scores, read_scores(metadata, "tokenizer.ggml.scores"));
  }
  if (metadata.has("tokenizer.ggml.token_type")) {
    TENFOLD_ASSIGN_OR_RETURN(vocab.types, read_types(metadata, "tokenizer.ggml.token_type"));
  }
  if (metadata.has("tokenizer.ggml.merges")) {
    TENFOLD_ASSIGN_OR_RETURN(vocab.merges, read_views(metadata, "tokenizer.ggml.merges", kMaxMerges, vocab));
  }
  TENFOLD_RETURN_IF_ERROR(read_special_ids(metadata, vocab));
  constexpr auto kBoolean = &GgufMetadata::boolean;
  TENFOLD_RETURN_IF_ERROR(read_if_present(metadata, "tokenizer.ggml.add_bos_token", kBoolean, vocab.add_bos));
  TENFOLD_RETURN_IF_ERROR(read_if_present(metadata, "tokenizer.ggml.add_eos_token", kBoolean, vocab.add_eos));
  TENFOLD_RETURN_IF_ERROR(
      read_if_present(metadata, "tokenizer.ggml.add_space_prefix", kBoolean, vocab.add_space_prefix));
  TENFOLD_RETURN_IF_ERROR(read_if_present(metadata, "tokenizer.ggml.normalizer.nfc", kBoolean, vocab.compose));
  TENFOLD_RETURN_IF_ERROR(read_if_present(metadata, "tokenizer.ggml.normalizer.lowercase", kBoolean, vocab.lower_case));
  TENFOLD_RETURN_IF_ERROR(
      read_if_present(metadata, "tokenizer.ggml.normalizer.strip_accents", kBoolean, vocab.strip_accents));
  return vocab;
}

}  // namespace tenfold
