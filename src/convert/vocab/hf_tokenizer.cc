#include "convert/vocab/hf_tokenizer.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::string_view kBlank = "\xE2\x96\x81";  // ▁
constexpr std::string_view kContinues = "##";

const Json* member(const Json& object, const char* key) {
  const Json* value = object.find(key);
  return value != nullptr && !value->is_null() ? value : nullptr;
}
const std::string& text_of(const Json& object, const char* key) { return object[key].text(); }
bool flag_of(const Json& object, const char* key, bool fallback) {
  const Json* value = member(object, key);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : fallback;
}

std::string first_text(const Json* list) { return list != nullptr ? (*list)[0].text() : ""; }

// The steps of a normalizer, pre-tokenizer or post-processor: those of a Sequence, or the one there is. parse_json
// bounds how deep they nest.
void flatten(const Json* step, const char* list_key, std::vector<const Json*>& out) {
  if (step == nullptr) return;
  if (text_of(*step, "type") != "Sequence") {
    out.push_back(step);
    return;
  }
  const Json* list = member(*step, list_key);
  if (list == nullptr || !list->is_array()) return;
  for (const Json& child : *list) flatten(&child, list_key, out);
}
std::vector<const Json*> steps_of(const Json& json, const char* key, const char* list_key) {
  std::vector<const Json*> steps;
  flatten(member(json, key), list_key, steps);
  return steps;
}

std::string pattern_of(const Json& step) {
  const Json* pattern = member(step, "pattern");
  if (pattern == nullptr) return "";
  if (pattern->is_string()) return pattern->text();
  const std::string& regex = text_of(*pattern, "Regex");
  return regex.empty() ? "text " + text_of(*pattern, "String") : regex;
}

// One line for each step that cuts text; "" for one that cuts nothing.
std::string describe_step(const Json& step) {
  const std::string type = text_of(step, "type");
  if (type == "ByteLevel") {
    if (flag_of(step, "add_prefix_space", true)) return "ByteLevel add_prefix_space";
    return flag_of(step, "use_regex", true) ? "ByteLevel use_regex" : "";
  }
  if (type == "Digits") return flag_of(step, "individual_digits", false) ? "Digits individual" : "Digits";
  if (type == "Punctuation") return "Punctuation " + text_of(step, "behavior");
  if (type != "Split") return type.empty() ? "a step without a type" : type;
  const bool invert = flag_of(step, "invert", false);
  const std::string behavior = text_of(step, "behavior");
  // A pattern that covers all text cuts it the same way, whether matches are isolated or what is between is removed.
  if ((behavior == "Isolated" && !invert) || (behavior == "Removed" && invert)) return "Split " + pattern_of(step);
  return cat("Split ", behavior, invert ? " inverted " : " ", pattern_of(step));
}

Status expect_short(std::string_view token) {
  if (token.size() <= kMaxTokenBytes) return {};
  return resource_exhausted("tokenizer: expected tokens of at most ", kMaxTokenBytes, " bytes, found ", token.size(),
                            " in ", printable(token));
}

Status add_added(HfTokenizer& tokenizer, std::uint64_t id, const Json& token) {
  const std::string& text = text_of(token, "content");
  TENFOLD_RETURN_IF_ERROR(expect_short(text));
  if (id >= tokenizer.tokens.size()) {
    tokenizer.notes.push_back(cat("the token ", printable(text), " is left out: its id ", id,
                                  " is beyond the embedding's ", tokenizer.tokens.size(), " rows"));
    return {};
  }
  tokenizer.has_token[id] = true;
  tokenizer.tokens[id] = text;
  tokenizer.added.push_back({static_cast<std::uint32_t>(id), text, flag_of(token, "special", false)});
  return {};
}

Status add_by_id(const Json& config, HfTokenizer& tokenizer) {
  const Json* added = member(config, "added_tokens_decoder");
  if (added == nullptr || !added->is_object()) return {};
  for (const auto& [key, token] : added->items()) {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size()) {
      return corrupt_data("tokenizer_config.json: added_tokens_decoder: expected ids, found ", printable(key));
    }
    TENFOLD_RETURN_IF_ERROR(add_added(tokenizer, id, token));
  }
  return {};
}

