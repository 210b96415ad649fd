#include "chat/template_roles.h"

#include <algorithm>
#include <iterator>

namespace tenfold {

namespace {

// Ascending.
constexpr std::string_view kEverybodys[] = {"assistant",   "bot",      "chatbot", "context", "developer",
                                            "environment", "function", "human",   "ipython", "model",
                                            "observation", "system",   "tool",    "user"};

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_word_character);
}

}  // namespace

TemplateRoles::TemplateRoles(const jinja::Template& of) : asked_for_(of.constants_compared_with("role")) {
  std::erase_if(asked_for_, [](const std::string& text) { return !is_word(text); });
}

bool TemplateRoles::has(std::string_view role) const {
  return std::binary_search(std::begin(kEverybodys), std::end(kEverybodys), role) ||
         std::binary_search(asked_for_.begin(), asked_for_.end(), role);
}

}  // namespace tenfold
