#include "chat/template_habits.h"

#include <initializer_list>
#include <optional>
#include <string>

#include "chat/message_parts.h"

namespace tenfold {

namespace {

// No template says these.
constexpr const char* kFirst = "qvfirst";
constexpr const char* kSecond = "qvsecond";
constexpr const char* kCall = "qvcall";
constexpr const char* kKey = "qvkey";

constexpr std::size_t kProbeBytes = std::size_t{4} << 20;

Json message(const char* role, Json content) { return {{"role", role}, {"content", std::move(content)}}; }

// Two texts. Who prints the list itself prints the key too, which is no part's text.
Json two_parts() {
  Json parts = Json::array();
  for (const char* text : {kFirst, kSecond}) parts.push_back(Json{{"type", "text"}, {"text", text}, {kKey, ""}});
  return parts;
}

Json call(const Json& arguments) {
  const Json function{{"name", kCall}, {"arguments", arguments}};
  return Json{{"id", "abcdefghi"}, {"type", "function"}, {"function", function}};
}

class Probe {
 public:
  explicit Probe(const ChatTemplate& chat_template) : template_(chat_template) {}

  Result<TemplateHabits> run() {
    habits_.user = shape([](Json content) { return Json::array({message("user", std::move(content))}); });
    if (!was_shown_) return finish(TemplateHabits());  // a template that wants more than a question
    habits_.assistant = shape(
        [&](Json content) { return Json::array({user("a"), message("assistant", std::move(content)), user("b")}); });
    habits_.system =
        shape([&](Json content) { return Json::array({message("system", std::move(content)), user("a")}); });
    habits_.shows_system = was_shown_;
    habits_.shows_later_system = was_shown_ && shows_later_system();
    probe_calls();
    return finish(habits_);
  }

 private:
  Result<TemplateHabits> finish(const TemplateHabits& habits) const {
    if (!failure_.ok()) return failure_;
    return habits;
  }

  // Nothing if the template fails.
  std::optional<std::string> render(Json messages) {
    ChatTemplateInput input;
    input.messages = std::move(messages);
    input.bos_token = "<s>";
    input.eos_token = "</s>";
    input.max_bytes = kProbeBytes;
    input.max_steps = 50'000;
    Result<RenderedChat> chat = template_.render(input);
    if (chat.ok()) return std::move(chat->text);
    if (chat.status().is_out_of_memory()) failure_ = chat.status();
    return std::nullopt;
  }

  bool shows(Json messages, std::initializer_list<const char*> wanted) {
    const std::optional<std::string> text = render(std::move(messages));
    if (!text || text->find(kKey) != std::string::npos) return false;
    for (const char* word : wanted) {
      if (text->find(word) == std::string::npos) return false;
    }
    return true;
  }

  // A content in a shape that the template is known to show.
  static Json shaped(const char* text, ContentShape shape) {
    const bool is_text = shape == ContentShape::kAny || shape == ContentShape::kText;
    return is_text ? Json(text) : text_parts(text);
  }
  Json user(const char* text) const { return message("user", shaped(text, habits_.user)); }

  // The shape of the content with which `conversation` makes messages.
  template <typename Conversation>
  ContentShape shape(Conversation conversation) {
    const bool text = shows(conversation(kFirst), {kFirst});
    const bool parts = shows(conversation(two_parts()), {kFirst, kSecond});
    const bool one_part = !text && !parts && shows(conversation(text_parts(kFirst)), {kFirst});
    was_shown_ = text || parts || one_part;
    if (text == parts) return one_part ? ContentShape::kOnePart : ContentShape::kAny;
    return text ? ContentShape::kText : ContentShape::kParts;
  }

  bool shows_later_system() {
    const Json answer = message("assistant", shaped("b", habits_.assistant));
    const Json first = message("system", shaped(kFirst, habits_.system));
    const Json second = message("system", shaped(kSecond, habits_.system));
    return shows(Json::array({first, user("a"), answer, second, user("c")}), {kFirst, kSecond});
  }

  void probe_calls() {
    const auto conversation = [&](const Json& arguments, const Json* content, Json result) {
      Json calling{{"role", "assistant"}};
      if (content != nullptr) calling.append("content", *content);
      calling.append("tool_calls", Json::array({call(arguments)}));
      Json answer{{"role", "tool"}, {"name", kCall}, {"tool_call_id", "abcdefghi"}};
      answer.append("content", std::move(result));
      return Json::array({user("a"), std::move(calling), std::move(answer)});
    };
    const Json null, empty("");
    for (const Json& arguments : {Json{{"x", "y"}}, Json("{\"x\": \"y\"}")}) {
      const bool absent = shows(conversation(arguments, nullptr, "b"), {kCall});
      const bool beside_null = shows(conversation(arguments, &null, "b"), {kCall});
      const bool beside_empty = shows(conversation(arguments, &empty, "b"), {kCall});
      if (!absent && !beside_null && !beside_empty) continue;
      habits_.shows_call_without_content = absent;
      habits_.shows_call_beside_null = beside_null;
      habits_.shows_call_beside_empty = beside_empty;
      const Json* content = absent ? nullptr : beside_null ? &null : &empty;
      habits_.tool = shape([&](Json result) { return conversation(arguments, content, std::move(result)); });
      return;
    }
    // One that knows no calls may fail for want of a content.
    habits_.shows_call_without_content = habits_.shows_call_beside_null =
        render(conversation(Json::object(), nullptr, "b")).has_value();
  }

  const ChatTemplate& template_;
  TemplateHabits habits_;
  bool was_shown_ = false;  // the content that shape() looked for last, in any shape
  Status failure_;
};

}  // namespace

ContentShape TemplateHabits::shape_for(std::string_view role) const {
  if (role == "system") return system;
  if (role == "assistant") return assistant;
  return role == "tool" ? tool : user;
}

Result<TemplateHabits> probe_template(const ChatTemplate& chat_template) { return Probe(chat_template).run(); }

}  // namespace tenfold
