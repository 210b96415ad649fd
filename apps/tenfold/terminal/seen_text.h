// Text as a person sees it: how many columns a character takes, and which bytes are one character to the eye, so that
// one key press removes it. UTF-8; a byte that is none is a character of its own. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace tenfold::cli {

// 0 (combining marks, joiners), 1, or 2 (CJK, most emoji) columns. c: no control character.
int columns_of(char32_t c) noexcept;

// Where the character that begins at `at` ends: a letter with its marks, a pair of regional letters that is a flag,
// emoji joined to one. at < text.size(), at the beginning of one.
std::size_t next_seen(std::string_view text, std::size_t at) noexcept;

// Where the character that ends at `at` begins. at > 0, at the end of one.
std::size_t previous_seen(std::string_view text, std::size_t at) noexcept;

}  // namespace tenfold::cli
