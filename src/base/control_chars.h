// Characters that a terminal obeys instead of showing: they must not reach it from outside. Pure functions,
// thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/utf8.h"

namespace tenfold {

// C0 with \n and \t, DEL, C1 (whose U+009B is ESC [ to many terminals), and the characters that change the direction of
// the text after them, so that it reads as something else than it is.
bool is_control_char(char32_t c) noexcept;

// One character below U+10000 as ASCII: \x1b for what is one byte or no UTF-8, else \u202e. `bytes` is what decode_utf8
// gave `c` for.
void append_escaped(std::string& out, std::string_view bytes, const Utf8Char& c);

// Text as a terminal may get it: control characters but \n and \t, and bytes that are no UTF-8, are escaped. Text cut
// between characters gives the same result piece by piece.
std::string show_controls(std::string_view text);

}  // namespace tenfold
