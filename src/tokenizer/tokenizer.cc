#include "tokenizer/tokenizer.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "platform/memory_guard.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/char_text.h"
#include "tokenizer/pretokenizer.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxReservedIds = std::size_t{1} << 24;
// All special tokens together. The largest sets of today, codes of speech and of images, have less than one.
constexpr std::size_t kMaxSpecialBytes = std::size_t{4} << 20;

// Of the tokens that are looked for in a text before anything else.
std::uint64_t special_bytes(const VocabData& vocab) noexcept {
  if (!vocab.types) return 0;
  std::uint64_t n = 0;
  for (std::size_t id = 0; id < std::min(vocab.tokens.size(), vocab.types->size()); ++id) {
    switch (static_cast<TokenType>((*vocab.types)[id])) {
      case TokenType::kUnknown:
      case TokenType::kControl:
      case TokenType::kUserDefined: n += vocab.tokens[id].size(); break;
      default: break;
    }
  }
  return n;
}

// The rule for a vocabulary's pre-tokenizer name. Errors: kUnsupported.
Result<const Pretokenizer*> choose_pretokenizer(const std::optional<std::string>& name,
                                                std::vector<std::string>& warnings) {
  if (!name || name->empty() || *name == "default") {
    warnings.emplace_back(
        "the file names no pre-tokenizer (tokenizer.ggml.pre): a general rule is used, and answers may suffer");
    return find_pretokenizer("default");
  }
  const Pretokenizer* rule = find_pretokenizer(*name);
  if (rule == nullptr) return unsupported("pre-tokenizer (tokenizer.ggml.pre) ", printable(*name), " is not known");
  return rule;
}

Status expect_parts_of(std::string_view text, std::span<const TextRange> parts) {
  std::uint32_t at = 0;
  for (const TextRange& part : parts) {
    if (part.begin < at || part.end < part.begin || part.end > text.size()) {
      return invalid_argument("given: expected ascending parts of ", text.size(), " bytes, found ", part.begin, " to ",
                              part.end, " behind ", at);
    }
    at = part.end;
  }
  return {};
}

// Which of the stretches of a text, asked in order, reach into one of its given parts.
class GivenAhead {
 public:
  explicit GivenAhead(std::span<const TextRange> parts) : parts_(parts) {}

  bool reaches(const TextFragment& stretch) {
    const auto is_behind = [&](TextRange part) { return part.end <= stretch.begin || part.begin == part.end; };
    while (!parts_.empty() && is_behind(parts_.front())) parts_ = parts_.subspan(1);
    return !parts_.empty() && parts_.front().begin < stretch.end;
  }

 private:
  std::span<const TextRange> parts_;  // that do not lie behind
};

void append_decoded_bytes(std::string& out, std::string_view text) {
  for (const Char c : decode_chars(text)) {
    if (const auto byte = byte_of_letter(c.code_point())) {
      out.push_back(static_cast<char>(*byte));
    } else {
      append_utf8(out, c.code_point());
    }
  }
}

void append_unescaped_spaces(std::string& out, std::string_view text) {
  constexpr std::string_view kSpace = "\xE2\x96\x81";
  for (std::size_t at = text.find(kSpace); at != std::string_view::npos; at = text.find(kSpace)) {
    out.append(text.substr(0, at)).push_back(' ');
    text.remove_prefix(at + kSpace.size());
  }
  out.append(text);
}

}  // namespace

