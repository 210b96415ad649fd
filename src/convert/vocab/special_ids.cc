#include "convert/vocab/special_ids.h"

#include <string_view>

#include "base/cat.h"
#include "tokenizer/special_tokens.h"

namespace tenfold {

namespace {

using Id = std::optional<std::uint32_t>;

constexpr std::string_view kToolAnswer =
    "<|observation|>";  // in GLM's vocabularies, whose turns end with the next role

struct Role {
  const char* hf;    // bos_token, bos_token_id
  const char* gguf;  // tokenizer.ggml.bos_token_id
};
constexpr Role kRoles[] = {{"bos", "bos"},       {"eos", "eos"},     {"unk", "unknown"},
                           {"sep", "seperator"}, {"pad", "padding"}, {"mask", "mask"}};

Id id_of(const Json& value, std::size_t n_tokens) {
  const auto id = value.to_integer<std::uint32_t>();
  return id && *id < n_tokens ? id : std::nullopt;
}

class Seen {
 public:
  explicit Seen(std::size_t n_tokens) : seen_(n_tokens) {}
  bool is_new(std::uint32_t id) {
    const bool is_new = !seen_[id];
    seen_[id] = true;
    return is_new;
  }

 private:
  std::vector<bool> seen_;
};

// A text, or an object around one.
std::string text_of(const Json* token) {
  if (token != nullptr && token->is_object()) token = ConfigView({token}).find({"content"});
  return token != nullptr && token->is_string() ? token->get<std::string>() : "";
}

class Finder {
 public:
  Finder(const HfTokenizer& tokenizer, const ConfigView& settings, const ConfigView& config, const Json& generation)
      : tokenizer_(tokenizer), settings_(settings), config_(config), generation_({&generation}) {}

  SpecialIds run() {
    for (const Role& role : kRoles) {
      if (const Id id = find_role(role.hf)) result_.ids.emplace_back(role.gguf, *id);
    }
    put_around("bos", tokenizer_.tokens_before);
    put_around("eos", tokenizer_.tokens_after);
    add_ends();
    result_.add_bos = adds("bos", tokenizer_.tokens_before, "add_bos_token");
    result_.add_eos = adds("eos", tokenizer_.tokens_after, "add_eos_token");
    return std::move(result_);
  }

 private:
  [[nodiscard]] Id found(std::string_view gguf) const {
    for (const auto& [name, id] : result_.ids) {
      if (name == gguf) return id;
    }
    return std::nullopt;
  }

  void note(std::string text) {
    auto& notes = result_.notes;
    if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(std::move(text));
  }

  // One id, or a list of them; those of rows without a token are left out, with a note where a text would miss them.
  std::vector<std::uint32_t> tokens_of(const ConfigView& view, const std::string& key) {
    std::vector<std::uint32_t> ids;
    Seen seen(tokenizer_.tokens.size());
    const Json* first_wrong = nullptr;
    const auto add = [&](const Json& item) {
      const Id id = id_of(item, tokenizer_.tokens.size());
      const bool is_token = id && tokenizer_.has_token[*id];
      if (!is_token && first_wrong == nullptr) first_wrong = &item;
      if (is_token && seen.is_new(*id)) ids.push_back(*id);
    };
    const Json* value = view.find({key});
    if (value != nullptr && value->is_array()) {
      for (const Json& item : *value) add(item);
    } else if (value != nullptr) {
      add(*value);
    }
    if (first_wrong != nullptr && (key == "bos_token_id" || key == "eos_token_id")) {
      note(cat(key, ": expected tokens of the vocabulary, found ", printable(first_wrong->dump()),
               "; what is none is left out"));
    }
    return ids;
  }

  // By the tokenizer's word, else by the model's.
  Id find_role(const std::string& role) {
    const std::string named = text_of(settings_.find({cat(role, "_token")}));
    const Id by_text = named.empty() ? std::nullopt : find_token(tokenizer_, named);
    if (by_text) return by_text;
    if (!named.empty() && (role == "bos" || role == "eos")) {
      note(cat(role, "_token: expected a token of the vocabulary, found ", printable(named), "; it is left out"));
    }
    const std::vector<std::uint32_t> ids = tokens_of(config_, cat(role, "_token_id"));
    if (!ids.empty() && (ids.size() == 1 || role == "eos")) return ids.front();
    return role == "unk" ? tokenizer_.unknown : std::nullopt;
  }