// added_tokens.json, whose tokens tokenizer_config.json may know already.
Status add_by_text(const Json& added, HfTokenizer& tokenizer) {
  for (const auto& [text, id] : added.items()) {
    const auto place = id.to_integer<std::uint64_t>();
    if (!place)
      return corrupt_data("added_tokens.json: expected an id for ", printable(text), ", found ", printable(id.dump()));
    const bool is_taken = *place < tokenizer.tokens.size() && tokenizer.has_token[*place];
    if (is_taken && tokenizer.tokens[*place] != text) {
      return corrupt_data("added_tokens.json: expected one token of id ", *place, ", found ",
                          printable(tokenizer.tokens[*place]), " and ", printable(text));
    }
    if (!is_taken) TENFOLD_RETURN_IF_ERROR(add_added(tokenizer, *place, Json{{"content", text}}));
  }
  return {};
}

class TokenizerReader {
 public:
  TokenizerReader(const Json& json, std::uint32_t n_rows) : json_(json), n_rows_(n_rows) {}

  Result<HfTokenizer> run() {
    const Json* model = member(json_, "model");
    if (model == nullptr) return corrupt_data("tokenizer.json: expected a model, found none");
    TENFOLD_RETURN_IF_ERROR(read_kind(*model));
    result_.tokens.resize(n_rows_);
    result_.has_token.resize(n_rows_);
    TENFOLD_RETURN_IF_ERROR(read_model(*model));
    TENFOLD_RETURN_IF_ERROR(read_added());
    switch (result_.kind) {
      case TokenizerKind::kByteLevel: read_byte_steps(); break;
      case TokenizerKind::kSentencePiece: read_piece_steps(); break;
      case TokenizerKind::kWordPiece: TENFOLD_RETURN_IF_ERROR(read_word_steps()); break;
    }
    read_post_processor();
    return std::move(result_);
  }

 private:
  Status read_kind(const Json& model) {
    const std::string type = text_of(model, "type");
    const std::vector<const Json*> pre = steps_of(json_, "pre_tokenizer", "pretokenizers");
    const bool has_bytes =
        std::any_of(pre.begin(), pre.end(), [](const Json* step) { return text_of(*step, "type") == "ByteLevel"; });
    // Files of before the type was written have merges if they are BPE.
    const bool bpe = type == "BPE" || (type.empty() && member(model, "merges") != nullptr);
    result_.unigram = type == "Unigram";
    result_.ignore_merges = flag_of(model, "ignore_merges", false);
    if (bpe && has_bytes) return {};
    if (type == "WordPiece") {
      result_.kind = TokenizerKind::kWordPiece;
      return {};
    }
    if ((bpe && flag_of(model, "byte_fallback", false)) || result_.unigram) {
      result_.kind = TokenizerKind::kSentencePiece;
      return {};
    }
    return unsupported(
        "tokenizer.json: expected a BPE model over bytes (a ByteLevel step) or with byte_fallback, or a "
        "Unigram or WordPiece one; found ",
        type.empty() ? "no type" : printable(type), bpe ? " with neither" : "");
  }

  Status add_token(std::uint64_t id, const std::string& text) {
    TENFOLD_RETURN_IF_ERROR(expect_short(text));
    if (id >= n_rows_) {
      return corrupt_data("tokenizer.json: expected ids below the embedding's ", n_rows_, " rows, found ", id, " for ",
                          printable(text));
    }
    if (result_.has_token[id]) {
      return corrupt_data("tokenizer.json: expected one token of id ", id, ", found ", printable(result_.tokens[id]),
                          " and ", printable(text));
    }
    result_.has_token[id] = true;
    result_.tokens[id] = text;
    return {};
  }

  Status read_model(const Json& model) {
    if (result_.unigram) return read_unigram(model);
    TENFOLD_RETURN_IF_ERROR(read_vocab(model));
    return result_.kind == TokenizerKind::kWordPiece ? check_word_piece(model) : read_merges(model);
  }

