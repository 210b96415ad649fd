// JSON as Python's json module writes it: beside the standard's numbers there are NaN, Infinity and -Infinity.
#pragma once

#include <string>
#include <string_view>

namespace tenfold {

// The same text with those three as texts: "NaN". They are no numbers to whoever asks for one, and do not matter where
// nobody does. What is not JSON stays so.
std::string quote_non_finite(std::string_view text);

}  // namespace tenfold
