// Puts what a template leaves out of messages where it shows it.
#pragma once

#include "base/json.h"
#include "chat/template_habits.h"
#include "tenfold/status.h"

namespace tenfold {

// In place. A developer's message becomes the system's, a system message goes in front of the next question, or behind
// the last one, an assistant's text beside calls of tools becomes a message of its own or begins the answer that
// follows, several calls in a message become one a message (parallel_calls.h), and calls that are never shown text.
// messages: a list of objects, whose contents are absent, texts or lists of texts and images by their common names.
// Errors: kInvalidArgument for a system message where nobody asks; kUnsupported for an image in what has to
// become text.
Status carry_dropped(Json& messages, const TemplateHabits& habits);

}  // namespace tenfold