  // GGUF has words for one prefix and one length only.
  static Status check_word_piece(const Json& model) {
    const std::string prefix = text_of(model, "continuing_subword_prefix");
    if (prefix != kContinues) {
      return unsupported("tokenizer.json: continuing_subword_prefix: expected ", kContinues, ", found ",
                         printable(prefix));
    }
    const Json* longest = member(model, "max_input_chars_per_word");
    if (longest == nullptr || *longest == 100) return {};
    return unsupported("tokenizer.json: max_input_chars_per_word: expected 100, found another number");
  }

  Status read_vocab(const Json& model) {
    const Json* vocab = member(model, "vocab");
    if (vocab == nullptr || !vocab->is_object()) {
      return corrupt_data("tokenizer.json: expected a vocab of texts with their ids, found none");
    }
    const std::string& unknown = text_of(model, "unk_token");
    for (const auto& [text, id] : vocab->items()) {
      const auto number = id.to_integer<std::uint64_t>();
      if (!number) {
        return corrupt_data("tokenizer.json: vocab: expected an id for ", printable(text), ", found ", id.type_name());
      }
      TENFOLD_RETURN_IF_ERROR(add_token(*number, text));
      if (text == unknown) result_.unknown = static_cast<std::uint32_t>(*number);
    }
    return {};
  }

  Status read_merges(const Json& model) {
    const Json* merges = member(model, "merges");
    if (merges == nullptr || !merges->is_array()) {
      return corrupt_data("tokenizer.json: expected a list of merges, found none");
    }
    result_.merges.reserve(merges->size());
    for (const Json& merge : *merges) {
      const std::string& text = merge.text();
      if (const std::size_t blank = text.find(' ', 1); blank != std::string::npos) {
        result_.merges.push_back({text.substr(0, blank), text.substr(blank + 1)});
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        result_.merges.push_back({merge[0].get<std::string>(), merge[1].get<std::string>()});
      } else {
        return corrupt_data("tokenizer.json: merges: expected two texts, found ", merge.type_name());
      }
    }
    return {};
  }

