#include "chat/template_habits.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>

#include "chat/message_parts.h"

namespace tenfold {

namespace {

// No template says these.
constexpr const char* kFirst = "qvfirst";
constexpr const char* kSecond = "qvsecond";
constexpr const char* kCall = "qvcall";
constexpr const char* kLaterCall = "qvlater";
constexpr const char* kKey = "qvkey";
constexpr const char* kTool = "qvtool";

constexpr std::size_t kProbeBytes = std::size_t{4} << 20;

Json message(const char* role, Json content) { return {{"role", role}, {"content", std::move(content)}}; }

// Two texts. Who prints the list itself prints the key too, which is no part's text.
Json two_parts() {
  Json parts = Json::array();
  for (const char* text : {kFirst, kSecond}) parts.push_back(Json{{"type", "text"}, {"text", text}, {kKey, ""}});
  return parts;
}

enum class Arguments { kObject, kText };

Json call(const char* name, const char* argument, Arguments form) {
  const Json arguments{{"x", argument}};
  const Json function{{"name", name}, {"arguments", form == Arguments::kObject ? arguments : Json(arguments.dump())}};
  return Json{{"id", "abcdefghi"}, {"type", "function"}, {"function", function}};
}

// content: null for none.
Json calling(const Json& calls, const Json* content) {
  Json message{{"role", "assistant"}};
  if (content != nullptr) message.append("content", *content);
  message.append("tool_calls", calls);
  return message;
}

Json result_of_tool(Json content) {
  Json result{{"role", "tool"}, {"name", kCall}, {"tool_call_id", "abcdefghi"}};
  result.append("content", std::move(content));
  return result;
}

Json some_tools() {
  const Json parameters{{"type", "object"}, {"properties", {{"x", {{"type", "string"}, {"description", "b"}}}}}};
  const Json function{{"name", kTool}, {"description", "a"}, {"parameters", parameters}};
  return Json::array({Json{{"type", "function"}, {"function", function}}});
}

class Probe {
 public:
  Probe(const ChatTemplate& chat_template, Tools tools) : template_(chat_template) {
    if (tools == Tools::kSome) tools_ = some_tools();
  }

  Result<TemplateHabits> run() {
    habits_.user = shape([](Json content) { return Json::array({message("user", std::move(content))}); });
    if (habits_.user == ContentShape::kNone) return finish({.shows_questions = false});
    habits_.assistant = shape(
        [&](Json content) { return Json::array({user("a"), message("assistant", std::move(content)), user("b")}); });
    habits_.system = shape_before_question("system");
    habits_.shows_later_system = shows_later("system", habits_.system);
    habits_.shows_system_before_answer = shows_system_before_answer();
    habits_.developer = shape_before_question("developer");
    if (!shows_later("developer", habits_.developer)) habits_.developer = ContentShape::kNone;
    probe_calls();
    habits_.shows_thought_parts = shows_thought_parts();
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
    input.tools = tools_;
    input.bos_token = "<s>";
    input.eos_token = "</s>";
    input.max_bytes = kProbeBytes;
    input.max_steps = 50'000;
    Result<RenderedChat> chat = template_.render(input);
    if (chat.ok()) return std::move(chat->text);
    if (chat.status().is_out_of_memory()) failure_ = chat.status();
    return std::nullopt;
  }

  using Words = std::initializer_list<const char*>;

  static bool has(const std::string& text, Words words) {
    return std::all_of(words.begin(), words.end(), [&](const char* word) { return text.find(word) != text.npos; });
  }
  bool shows(Json messages, Words words) {
    const std::optional<std::string> text = render(std::move(messages));
    return text && !has(*text, {kKey}) && has(*text, words);
  }
  // Without a word; one that fails says so.
  bool drops(Json messages, Words words) {
    const std::optional<std::string> text = render(std::move(messages));
    return text && !has(*text, words);
  }

  // A content in a shape that the template is known to show.
  static Json shaped(const char* text, ContentShape shape) {
    const bool is_parts = shape == ContentShape::kParts || shape == ContentShape::kOnePart;
    return is_parts ? text_parts(text) : Json(text);
  }
  Json user(const char* text) const { return message("user", shaped(text, habits_.user)); }
  Json assistant(const char* text) const { return message("assistant", shaped(text, habits_.assistant)); }

