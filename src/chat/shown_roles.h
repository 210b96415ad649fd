// Whose messages a template shows, where nobody asked it before.
#pragma once

#include <string_view>

#include "chat/chat_template.h"
#include "chat/template_habits.h"

namespace tenfold {

// kInvalidArgument, for a message of this role that the template shows in no shape.
Status role_not_shown(std::string_view role);

// For messages that the template has rendered: if there are some of roles that it is not known for (or of any, where
// nothing is known), renders the conversation once more with other words in them, and looks for those.
// Errors: role_not_shown() for the first of whose texts nothing is there; those of ChatTemplate::render.
Status expect_shown(const ChatTemplate& chat_template, ChatTemplateInput rendered, const TemplateHabits& habits);

}  // namespace tenfold
