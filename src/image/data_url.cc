#include "image/data_url.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/error.h"
#include "image/byte_reading.h"
#include "image/decode_image.h"

namespace tenfold {

namespace {

constexpr std::string_view kScheme = "data:";
constexpr std::string_view kWhiteSpace = "\t\n\f\r ";

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

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return ascii_lower(a) == b; });
}

Status expect_fits(std::size_t n_bytes) {
  if (n_bytes <= kMaxImageBytes) return {};
  return resource_exhausted("image: expected at most ", kMaxImageBytes, " bytes, found more");
}

// One character after the other.
class Base64Decoder {
 public:
  Status put(char c, std::size_t offset) {
    if (kWhiteSpace.find(c) != std::string_view::npos) return {};
    if (c == '=') {
      if (n_padding_++ == 0) padding_offset_ = offset;
      return {};
    }
    const unsigned digit = kDigits[static_cast<unsigned char>(c)];
    if (digit == kNotADigit) {
      return invalid_argument("base64: expected A-Z a-z 0-9 + / at offset ", offset, ", found ",
                              printable(std::string_view(&c, 1)));
    }
    if (n_padding_ > 0)
      return invalid_argument("base64: expected = at the end only, found it at offset ", padding_offset_);
    bits_ = bits_ << 6U | digit;
    // After the digits 1…3 of each four, 2, 4 and 6 bits are left over.
    if (n_digits_ % 4 != 0) bytes_.push_back(static_cast<std::byte>(bits_ >> (6 - 2 * (n_digits_ % 4)) & 0xFFU));
    ++n_digits_;
    return expect_fits(bytes_.size());
  }

  Result<std::vector<std::byte>> finish(std::size_t offset) {
    if (n_digits_ % 4 == 1) {
      return invalid_argument("base64: expected 2 to 4 characters in the last group, found 1 before offset ", offset);
    }
    if (n_padding_ > 0 && (n_padding_ > 2 || (n_digits_ + n_padding_) % 4 != 0)) {
      return invalid_argument("base64: expected = to fill up a group of 4 characters, found ", n_padding_, " after ",
                              n_digits_, " characters at offset ", padding_offset_);
    }
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
  unsigned bits_ = 0;
  std::size_t n_digits_ = 0, n_padding_ = 0, padding_offset_ = 0;
};

// Line ends and tabs within a URL do not belong to it.
bool is_break(char c) { return c == '\t' || c == '\n' || c == '\r'; }

// The bytes of a URL from `begin` on, one by one: %XX is one of them.
class PercentDecoder {
 public:
  PercentDecoder(std::string_view url, std::size_t begin) : url_(url), at_(begin) {}

  std::optional<char> next() {
    const std::optional<char> c = next_character();
    offset_ = at_ - 1;
    if (c != '%') return c;
    const std::size_t after = at_;
    const int high = hex_digit(next_character()), low = hex_digit(next_character());
    if (high >= 0 && low >= 0) return static_cast<char>(high << 4 | low);
    at_ = after;
    return c;
  }
  // Where the last one stands.
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  std::optional<char> next_character() {
    while (at_ < url_.size() && is_break(url_[at_])) ++at_;
    return at_ < url_.size() ? std::optional(url_[at_++]) : std::nullopt;
  }
  static int hex_digit(std::optional<char> c) {
    if (!c) return -1;
    if (*c >= '0' && *c <= '9') return *c - '0';
    const char letter = ascii_lower(*c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  }

  std::string_view url_;
  std::size_t at_, offset_ = 0;
};

// "…;base64", with spaces before the word.
bool says_base64(std::string_view media_type) {
  constexpr std::string_view kBase64 = "base64";
  while (!media_type.empty() && kWhiteSpace.find(media_type.back()) != std::string_view::npos)
    media_type.remove_suffix(1);
  if (media_type.size() < kBase64.size()) return false;
  const std::size_t at = media_type.size() - kBase64.size();
  if (!equals_ignoring_case(media_type.substr(at), kBase64)) return false;
  const std::string_view before = media_type.substr(0, at);
  const std::size_t last = before.find_last_not_of(' ');
  return last != std::string_view::npos && before[last] == ';';
}

// White space and control characters around a URL do not belong to it.
std::string_view trimmed(std::string_view text) {
  const auto is_outside = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_outside(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_outside(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

Result<std::vector<std::byte>> decode_base64(std::string_view text) {
  Base64Decoder decoder;
  for (std::size_t i = 0; i < text.size(); ++i) TENFOLD_RETURN_IF_ERROR(decoder.put(text[i], i));
  return decoder.finish(text.size());
}

bool is_data_url(std::string_view text) {
  return equals_ignoring_case(trimmed(text).substr(0, kScheme.size()), kScheme);
}

Result<std::vector<std::byte>> decode_data_url(std::string_view text) {
  std::string_view url = trimmed(text);
  url = url.substr(0, url.find('#'));  // what is after it names a part of the image
  const std::size_t comma = url.find(',');
  if (!is_data_url(url) || comma == std::string_view::npos) {
    return invalid_argument("image URL: expected data:image/…;base64,…, found ", printable(url.substr(0, comma)));
  }
  std::string media_type(url.substr(kScheme.size(), comma - kScheme.size()));
  std::erase_if(media_type, is_break);
  const bool base64 = says_base64(media_type);
  PercentDecoder body(url, comma + 1);
  const std::size_t before = static_cast<std::size_t>(url.data() - text.data());
  Base64Decoder decoder;
  std::vector<std::byte> bytes;
  while (const std::optional<char> c = body.next()) {
    Status status;
    if (base64) {
      status = decoder.put(*c, before + body.offset());
    } else {
      bytes.push_back(static_cast<std::byte>(*c));
      status = expect_fits(bytes.size());
    }
    if (!status.ok()) return status.with_context("image URL");
  }
  if (!base64) return bytes;
  auto decoded = decoder.finish(before + url.size());
  return decoded.ok() ? std::move(decoded) : decoded.status().with_context("image URL");
}

}  // namespace tenfold