std::uint64_t Tokenizer::bytes_for(const VocabData& vocab) noexcept {
  // Of a token: its view, type and score in `vocab`, its text's place here, two to three slots of the index, traits and
  // rank, and what stands for an empty text. Of a merge: its view, three numbers and its slots. Of a byte of a special
  // token: a node of the structure that finds it. Texts are there twice.
  constexpr std::uint64_t kBytesOfToken = 112;
  constexpr std::uint64_t kBytesOfMerge = 64;
  constexpr std::uint64_t kBytesOfSpecialByte = 64;
  std::uint64_t n = kBytesOfToken * vocab.tokens.size() + kBytesOfSpecialByte * special_bytes(vocab);
  for (const std::string_view token : vocab.tokens) n += 2 * token.size();
  if (!vocab.merges) return n;
  for (const std::string_view merge : *vocab.merges) n += kBytesOfMerge + merge.size();
  return n;
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::create(const VocabData& vocab, std::string_view template_source) {
  if (vocab.model != "gpt2" && vocab.model != "llama" && vocab.model != "bert") {
    return unsupported("tokenizer model (tokenizer.ggml.model) ", printable(vocab.model),
                       "; gpt2, llama and bert are supported");
  }
  if (vocab.tokens.empty()) return corrupt_data("expected tokens, found none");
  if (vocab.tokens.size() > kMaxTokens) {
    return resource_exhausted("expected at most ", kMaxTokens, " tokens, found ", vocab.tokens.size());
  }
  if (vocab.scores && vocab.scores->size() != vocab.tokens.size()) {
    return corrupt_data("expected a score for each of ", vocab.tokens.size(), " tokens, found ", vocab.scores->size());
  }
  if (const std::uint64_t n = special_bytes(vocab); n > kMaxSpecialBytes) {
    return resource_exhausted("expected special tokens of at most ", kMaxSpecialBytes, " bytes together, found ", n);
  }
  TENFOLD_RETURN_IF_ERROR(expect_memory_for("the vocabulary", bytes_for(vocab)));
  TENFOLD_ASSIGN_OR_RETURN(TextTable tokens, TextTable::from_tokens(vocab.tokens));
  TENFOLD_ASSIGN_OR_RETURN(SpecialTokens special, resolve_special_tokens(vocab, tokens));
  TENFOLD_ASSIGN_OR_RETURN(SpecialSplitter splitter, SpecialSplitter::create(tokens, special, template_source));
  std::unique_ptr<Tokenizer> tokenizer(new Tokenizer(std::move(tokens), std::move(special), std::move(splitter)));
  TENFOLD_RETURN_IF_ERROR(vocab.model == "gpt2"    ? tokenizer->choose_bpe(vocab)
                          : vocab.model == "llama" ? tokenizer->choose_spm(vocab)
                                                   : tokenizer->choose_word_piece(vocab));
  return tokenizer;
}

Tokenizer::Tokenizer(TextTable tokens, SpecialTokens special, SpecialSplitter splitter)
    : tokens_(std::move(tokens)),
      special_(std::move(special)),
      splitter_(std::move(splitter)),
      text_tokens_(tokens_, special_, splitter_) {
  if (const std::size_t n = tokens_.n_duplicates(); n > 0) {
    special_.warnings.push_back(
        cat(n, n == 1 ? " token has" : " tokens have", " the text of another one; the last of equals is used"));
  }
}

Status Tokenizer::choose_bpe(const VocabData& vocab) {
  if (!vocab.merges) return corrupt_data("expected merges (tokenizer.ggml.merges) beside tokenizer model gpt2");
  if (vocab.merges->size() > kMaxMerges) {
    return resource_exhausted("expected at most ", kMaxMerges, " merges, found ", vocab.merges->size());
  }
  TENFOLD_ASSIGN_OR_RETURN(const Pretokenizer* rule, choose_pretokenizer(vocab.pre, special_.warnings));
  TENFOLD_ASSIGN_OR_RETURN(BpeMerges merges, BpeMerges::create(tokens_, *vocab.merges));
  if (const std::size_t n = merges.n_malformed(); n > 0) {
    special_.warnings.push_back(cat(n, " merges are not two texts with a space between them; ignored"));
  }
  const auto normalization = vocab.compose.value_or(rule->composes) ? Normalization::kNfc : Normalization::kNone;
  encoder_.emplace<BpeEncoder>(tokens_, std::move(merges), *rule, normalization);
  choose_bos_and_eos(vocab, rule->adds_bos);
  return {};
}

Status Tokenizer::choose_spm(const VocabData& vocab) {
  std::span<const float> scores;
  if (vocab.scores) scores = *vocab.scores;
  TENFOLD_ASSIGN_OR_RETURN(SpmEncoder encoder, SpmEncoder::create(tokens_, scores, special(SpecialToken::kUnknown)));
  encoder_.emplace<SpmEncoder>(std::move(encoder));
  adds_space_prefix_ = vocab.add_space_prefix.value_or(true);
  choose_bos_and_eos(vocab, /*adds_bos_by_default=*/true);
  return {};
}

Status Tokenizer::choose_word_piece(const VocabData& vocab) {
  const std::optional<TokenId> unknown = special(SpecialToken::kUnknown);
  if (!unknown) {
    return corrupt_data("expected an unknown token (tokenizer.ggml.unknown_token_id) beside tokenizer model bert");
  }
  const bool lower_case = vocab.lower_case.value_or(true);
  encoder_.emplace<WordPieceEncoder>(tokens_, *unknown,
                                     BertWordOptions{lower_case, vocab.strip_accents.value_or(lower_case)});
  adds_space_prefix_ = true;
  // A text is always put between [CLS] and [SEP], whatever flags the file carries over from other tokenizers.
  adds_bos_ = bos().has_value();
  adds_eos_ = eos().has_value();
  return {};
}

void Tokenizer::choose_bos_and_eos(const VocabData& vocab, bool adds_bos_by_default) {
  adds_bos_ = vocab.add_bos.value_or(adds_bos_by_default);
  adds_eos_ = vocab.add_eos.value_or(false);
  if (adds_bos_ && !bos()) {
    special_.warnings.emplace_back("the vocabulary wants BOS before a text but has no BOS token; none is added");
    adds_bos_ = false;
  }
  if (adds_eos_ && !eos()) {
    special_.warnings.emplace_back("the vocabulary wants EOS after a text but has no EOS token; none is added");
    adds_eos_ = false;
  }
}

Result<std::vector<TokenId>> Tokenizer::encode(std::string_view text, TokenizeOptions options) const {
  if (text.size() > kMaxTextBytes) {
    return invalid_argument("expected a text of at most ", kMaxTextBytes, " bytes, found ", text.size());
  }
  TENFOLD_RETURN_IF_ERROR(expect_parts_of(text, options.given));
  TENFOLD_RETURN_IF_ERROR(expect_memory_for("work on a text", kWorkBytesOfTextByte * text.size()));
  std::vector<TokenId> ids;
  // A token is a byte or more. Growing would touch three times the memory; what is reserved and not used costs nothing.
  ids.reserve(std::min(text.size(), kMaxReservedIds) + 2);
  if (options.add_bos && adds_bos_) ids.push_back(*bos());
  CancelLatch cancel(options.cancel);
  const SpacePrefix prefix = adds_space_prefix_ ? SpacePrefix::kAdded : SpacePrefix::kNone;
  SpacePrefix next_prefix = prefix;
  const TextRange all{0, static_cast<std::uint32_t>(text.size())};
  const GivenParts given = options.parse_special ? GivenParts{options.given, GivenMarks::kText}
                                                 : GivenParts{std::span(&all, 1), GivenMarks::kTokens};
  GivenAhead marked(options.parse_special ? options.given : std::span<const TextRange>());
  for (const TextFragment& fragment : splitter_.split(text, given, cancel)) {
    if (cancel.is_set()) break;
    if (fragment.token != TextFragment::kText) {
      ids.push_back(fragment.token);
      next_prefix = prefix;
      continue;
    }
    const std::string_view part = text.substr(fragment.begin, fragment.end - fragment.begin);
    const TextTokens* only = marked.reaches(fragment) ? &text_tokens_ : nullptr;
    TENFOLD_RETURN_IF_ERROR(encode_text(part, next_prefix, only, ids, cancel));
    next_prefix = SpacePrefix::kNone;
  }
  if (cancel.is_set()) return cancelled("turning text into tokens was cancelled");
  if (options.add_eos && adds_eos_) ids.push_back(*eos());
  return ids;
}

Status Tokenizer::encode_text(std::string_view text, SpacePrefix prefix, const TextTokens* only,
                              std::vector<TokenId>& out, CancelLatch& cancel) const {
  if (const auto* bpe = std::get_if<BpeEncoder>(&encoder_)) {
    bpe->encode(text, only, out, cancel);
    return {};
  }
  if (const auto* word_piece = std::get_if<WordPieceEncoder>(&encoder_)) {
    word_piece->encode(text, only, out, cancel);
    return {};
  }
  return std::get<SpmEncoder>(encoder_).encode(text, prefix, only, out, cancel);
}

std::string Tokenizer::piece(TokenId id, SpecialText special) const {
  std::string out;
  if (!is_valid(id)) return out;
  const std::string_view token = text(id);
  if (is_special(id)) {
    if (special == SpecialText::kShow) out = token;
  } else if (special_.has(id, kUserDefinedTrait)) {
    out = token;
  } else if (special_.has(id, kByteTrait)) {
    out.push_back(static_cast<char>(byte_of_hex_token(token).value_or(0)));
  } else if (special_.has(id, kNormalTrait)) {
    std::holds_alternative<BpeEncoder>(encoder_) ? append_decoded_bytes(out, token)
                                                 : append_unescaped_spaces(out, token);
  }
  return out;
}

Result<std::string> Tokenizer::decode(std::span<const TokenId> ids, SpecialText special) const {
  std::uint64_t n_bytes = 0;
  for (const TokenId id : ids) {
    if (!is_valid(id)) return invalid_argument("expected token ids from 0 to ", vocab_size() - 1, ", found ", id);
    n_bytes += text(id).size();
  }
  TENFOLD_RETURN_IF_ERROR(expect_memory_for("a text", 2 * n_bytes));  // once more while it grows
  std::string out;
  bool at_start = adds_space_prefix_;
  for (const TokenId id : ids) {
    const std::string next = piece(id, special);
    out.append(next, at_start && next.starts_with(' ') ? 1 : 0);
    at_start = at_start && id == bos();
  }
  return out;
}

std::optional<TokenId> Tokenizer::find(std::string_view text) const noexcept {
  const std::uint32_t id = tokens_.find(text);
  if (id == TextTable::kNone) return std::nullopt;
  return static_cast<TokenId>(id);
}

bool Tokenizer::ends_generation(TokenId id) const noexcept {
  return std::binary_search(special_.end_of_generation.begin(), special_.end_of_generation.end(), id);
}

}  // namespace tenfold
