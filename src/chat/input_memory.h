// What JSON takes as input of a chat template, known before it is parsed. A pure function, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenfold {

// Bytes at most, while it is parsed, prepared and is the template's value: a few for each byte of a text, hundreds for
// each list, object and element, of which "[]," is one in three bytes. json need not be valid.
std::uint64_t template_input_bytes(std::string_view json) noexcept;

}  // namespace tenfold
