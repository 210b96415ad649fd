#include "tokenizer/byte_alphabet.h"

#include <array>

namespace tenfold {

namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

constexpr unsigned kLetters = 0x144;

struct Alphabet {
  std::array<std::array<char, 2>, 256> utf8{};
  std::array<std::int16_t, kLetters> byte_of{};

  constexpr Alphabet() {
    byte_of.fill(-1);
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const unsigned letter = stands_for_itself(byte) ? byte : next++;
      byte_of[letter] = static_cast<std::int16_t>(byte);
      if (letter < 0x80) {
        utf8[byte] = {static_cast<char>(letter), 0};
      } else {
        utf8[byte] = {static_cast<char>(0xC0 | (letter >> 6)), static_cast<char>(0x80 | (letter & 0x3F))};
      }
    }
  }
};
constexpr Alphabet kAlphabet;

}  // namespace

std::string_view letter_of_byte(std::uint8_t byte) noexcept {
  const auto& utf8 = kAlphabet.utf8[byte];
  return {utf8.data(), utf8[1] == 0 ? std::size_t{1} : std::size_t{2}};
}

std::optional<std::uint8_t> byte_of_letter(char32_t letter) noexcept {
  if (letter >= kLetters || kAlphabet.byte_of[letter] < 0) return std::nullopt;
  return static_cast<std::uint8_t>(kAlphabet.byte_of[letter]);
}

}  // namespace tenfold
