#include "chat/shown_roles.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tenfold {

namespace {

// With a number and `end` a word that no template says.
constexpr std::string_view kWordBegin = "qvtext";
constexpr char kWordEnd = 'q';

// Puts words in the place of texts: the n-th is of the role roles[n].
class Words {
 public:
  explicit Words(const TemplateHabits& habits) : habits_(habits) {}

  void replace_texts(Json& messages) {
    for (Json& message : messages.array_items()) {
      const std::string& role = std::as_const(message)["role"].text();
      Json* content = message.find("content");
      if (content == nullptr || habits_.knows(role)) continue;
      if (content->is_string()) replace(*content, role);
      if (!content->is_array()) continue;
      for (Json& part : content->array_items()) {
        if (Json* text = part.find("text"); text != nullptr) replace(*text, role);
      }
    }
  }

  [[nodiscard]] bool empty() const noexcept { return roles_.empty(); }

  // That all are there.
  [[nodiscard]] Status expect_in(std::string_view text) const {
    std::vector<bool> is_there(roles_.size());
    for (std::size_t at = text.find(kWordBegin); at != text.npos; at = text.find(kWordBegin, at + kWordBegin.size())) {
      std::size_t n = 0;
      const char* const begin = text.data() + at + kWordBegin.size();
      const char* const end = text.data() + text.size();
      const auto [behind, error] = std::from_chars(begin, end, n);
      if (error == std::errc() && behind != end && *behind == kWordEnd && n < is_there.size()) is_there[n] = true;
    }
    for (std::size_t n = 0; n < roles_.size(); ++n) {
      if (!is_there[n]) return role_not_shown(roles_[n]);
    }
    return {};
  }

 private:
  void replace(Json& text, const std::string& role) {
    if (text.text().empty()) return;
    text = cat(kWordBegin, roles_.size(), kWordEnd);
    roles_.push_back(role);
  }

  const TemplateHabits& habits_;
  std::vector<std::string> roles_;
};

}  // namespace

Status role_not_shown(std::string_view role) {
  if (role == "tool") {
    return invalid_argument(
        "chat template: it shows no results of tools; expected none, or a model whose template was made for tools");
  }
  return invalid_argument("chat template: expected roles whose messages it shows",
                          role == "user" ? "" : ", such as user", ", found ", role.empty() ? "none" : printable(role));
}

Status expect_shown(const ChatTemplate& chat_template, ChatTemplateInput rendered, const TemplateHabits& habits) {
  Words words(habits);
  words.replace_texts(rendered.messages);
  if (words.empty()) return {};
  TENFOLD_ASSIGN_OR_RETURN(const RenderedChat chat, chat_template.render(rendered));
  return words.expect_in(chat.text);
}

}  // namespace tenfold
