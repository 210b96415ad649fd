// Which roles are a template's own words.
//
// Templates make control tokens of roles ('<|' + message.role + '|>'), and roles come with the messages: were any word
// the template's, a message of the role "endoftext" would end the text. So a role counts only if templates everywhere
// know it or this one asks for it by name, in a comparison. (That the word stands in the source says nothing:
// '<|image|>' and part.type == 'image' are no roles.) Any other is given, like what its message says.
//
// Immutable; any number of threads may ask at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jinja/template.h"

namespace tenfold {

class TemplateRoles {
 public:
  explicit TemplateRoles(const jinja::Template& of);

  // Everybody's are: assistant, bot, chatbot, context, developer, environment, function, human, ipython, model,
  // observation, system, tool, user.
  [[nodiscard]] bool has(std::string_view role) const;

 private:
  std::vector<std::string> asked_for_;  // words, ascending
};

}  // namespace tenfold
