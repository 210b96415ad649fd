#include "convert/vocab/tokenizer_keys.h"

#include <cctype>
#include <optional>
#include <utility>

#include "base/error.h"
#include "convert/config_view.h"
#include "convert/generation_config.h"
#include "convert/vocab/hf_tokenizer.h"
#include "convert/vocab/pre_name.h"
#include "convert/vocab/sentencepiece_model.h"
#include "convert/vocab/special_ids.h"
#include "convert/vocab/vocabulary.h"
#include "tokenizer/pretokenizer.h"

namespace tenfold {

namespace {

class Writer {
 public:
  Writer(const Checkpoint& checkpoint, std::uint32_t n_rows) : checkpoint_(checkpoint), n_rows_(n_rows) {}

  Result<TokenizerKeys> run(const std::string& asked_pre) {
    TENFOLD_ASSIGN_OR_RETURN(tokenizer_config_, checkpoint_.read_settings("tokenizer_config.json"));
    TENFOLD_ASSIGN_OR_RETURN(special_map_, checkpoint_.read_settings("special_tokens_map.json"));
    TENFOLD_RETURN_IF_ERROR(read_tokenizer());
    if (tokenizer_.kind == TokenizerKind::kWordPiece) {
      write_word_pieces();
    } else if (tokenizer_.kind == TokenizerKind::kByteLevel) {
      TENFOLD_ASSIGN_OR_RETURN(std::string pre, find_pre_name(tokenizer_, asked_pre));
      // Where nothing is said, readers go by the name of the pre-tokenizer.
      if (tokenizer_.composes || find_pretokenizer(pre)->composes) {
        set("ggml.normalizer.nfc", GgufScalar(tokenizer_.composes));
      }
      write_vocabulary("gpt2", std::move(pre), byte_level_vocabulary(tokenizer_));
      write_merges();
    } else {
      if (!asked_pre.empty()) {
        return invalid_argument("--pre: expected none for a tokenizer of pieces (SentencePiece), found ",
                                printable(asked_pre));
      }
      TENFOLD_RETURN_IF_ERROR(write_pieces());
    }
    TENFOLD_RETURN_IF_ERROR(write_special_ids());
    TENFOLD_RETURN_IF_ERROR(write_chat_template());
    keys_.notes.insert(keys_.notes.end(), tokenizer_.notes.begin(), tokenizer_.notes.end());
    return std::move(keys_);
  }

 private:
  void set(std::string key, GgufValue value) { keys_.entries.push_back({"tokenizer." + key, std::move(value)}); }

  Status read_tokenizer() {
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<Json> json, checkpoint_.read_object("tokenizer.json"));
    if (json) {
      TENFOLD_ASSIGN_OR_RETURN(tokenizer_, read_hf_tokenizer(*json, n_rows_));
      return {};
    }
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<std::string> model, checkpoint_.read_text("tokenizer.model"));
    if (!model) {
      return not_found(
          "expected tokenizer.json, or a SentencePiece tokenizer.model, in the checkpoint's folder; found "
          "neither");
    }
    TENFOLD_ASSIGN_OR_RETURN(const Json added, checkpoint_.read_settings("added_tokens.json"));
    TENFOLD_ASSIGN_OR_RETURN(tokenizer_, tokenizer_of_pieces(tokenizer_config_, added, n_rows_));
    const std::unordered_set<std::string> special = special_texts(settings());
    for (AddedToken& token : tokenizer_.added) token.special = token.special || special.contains(token.text);
    only_pieces_ = true;
    return {};
  }

  // Of the tokenizer; what one file does not say, an older one may.
  [[nodiscard]] ConfigView settings() const {
    return ConfigView({&tokenizer_config_, &special_map_}, "tokenizer_config.json");
  }

  void write_word_pieces() {
    write_vocabulary("bert", "default", word_piece_vocabulary(tokenizer_));
    set("ggml.normalizer.lowercase", GgufScalar(tokenizer_.lower_case));
    if (tokenizer_.strip_accents) set("ggml.normalizer.strip_accents", GgufScalar(*tokenizer_.strip_accents));
  }

