// A part of a text in a template's input that counts as the template's own words: whoever renders it wrote it.
#pragma once

#include <functional>

#include "base/json.h"
#include "tenfold/text_range.h"

namespace tenfold::jinja {

struct WrittenPart {
  const Json* text;  // a string of a variable, by its address
  TextRange part;    // within it
};

// By address and place.
inline bool comes_before(const WrittenPart& a, const WrittenPart& b) {
  return a.text != b.text ? std::less<>()(a.text, b.text) : a.part.begin < b.part.begin;
}

}  // namespace tenfold::jinja
