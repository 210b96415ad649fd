// For tests only: PNG files made by hand, whole and broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "image/rgb_image.h"

namespace tenfold {

class TestPng {
 public:
  TestPng() { append("\x89PNG\r\n\x1A\n"); }

  // 8 bits a channel, RGB.
  TestPng& header(std::uint32_t width, std::uint32_t height) {
    std::vector<std::byte> body;
    for (const std::uint32_t side : {width, height}) put_u32(body, side);
    for (const int value : {8, 2, 0, 0, 0}) body.push_back(static_cast<std::byte>(value));
    return chunk("IHDR", body);
  }
  // Unfiltered rows in stored blocks.
  TestPng& data(const RgbImage& image) {
    std::vector<std::byte> raw;
    for (int y = 0; y < image.size.height; ++y) {
      raw.push_back(std::byte{0});
      const auto* row = reinterpret_cast<const std::byte*>(image.row(y));
      raw.insert(raw.end(), row, row + static_cast<std::size_t>(image.size.width) * 3);
    }
    std::vector<std::byte> body = {std::byte{0x78}, std::byte{0x01}};
    for (std::size_t at = 0; at < raw.size(); at += 0xFFFF) {
      const std::size_t n = std::min<std::size_t>(0xFFFF, raw.size() - at);
      body.push_back(static_cast<std::byte>(at + n == raw.size()));
      for (const std::size_t value : {n & 0xFF, n >> 8, ~n & 0xFF, ~n >> 8 & 0xFF}) {
        body.push_back(static_cast<std::byte>(value));
      }
      body.insert(body.end(), raw.begin() + static_cast<std::ptrdiff_t>(at),
                  raw.begin() + static_cast<std::ptrdiff_t>(at + n));
    }
    put_u32(body, 0);  // checksum, which the decoder does not look at
    return chunk("IDAT", body);
  }
  TestPng& chunk(std::string_view name, const std::vector<std::byte>& body) {
    put_u32(bytes_, static_cast<std::uint32_t>(body.size()));
    append(name);
    bytes_.insert(bytes_.end(), body.begin(), body.end());
    put_u32(bytes_, 0);
    return *this;
  }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  static void put_u32(std::vector<std::byte>& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(value >> shift));
  }
  void append(std::string_view text) {
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
  }

  std::vector<std::byte> bytes_;
};

inline std::vector<std::byte> make_png(const RgbImage& image) {
  return TestPng()
      .header(static_cast<std::uint32_t>(image.size.width), static_cast<std::uint32_t>(image.size.height))
      .data(image)
      .chunk("IEND", {})
      .bytes();
}

}  // namespace tenfold
