#include "image/data_url.h"

#include <array>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr unsigned kNotADigit = 64;

constexpr std::array<unsigned char, 256> make_digits() {
  std::array<unsigned char, 256> digits{};
  for (auto& digit : digits) digit = kNotADigit;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<unsigned char>(i);
  }
  return digits;
}
constexpr std::array<unsigned char, 256> kDigits = make_digits();

}  // namespace

Result<std::vector<std::byte>> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return invalid_argument("base64: expected a multiple of 4 characters, found ", text.size());
  const std::size_t n_padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t n_digits = text.size() - n_padding;
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 4 * 3);
  unsigned bits = 0;
  for (std::size_t i = 0; i < n_digits; ++i) {
    const unsigned digit = kDigits[static_cast<unsigned char>(text[i])];
    if (digit == kNotADigit) {
      return invalid_argument("base64: expected A-Z a-z 0-9 + / at offset ", i, ", found ",
                              printable(text.substr(i, 1)));
    }
    bits = bits << 6U | digit;
    // After the digits 1…3 of each four, 2, 4 and 6 bits are left over.
    if (i % 4 != 0) bytes.push_back(static_cast<std::byte>(bits >> (6 - 2 * (i % 4)) & 0xFFU));
  }
  const unsigned unused = n_padding == 2 ? 0xFU : n_padding == 1 ? 0x3U : 0;
  if ((bits & unused) != 0) return invalid_argument("base64: expected zero bits before the padding, found others");
  return bytes;
}

Result<std::vector<std::byte>> decode_image_url(std::string_view url) {
  constexpr std::string_view kImage = "data:image/", kBase64 = ";base64";
  const std::size_t comma = url.find(',');
  const std::string_view head = url.substr(0, comma);
  if (comma == std::string_view::npos || !head.starts_with(kImage) || !head.ends_with(kBase64)) {
    return invalid_argument("image URL: expected data:image/…;base64,…, found ", printable(head));
  }
  const auto bytes = decode_base64(url.substr(comma + 1));
  if (!bytes.ok()) return bytes.status().with_context("image URL");
  return bytes;
}

}  // namespace tenfold
