// JSON as models write it, made strict: single quotes, Python's True, False and None, keys and words without quotes,
// trailing commas, raw line ends and quotes inside of strings, brackets that are missing at the end.
//
// What was cut off within a value is not repaired: half a path is another path. Pure function, thread-safe; time and
// memory are proportional to the text, depth is that of base/json.h.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"

namespace tenfold {

// The values in the text, one after the other, as an array. Nothing if it cannot be repaired.
std::optional<Json> read_loose_json(std::string_view text);

}  // namespace tenfold