  // The shape of the content with which `conversation` makes messages that show it, and the other word if there is one.
  template <typename Conversation>
  ContentShape shape(Conversation conversation, const char* other = "") {
    const bool text = shows(conversation(kFirst), {kFirst, other});
    const bool parts = shows(conversation(two_parts()), {kFirst, kSecond, other});
    if (text != parts) return text ? ContentShape::kText : ContentShape::kParts;
    if (text) return ContentShape::kAny;
    return shows(conversation(text_parts(kFirst)), {kFirst, other}) ? ContentShape::kOnePart : ContentShape::kNone;
  }

  ContentShape shape_before_question(const char* role) {
    return shape([&](Json content) { return Json::array({message(role, std::move(content)), user("a")}); });
  }

  bool shows_later(const char* role, ContentShape shape) {
    if (shape == ContentShape::kNone) return false;
    const Json first = message(role, shaped(kFirst, shape)), second = message(role, shaped(kSecond, shape));
    return shows(Json::array({first, user("a"), assistant("b"), second, user("c")}), {kFirst, kSecond});
  }

  // One that puts it into the last message, if that is a question, drops it if it is none.
  bool shows_system_before_answer() {
    const Json system = message("system", shaped(kFirst, habits_.system));
    return !drops(Json::array({system, user("a"), assistant("b")}), {kFirst});
  }

  bool shows_thought_parts() {
    Json parts = Json::array({Json{{"type", "thinking"}, {"thinking", kFirst}, {kKey, ""}}});
    parts.push_back(Json{{"type", "text"}, {"text", kSecond}, {kKey, ""}});
    return shows(Json::array({user("a"), message("assistant", std::move(parts))}), {kFirst, kSecond});
  }

  Json answered(Json said, Json result) const {
    return Json::array({user("a"), std::move(said), result_of_tool(std::move(result))});
  }

  void probe_calls() {
    const Json null, empty("");
    for (const Arguments form : {Arguments::kObject, Arguments::kText}) {
      const Json one = Json::array({call(kCall, "y", form)});
      const bool absent = shows(answered(calling(one, nullptr), "b"), {kCall});
      const bool beside_null = shows(answered(calling(one, &null), "b"), {kCall});
      const bool beside_empty = shows(answered(calling(one, &empty), "b"), {kCall});
      if (!absent && !beside_null && !beside_empty) continue;
      habits_.shows_call_without_content = absent;
      habits_.shows_call_beside_null = beside_null;
      habits_.shows_call_beside_empty = beside_empty;
      habits_.wants_arguments_as_text = form == Arguments::kText;
      const Json* content = absent ? nullptr : beside_null ? &null : &empty;
      habits_.beside_calls = shape([&](const Json& said) { return answered(calling(one, &said), "b"); }, kCall);
      habits_.tool = shape([&](Json result) { return answered(calling(one, content), std::move(result)); });
      probe_more_calls(form, content);
      if (habits_.shows_calls) return;
    }
    habits_.shows_calls = false;
    habits_.beside_calls = ContentShape::kAny;
    habits_.tool = shape([&](Json result) { return answered(assistant("b"), std::move(result)); });
  }

  void probe_more_calls(Arguments form, const Json* content) {
    const Json result = result_of_tool(shaped("b", habits_.tool));
    const Json call1 = call(kCall, kFirst, form), call2 = call(kLaterCall, kSecond, form);
    const Json calls1 = calling(Json::array({call1}), content), calls2 = calling(Json::array({call2}), content);
    habits_.shows_text_before_calls = shows(
        Json::array({user("a"), assistant(kFirst), calls2, result, assistant("c"), user("d")}), {kFirst, kLaterCall});
    const Words all = {kCall, kFirst, kLaterCall, kSecond};
    habits_.shows_calls = !drops(Json::array({user("a"), calls1, result, calls2, result}), all);
    const Json both = calling(Json::array({call1, call2}), content);
    habits_.shows_parallel_calls = shows(Json::array({user("a"), both, result, result}), all);
  }

  const ChatTemplate& template_;
  Json tools_;
  TemplateHabits habits_;
  Status failure_;
};

}  // namespace

bool TemplateHabits::knows(std::string_view role) const {
  constexpr std::string_view kRoles[] = {"system", "developer", "user", "assistant", "tool"};
  return shows_questions && std::find(std::begin(kRoles), std::end(kRoles), role) != std::end(kRoles);
}

ContentShape TemplateHabits::shape_for(std::string_view role) const {
  if (role == "system") return system;
  if (role == "developer") return developer;
  if (role == "assistant") return assistant;
  return role == "tool" ? tool : user;
}

Result<TemplateHabits> probe_template(const ChatTemplate& chat_template, Tools tools) {
  return Probe(chat_template, tools).run();
}

}  // namespace tenfold