  // What the post-processor puts around a text has the role, whatever other files call so: GGUF has no other word for
  // it. An end of answers that loses its role keeps another.
  void put_around(const char* role, const std::vector<std::string>& around) {
    const Id id = around.size() == 1 ? find_token(tokenizer_, around.front()) : std::nullopt;
    if (!id) return;
    for (auto& [name, place] : result_.ids) {
      if (std::string_view(name) != role) continue;
      if (place != *id && name == std::string_view("eos")) former_end_ = place;
      place = *id;
      return;
    }
    result_.ids.emplace_back(role, *id);
  }

  // Whether texts get this token: as the post-processor says; where there is none, as tokenizer_config.json does.
  [[nodiscard]] bool adds(std::string_view role, const std::vector<std::string>& around, std::string_view key) const {
    const Id id = found(role);
    if (!id) return false;
    if (around.size() == 1) return find_token(tokenizer_, around.front()) == id;
    if (!around.empty() || tokenizer_.has_post_processor) return false;
    const Json* says = settings_.find({key});
    if (says == nullptr) return role == "bos" && tokenizer_.adds_bos_by_default;
    return says->is_boolean() && says->get<bool>();
  }

  // GGUF has one key for the end of a text and two for ends of a turn; readers know some more by their text.
  void add_ends() {
    std::vector<std::uint32_t> ends = tokens_of(generation_, "eos_token_id");
    for (const std::uint32_t id : tokens_of(config_, "eos_token_id")) ends.push_back(id);
    if (former_end_) ends.push_back(*former_end_);
    Id tool_answer;
    if (find_token(tokenizer_, "[gMASK]")) {  // GLM, whose turns end with the next role's token
      tool_answer = find_token(tokenizer_, kToolAnswer);
      if (const Id user = find_token(tokenizer_, "<|user|>")) ends.push_back(*user);
    }
    std::vector<std::uint32_t> unnamed;
    Seen seen(tokenizer_.tokens.size());
    for (const std::uint32_t id : ends) {
      const bool known = found("eos") == id || is_end_by_text(tokenizer_.tokens[id]) || tool_answer == id;
      if (!known && seen.is_new(id)) unnamed.push_back(id);
    }
    if (tool_answer) unnamed.push_back(*tool_answer);  // Tenfold knows it by its text, others do not
    if (!unnamed.empty()) result_.ids.emplace_back("eot", unnamed[0]);
    if (unnamed.size() > 1) result_.ids.emplace_back("eom", unnamed[1]);
    for (std::size_t i = 2; i < unnamed.size(); ++i) {
      if (tool_answer == unnamed[i]) continue;
      result_.notes.push_back(cat("GGUF has no key for one more end of an answer, ",
                                  printable(tokenizer_.tokens[unnamed[i]]), "; give it as --stop"));
    }
  }

  const HfTokenizer& tokenizer_;
  const ConfigView& settings_;
  const ConfigView& config_;
  ConfigView generation_;
  Id former_end_;  // what eos was before the post-processor was asked
  SpecialIds result_;
};

}  // namespace

SpecialIds find_special_ids(const HfTokenizer& tokenizer, const ConfigView& settings, const ConfigView& config,
                            const Json& generation) {
  return Finder(tokenizer, settings, config, generation).run();
}

std::unordered_set<std::string> special_texts(const ConfigView& settings) {
  std::unordered_set<std::string> texts;
  for (const Role& role : kRoles) texts.insert(text_of(settings.find({cat(role.hf, "_token")})));
  const Json* others = settings.find({"additional_special_tokens", "extra_special_tokens"});
  if (others != nullptr && others->is_array()) {
    for (const Json& other : *others) texts.insert(text_of(&other));
  }
  return texts;
}

}  // namespace tenfold