  Status write_pieces() {
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, checkpoint_.read_text("tokenizer.model"));
    std::optional<SentencePieceModel> model;
    if (bytes) {
      TENFOLD_ASSIGN_OR_RETURN(model, parse_sentencepiece_model(*bytes, n_rows_));
    }
    if (only_pieces_) take_over(*model);
    write_vocabulary("llama", "default", piece_vocabulary(tokenizer_, model));
    if (!tokenizer_.add_space_prefix) set("ggml.add_space_prefix", GgufScalar(false));
    for (const std::string& normalizer : tokenizer_.normalizers) {
      keys_.notes.push_back(cat("the tokenizer's normalizer ", printable(normalizer),
                                " has no word in GGUF; a text that it changes is cut differently"));
    }
    const std::size_t n_unlisted = model || tokenizer_.unigram ? 0 : count_unlisted_merges(tokenizer_);
    if (n_unlisted > 0) {
      keys_.notes.push_back(cat("readers of GGUF merge whatever makes a piece, but of such pairs ", n_unlisted,
                                " are no merges of tokenizer.json; a text that has them is cut differently"));
    }
    if (tokenizer_.unigram) {
      keys_.notes.push_back(
          "the tokenizer is a unigram model; readers of GGUF merge its pieces by score instead, and "
          "may cut a rare text differently");
    }
    return {};
  }

  // What a tokenizer.json would have said.
  void take_over(const SentencePieceModel& model) {
    tokenizer_.add_space_prefix = model.add_space_prefix;
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
      if (!tokenizer_.has_token[id]) tokenizer_.tokens[id] = model.pieces[id].text;
      tokenizer_.has_token[id] = true;
      if (model.pieces[id].type == TokenType::kUnknown) tokenizer_.unknown = static_cast<std::uint32_t>(id);
    }
  }

  void write_vocabulary(const char* model, std::string pre, Vocabulary vocabulary) {
    set("ggml.model", GgufScalar(std::string(model)));
    set("ggml.pre", GgufScalar(std::move(pre)));
    set("ggml.tokens", GgufArray(std::move(vocabulary.tokens)));
    if (!vocabulary.scores.empty()) set("ggml.scores", GgufArray(std::move(vocabulary.scores)));
    set("ggml.token_type", GgufArray(std::move(vocabulary.types)));
  }

  void write_merges() {
    std::vector<std::string> merges;
    merges.reserve(tokenizer_.merges.size());
    for (const Merge& merge : tokenizer_.merges) merges.push_back(cat(merge.left, " ", merge.right));
    if (!merges.empty()) set("ggml.merges", GgufArray(std::move(merges)));
  }

  Status write_special_ids() {
    TENFOLD_ASSIGN_OR_RETURN(const GenerationConfig generation, read_generation_config(checkpoint_));
    const SpecialIds special =
        find_special_ids(tokenizer_, settings(), ConfigView::of_text(checkpoint_.config()), generation.json);
    for (const auto& [name, id] : special.ids) set(cat("ggml.", name, "_token_id"), GgufScalar(id));
    set("ggml.add_bos_token", GgufScalar(special.add_bos));
    set("ggml.add_eos_token", GgufScalar(special.add_eos));
    keys_.notes.insert(keys_.notes.end(), special.notes.begin(), special.notes.end());
    return {};
  }

  Status write_chat_template() {
    TENFOLD_ASSIGN_OR_RETURN(std::optional<std::string> jinja, checkpoint_.read_text("chat_template.jinja"));
    if (jinja) {
      set("chat_template", GgufScalar(std::move(*jinja)));
      return {};
    }
    TENFOLD_ASSIGN_OR_RETURN(const Json processor, checkpoint_.read_settings("chat_template.json"));
    const ConfigView both({&processor, &tokenizer_config_});
    const Json* found = both.find({"chat_template"});
    if (found == nullptr) return {};
    if (found->is_string()) {
      set("chat_template", GgufScalar(found->get<std::string>()));
      return {};
    }
    if (found->is_array()) return write_named_templates(*found);
    return corrupt_data("tokenizer_config.json: chat_template: expected a text or a list, found ", found->type_name());
  }

  Status write_named_templates(const Json& list) {
    std::vector<std::string> names;
    for (const Json& item : list) {
      const ConfigView one({&item}, "tokenizer_config.json: chat_template");
      TENFOLD_ASSIGN_OR_RETURN(std::string name, one.string({"name"}, ""));
      TENFOLD_ASSIGN_OR_RETURN(std::string text, one.string({"template"}, ""));
      for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';  // it becomes part of a key
      }
      if (name.empty() || text.empty()) continue;
      set(name == "default" ? "chat_template" : "chat_template." + name, GgufScalar(std::move(text)));
      if (name != "default") names.push_back(std::move(name));
    }
    if (!names.empty()) set("chat_templates", GgufArray(std::move(names)));
    return {};
  }

  const Checkpoint& checkpoint_;
  std::uint32_t n_rows_;
  Json tokenizer_config_;
  Json special_map_;
  HfTokenizer tokenizer_;
  bool only_pieces_ = false;
  TokenizerKeys keys_;
};

}  // namespace

Result<TokenizerKeys> read_tokenizer_keys(const Checkpoint& checkpoint, std::uint32_t n_rows,
                                          const std::string& asked_pre) {
  return Writer(checkpoint, n_rows).run(asked_pre);
}

}  // namespace tenfold
