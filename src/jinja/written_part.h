// A part of a text in a template's input that counts as the template's own words: whoever renders it wrote it.
#pragma once

#include "base/json.h"
#include "tenfold/text_range.h"

namespace tenfold::jinja {

struct WrittenPart {
  const Json* text;  // a string of a variable, by its address
  TextRange part;
};

}  // namespace tenfold::jinja
