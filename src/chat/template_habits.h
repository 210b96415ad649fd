// What a chat template does with messages, found by rendering small conversations and looking which words of them are
// in the text. Templates expect contents as texts or as lists of parts, drop or refuse system messages, and test in
// several ways whether a message calls tools; what one is not made for it leaves out without a word.
#pragma once

#include <string_view>

#include "chat/chat_template.h"

namespace tenfold {

// The contents that are shown in full. kAny also where none is, as nobody knows better then.
enum class ContentShape {
  kAny,
  kText,
  kParts,
  kOnePart,  // a list, of which the first text alone is shown
};

struct TemplateHabits {
  ContentShape system = ContentShape::kAny, user = ContentShape::kAny, assistant = ContentShape::kAny,
               tool = ContentShape::kAny;
  bool shows_system = true;        // as the first message
  bool shows_later_system = true;  // behind others
  // Whether an assistant's tool calls are shown beside a content that is absent, null, or an empty text.
  bool shows_call_without_content = true, shows_call_beside_null = true, shows_call_beside_empty = true;

  [[nodiscard]] ContentShape shape_for(std::string_view role) const;
};

// A millisecond, a tenth of a second for a template that is made to take long. Errors: kResourceExhausted if there is
// no memory for it.
Result<TemplateHabits> probe_template(const ChatTemplate& chat_template);

}  // namespace tenfold
