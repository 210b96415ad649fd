// What a chat template does with messages, found by rendering small conversations and looking which words of them are
// in the text. Templates expect contents as texts or as lists of parts, drop or refuse system messages, and test in
// several ways whether a message calls tools; what one is not made for it leaves out without a word.
#pragma once

#include <string_view>

#include "chat/chat_template.h"

namespace tenfold {

// The contents that are shown in full.
enum class ContentShape {
  kAny,  // also where nobody knows better
  kText,
  kParts,
  kOnePart,  // a list, of which the first text alone is shown
  kNone,
};

struct TemplateHabits {
  bool shows_questions = true;                  // false: not even a user's message alone, so that all else is a guess
  ContentShape system = ContentShape::kAny;     // as the first message
  ContentShape developer = ContentShape::kAny;  // kNone also where one behind others is not shown
  ContentShape user = ContentShape::kAny, assistant = ContentShape::kAny, tool = ContentShape::kAny;
  ContentShape beside_calls = ContentShape::kAny;  // an assistant's, in a message that calls tools
  bool shows_system_before_answer = true;          // where the last message is no question
  bool shows_later_system = true;                  // behind others
  bool shows_text_before_calls = true;             // as a message of its own, whatever follows
  bool shows_calls = true;                         // in any message, with all that they say
  bool shows_parallel_calls = true;                // several in a message
  bool wants_arguments_as_text = false;            // of calls: JSON, else objects
  bool shows_thought_parts = false;                // among an answer's texts
  // Whether an assistant's tool calls are shown beside a content that is absent, null, or an empty text.
  bool shows_call_without_content = true, shows_call_beside_null = true, shows_call_beside_empty = true;

  // Whether the template was asked about messages of this role.
  [[nodiscard]] bool knows(std::string_view role) const;
  // Of a message without calls; a user's for roles that are not known.
  [[nodiscard]] ContentShape shape_for(std::string_view role) const;
};

// Whether a template is told of tools: some write calls, and all else, in another way then.
enum class Tools { kNone, kSome };

// A millisecond, a tenth of a second for a template that is made to take long. Errors: kResourceExhausted if there is
// no memory for it.
Result<TemplateHabits> probe_template(const ChatTemplate& chat_template, Tools tools);

}  // namespace tenfold
