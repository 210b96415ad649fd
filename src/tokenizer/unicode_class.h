// The class of a code point, as far as pre-tokenizers tell characters apart: \p{L} \p{N} \p{M} \p{P} \p{S} and \s.
//
// Unicode 15.1, the version that llama.cpp's tables hold. Pure functions, thread-safe.
#pragma once

#include <cstdint>

namespace tenfold {

enum class CharClass : std::uint8_t {
  kOther,  // controls, formats, surrogates, private use, unassigned
  kLetter,
  kNumber,
  kMark,
  kPunctuation,
  kSymbol,
  kSpace,  // the White_Space property: separators, and the controls tab … carriage return and U+0085
};

// kOther past U+10FFFF.
CharClass char_class(char32_t code_point);

}  // namespace tenfold