  Status read_unigram(const Json& model) {
    const Json* vocab = member(model, "vocab");
    if (vocab == nullptr || !vocab->is_array()) {
      return corrupt_data("tokenizer.json: expected a vocab of texts with their scores, found none");
    }
    result_.scores.resize(n_rows_, 0);
    std::uint64_t id = 0;
    for (const Json& piece : *vocab) {
      if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number()) {
        return corrupt_data("tokenizer.json: vocab: expected a text and its score as piece ", id, ", found ",
                            piece.type_name());
      }
      TENFOLD_RETURN_IF_ERROR(add_token(id, piece[0].get<std::string>()));
      result_.scores[id++] = piece[1].get<float>();
    }
    const auto unknown = model["unk_id"].to_integer<std::uint64_t>();
    if (unknown && *unknown < id) result_.unknown = static_cast<std::uint32_t>(*unknown);
    return {};
  }

  Status read_added() {
    const Json* added = member(json_, "added_tokens");
    if (added == nullptr) return {};
    if (!added->is_array()) return corrupt_data("tokenizer.json: added_tokens: expected a list");
    for (const Json& token : *added) {
      const auto id = token["id"].to_integer<std::uint64_t>();
      if (!id || member(token, "content") == nullptr) {
        return corrupt_data("tokenizer.json: added_tokens: expected an id and a content in each");
      }
      TENFOLD_RETURN_IF_ERROR(add_added(result_, *id, token));
    }
    return {};
  }

  void read_byte_steps() {
    for (const Json* step : steps_of(json_, "normalizer", "normalizers")) {
      if (const std::string type = text_of(*step, "type"); type == "NFC") {
        result_.composes = true;
      } else {
        result_.normalizers.push_back(type);
      }
    }
    for (const Json* step : steps_of(json_, "pre_tokenizer", "pretokenizers")) {
      if (std::string described = describe_step(*step); !described.empty()) {
        result_.pre_steps.push_back(std::move(described));
      }
    }
  }

  void read_piece_steps() {
    for (const Json* step : steps_of(json_, "normalizer", "normalizers")) {
      const std::string type = text_of(*step, "type");
      if (type == "Prepend" && text_of(*step, "prepend") == kBlank) {
        result_.add_space_prefix = true;
      } else if (type != "Replace" || text_of(*step, "content") != kBlank) {
        result_.normalizers.push_back(type);
      }
    }
    for (const Json* step : steps_of(json_, "pre_tokenizer", "pretokenizers")) {
      if (text_of(*step, "type") != "Metaspace") continue;
      const std::string scheme = text_of(*step, "prepend_scheme");
      const bool prepends = scheme.empty() ? flag_of(*step, "add_prefix_space", true) : scheme != "never";
      result_.add_space_prefix = result_.add_space_prefix || prepends;
    }
  }

  Status read_word_steps() {
    const auto only = [&](const char* key, const char* list_key, const char* type) -> Result<const Json*> {
      const std::vector<const Json*> steps = steps_of(json_, key, list_key);
      if (steps.size() == 1 && text_of(*steps[0], "type") == type) return steps[0];
      return unsupported("tokenizer.json: ", key, ": expected ", type, " alone beside a WordPiece model");
    };
    TENFOLD_ASSIGN_OR_RETURN(const Json* normalizer, only("normalizer", "normalizers", "BertNormalizer"));
    TENFOLD_RETURN_IF_ERROR(only("pre_tokenizer", "pretokenizers", "BertPreTokenizer").status());
    if (!flag_of(*normalizer, "clean_text", true) || !flag_of(*normalizer, "handle_chinese_chars", true)) {
      return unsupported(
          "tokenizer.json: normalizer: expected clean_text and handle_chinese_chars, found one switched off");
    }
    result_.lower_case = flag_of(*normalizer, "lowercase", true);
    if (const Json* strip = member(*normalizer, "strip_accents"); strip != nullptr && strip->is_boolean()) {
      result_.strip_accents = strip->get<bool>();
    }
    return {};
  }

  void read_post_processor() {
    for (const Json* step : steps_of(json_, "post_processor", "processors")) {
      result_.has_post_processor = true;
      if (text_of(*step, "type") == "BertProcessing") {
        result_.tokens_before = {first_text(member(*step, "cls"))};
        result_.tokens_after = {first_text(member(*step, "sep"))};
      }
      const Json* single = member(*step, "single");
      if (text_of(*step, "type") != "TemplateProcessing" || single == nullptr || !single->is_array()) continue;
      std::vector<std::string>* side = &result_.tokens_before;
      for (const Json& item : *single) {
        if (member(item, "Sequence") != nullptr) side = &result_.tokens_after;
        if (const Json* special = member(item, "SpecialToken")) side->push_back(text_of(*special, "id"));
      }
    }
  }

  const Json& json_;
  std::uint32_t n_rows_;
  HfTokenizer result_;
};

}  // namespace

Result<HfTokenizer> read_hf_tokenizer(const Json& json, std::uint32_t n_rows) {
  return TokenizerReader(json, n_rows).run();
}

Result<HfTokenizer> tokenizer_of_pieces(const Json& config, const Json& added, std::uint32_t n_rows) {
  HfTokenizer tokenizer;
  tokenizer.kind = TokenizerKind::kSentencePiece;
  tokenizer.adds_bos_by_default = true;
  tokenizer.tokens.resize(n_rows);
  tokenizer.has_token.resize(n_rows);
  TENFOLD_RETURN_IF_ERROR(add_by_id(config, tokenizer));
  TENFOLD_RETURN_IF_ERROR(add_by_text(added, tokenizer));
  return tokenizer;
}

std::optional<std::uint32_t> find_token(const HfTokenizer& tokenizer, std::string_view text) {
  for (const AddedToken& added : tokenizer.added) {
    if (added.text == text) return added.id;
  }
  for (std::size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    if (tokenizer.has_token[id] && tokenizer.tokens[id] == text) return static_cast<std::uint32_t>(id);
  }
  return std::nullopt;
}

}  // namespace tenfold
