// Little-endian values one after the other from the start of a file, through a window, so that a header of 300,000
// strings takes a handful of system calls.
//
// No value may end past `limit` or the file's end, and nothing is allocated before that is known: a count of 2^60 in a
// small file costs nothing. Errors say at which byte how much was expected; the caller adds what it was reading.
// One reader belongs to one thread and must not outlive its file.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/pread_file.h"
#include "tenfold/status.h"

namespace tenfold {

static_assert(std::endian::native == std::endian::little, "files are little-endian and values are copied as they lie");

class HeaderReader {
 public:
  // limit: the most bytes a header may have, whatever the file's size.
  HeaderReader(const PreadFile& file, std::uint64_t limit);

  [[nodiscard]] std::uint64_t position() const noexcept { return window_begin_ + at_; }
  [[nodiscard]] std::uint64_t remaining() const noexcept { return end_ - position(); }

  // Errors (all of these): kCorruptData if the file ends before; kResourceExhausted past the limit; kIoError.
  template <typename T>
  [[nodiscard]] Status read(T& value) {
    TENFOLD_RETURN_IF_ERROR(need(sizeof(T)));
    std::memcpy(&value, window_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return {};
  }
  // A text: its 64-bit length, as much as can still follow, then its bytes. Look at the length before making room.
  [[nodiscard]] Status read_length(std::uint64_t& n_bytes);
  [[nodiscard]] Status read_text(std::string& text, std::uint64_t n_bytes);
  // Fills `out`; large ones go around the window.
  [[nodiscard]] Status read_bytes(std::span<std::byte> out);
  // Goes on after so many bytes, without reading those beyond the window; or after a text with its length.
  [[nodiscard]] Status skip(std::uint64_t n_bytes);
  [[nodiscard]] Status skip_text();

  // Whether `count` items of at least `item_bytes` ≥ 1 each can still follow. Ask before making room for them.
  [[nodiscard]] Status check_room(std::uint64_t count, std::uint64_t item_bytes) const;

 private:
  // Makes the next n ≤ kWindowBytes bytes lie in the window.
  Status need(std::size_t n) { return window_.size() - at_ >= n ? Status() : refill(n); }
  Status refill(std::size_t n);
  Status too_short(std::uint64_t count, std::uint64_t item_bytes) const;

  const PreadFile& file_;
  std::uint64_t end_;  // of the file or of what may be read of it
  std::vector<std::byte> window_;
  std::uint64_t window_begin_ = 0;  // where window_[0] lies in the file
  std::size_t at_ = 0;              // next byte in window_
};

}  // namespace tenfold
