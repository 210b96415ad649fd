// RenderedChat: a conversation as a model's chat template writes it, and which parts of it the template did not write.
#pragma once

#include <string>
#include <vector>

#include "tenfold/text_range.h"

namespace tenfold {

struct RenderedChat {
  std::string text;
  // What messages, tools and variables say: ascending, none empty, none touching the next. The rest the template wrote,
  // and that alone may be a control token.
  std::vector<TextRange> given;

  friend bool operator==(const RenderedChat&, const RenderedChat&) = default;
};

}  // namespace tenfold
