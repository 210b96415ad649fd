// Strings as models write them: in single or double quotes, or in the markers that Gemma has for quotes, with raw line
// ends and with quotes that nobody escaped.
//
// Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenfold {

struct LooseString {
  std::string text;  // without quotes and escapes
  std::size_t end;   // where the text goes on
};

// What follows the quote that ends a string: a colon, or a comma or a bracket that closes something. Any other quote is
// part of it.
enum class LooseStringEnd { kKey, kValue };

// at: below the size.
bool begins_loose_string(std::string_view text, std::size_t at);

// The string that begins at text[at]; nothing if it does not end. `closing` are the brackets that would close
// something.
std::optional<LooseString> read_loose_string(std::string_view text, std::size_t at, LooseStringEnd end,
                                             std::string_view closing);

}  // namespace tenfold
