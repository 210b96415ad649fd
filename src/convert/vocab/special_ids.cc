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

// One id, or a list of them.
std::vector<std::uint32_t> ids_of(const Json* value, std::size_t n_tokens) {
  std::vector<std::uint32_t> ids;
  if (value == nullptr) return ids;
  Seen seen(n_tokens);
  const auto add = [&](const Json& item) {
    if (const Id id = id_of(item, n_tokens); id && seen.is_new(*id)) ids.push_back(*id);
  };
  if (value->is_array()) {
    for (const Json& item : *value) add(item);
  } else {
    add(*value);
  }
  return ids;
}

class Finder {
 public:
  Finder(const HfTokenizer& tokenizer, const Json& tokenizer_config, const ConfigView& config, const Json& generation)
      : tokenizer_(tokenizer), tokenizer_config_({&tokenizer_config}), config_(config), generation_({&generation}) {}

  SpecialIds run() {
    for (const Role& role : kRoles) {
      if (const Id id = find_role(role.hf)) result_.ids.emplace_back(role.gguf, *id);
    }
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

  // By the tokenizer's word, else by the model's, else by where it stands.
  [[nodiscard]] Id find_role(const std::string& role) const {
    const Json* named = tokenizer_config_.find({cat(role, "_token")});
    if (named != nullptr && named->is_object()) named = ConfigView({named}).find({"content"});
    if (named != nullptr && named->is_string()) {
      if (const Id id = find_token(tokenizer_, named->get<std::string>())) return id;
    }
    const std::vector<std::uint32_t> ids = ids_of(config_.find({cat(role, "_token_id")}), tokenizer_.tokens.size());
    if (!ids.empty() && (ids.size() == 1 || role == "eos")) return ids.front();
    if (role == "unk") return tokenizer_.unknown;
    if (role == "bos" && tokenizer_.tokens_before.size() == 1) {
      return find_token(tokenizer_, tokenizer_.tokens_before.front());
    }
    if (role == "eos" && tokenizer_.tokens_after.size() == 1) {
      return find_token(tokenizer_, tokenizer_.tokens_after.front());
    }
    return std::nullopt;
  }

  // Whether texts get this token: as the post-processor says; where there is none, as tokenizer_config.json does.
  [[nodiscard]] bool adds(std::string_view role, const std::vector<std::string>& around, std::string_view key) const {
    const Id id = found(role);
    if (!id) return false;
    if (around.size() == 1) return find_token(tokenizer_, around.front()) == id;
    if (!around.empty() || tokenizer_.has_post_processor) return false;
    const Json* says = tokenizer_config_.find({key});
    return says != nullptr && says->is_boolean() && says->get<bool>();
  }

  // GGUF has one key for the end of a text and two for ends of a turn; readers know some more by their text.
  void add_ends() {
    std::vector<std::uint32_t> ends = ids_of(generation_.find({"eos_token_id"}), tokenizer_.tokens.size());
    for (const std::uint32_t id : ids_of(config_.find({"eos_token_id"}), tokenizer_.tokens.size())) ends.push_back(id);
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
  ConfigView tokenizer_config_;
  const ConfigView& config_;
  ConfigView generation_;
  SpecialIds result_;
};

}  // namespace

SpecialIds find_special_ids(const HfTokenizer& tokenizer, const Json& tokenizer_config, const ConfigView& config,
                            const Json& generation) {
  return Finder(tokenizer, tokenizer_config, config, generation).run();
}

}  // namespace tenfold
