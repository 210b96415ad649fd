// The alphabet that byte-level BPE writes bytes in: each byte as one visible character (GPT-2's bytes_to_unicode).
//
// Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100…U+0143. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenfold {

// UTF-8 of the character that stands for a byte: one or two bytes, in static memory.
std::string_view letter_of_byte(std::uint8_t byte) noexcept;

std::optional<std::uint8_t> byte_of_letter(char32_t letter) noexcept;

}  // namespace tenfold
