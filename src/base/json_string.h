// Text in the quotes and escapes of JSON. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace tenfold {

// kAscii writes what lies beyond as \uXXXX, in two halves if need be.
enum class JsonCharacters { kAll, kAscii };

// Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text, JsonCharacters characters);

}  // namespace tenfold
