#include "chat/carry_dropped.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"
#include "chat/message_parts.h"
#include "chat/parallel_calls.h"

namespace tenfold {

namespace {

bool is_from(const Json& message, std::string_view role) { return message["role"].text() == role; }

Result<std::string> text_of(const Json& content) {
  if (!content.is_array()) return content.text();
  TENFOLD_ASSIGN_OR_RETURN(FlatContent flat, flatten(content, ""));
  return std::move(flat.text);
}

// Messages of which texts were taken belong together, but are not one line.
void add_paragraph(std::string& text, std::string_view paragraph) {
  if (!text.empty() && !paragraph.empty()) text += "\n\n";
  text += paragraph;
}

void put_before(Json& message, std::string text) {
  if (text.empty()) return;
  Json& content = message["content"];
  if (content.is_array()) {
    Json parts = text_parts(cat(text, "\n\n"));
    for (Json& part : content.array_items()) parts.push_back(std::move(part));
    content = std::move(parts);
  } else {
    add_paragraph(text, content.text());
    content = std::move(text);
  }
}

void put_behind(Json& message, const std::string& text) {
  Json& content = message["content"];
  if (content.is_array()) {
    content.push_back(Json{{"type", "text"}, {"text", cat("\n\n", text)}});
  } else {
    std::string whole = content.text();
    add_paragraph(whole, text);
    content = std::move(whole);
  }
}

void name_developers_system(Json& messages) {
  for (Json& message : messages.array_items()) {
    if (is_from(message, "developer")) message["role"] = "system";
  }
}

Status move_systems_into_questions(Json& messages, const TemplateHabits& habits) {
  const bool ends_with_question = !messages.empty() && is_from(messages[messages.size() - 1], "user");
  const bool shows_first =
      habits.system != ContentShape::kNone && (ends_with_question || habits.shows_system_before_answer);
  Json kept = Json::array();
  std::string dropped;
  for (Json& message : messages.array_items()) {
    if (is_from(message, "system") && !(kept.empty() ? shows_first : habits.shows_later_system)) {
      TENFOLD_ASSIGN_OR_RETURN(const std::string text, text_of(std::as_const(message)["content"]));
      add_paragraph(dropped, text);
      continue;
    }
    if (is_from(message, "user")) put_before(message, std::exchange(dropped, {}));
    kept.push_back(std::move(message));
  }
  messages = std::move(kept);
  if (dropped.empty()) return {};
  // Behind all questions: a reminder.
  Json::Array& items = messages.array_items();
  const auto last = std::find_if(items.rbegin(), items.rend(), [](const Json& one) { return is_from(one, "user"); });
  if (last == items.rend()) {
    return invalid_argument(
        "chat template: it shows no system message here; expected a user's message, to put it there, found none");
  }
  put_behind(*last, dropped);
  return {};
}

std::string call_text(const Json& call) {
  const Json& function = call.contains("function") ? call["function"] : call;
  if (!function.is_object()) return call.dump();
  Json shown{{"name", function["name"]}};
  if (function.contains("arguments")) shown.append("arguments", function["arguments"]);
  return shown.dump();
}

// As most models write them between the marks of their families.
void write_calls_as_text(Json& messages) {
  for (Json& message : messages.array_items()) {
    Json* calls = message.find("tool_calls");
    if (calls == nullptr) continue;
    std::string text;
    for (const Json& call : *calls) text += cat(text.empty() ? "" : "\n", call_text(call));
    message.erase("tool_calls");
    Json& content = message["content"];
    if (content.is_array()) {
      content.push_back(Json{{"type", "text"}, {"text", cat("\n", text)}});
    } else {
      content = content.text().empty() ? text : cat(content.text(), "\n", text);
    }
  }
}

// Takes texts out of the messages that call, a turn after the other.
class TextsBesideCalls {
 public:
  explicit TextsBesideCalls(const TemplateHabits& habits) : habits_(habits) {}

  Status move(Json& messages) {
    for (Json& message : messages.array_items()) {
      if (is_from(message, "user")) put_before_calls();
      if (message.contains("tool_calls")) {
        TENFOLD_RETURN_IF_ERROR(take_text(message));
      } else if (is_from(message, "assistant")) {
        put_before(message, std::exchange(text_, {}));
      }
      kept_.push_back(std::move(message));
    }
    put_before_calls();
    messages = std::move(kept_);
    return {};
  }

 private:
  Status take_text(Json& message) {
    Json* content = message.find("content");
    if (content == nullptr) return {};
    TENFOLD_ASSIGN_OR_RETURN(const std::string text, text_of(*content));
    message.erase("content");
    if (is_blank(text)) return {};
    if (text_.empty()) calls_at_ = kept_.size();
    add_paragraph(text_, text);
    if (habits_.shows_text_before_calls) put_before_calls();
    return {};
  }

  // Where no answer follows that could begin with it.
  void put_before_calls() {
    if (text_.empty()) return;
    Json said{{"role", "assistant"}, {"content", std::exchange(text_, {})}};
    Json::Array& items = kept_.array_items();
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(calls_at_), std::move(said));
  }

  const TemplateHabits& habits_;
  Json kept_ = Json::array();
  std::string text_;
  std::size_t calls_at_ = 0;  // in kept_: the first message from which text_ was taken
};

}  // namespace

Status carry_dropped(Json& messages, const TemplateHabits& habits) {
  TENFOLD_DCHECK(messages.is_array() && std::all_of(messages.begin(), messages.end(), std::mem_fn(&Json::is_object)));
  if (habits.developer == ContentShape::kNone) name_developers_system(messages);
  if (habits.system == ContentShape::kNone || !habits.shows_later_system || !habits.shows_system_before_answer) {
    TENFOLD_RETURN_IF_ERROR(move_systems_into_questions(messages, habits));
  }
  if (!habits.shows_calls) {
    write_calls_as_text(messages);
  } else if (!habits.shows_parallel_calls) {
    part_parallel_calls(messages);
  }
  if (habits.beside_calls == ContentShape::kNone) TENFOLD_RETURN_IF_ERROR(TextsBesideCalls(habits).move(messages));
  return {};
}

}  // namespace tenfold
