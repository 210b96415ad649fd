#include "model_file/header_reader.h"

#include <algorithm>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::size_t kWindowBytes = std::size_t{1} << 20;

}  // namespace

HeaderReader::HeaderReader(const PreadFile& file, std::uint64_t limit)
    : file_(file), end_(std::min(file.size(), limit)) {}

Status HeaderReader::too_short(std::uint64_t count, std::uint64_t item_bytes) const {
  const std::string expected =
      item_bytes == 1 ? cat(count, " bytes") : cat(count, " items of at least ", item_bytes, " bytes");
  if (end_ < file_.size()) {
    return resource_exhausted("expected a header of at most ", end_, " bytes, found ", expected, " at byte ",
                              position());
  }
  return corrupt_data("expected ", expected, " at byte ", position(), ", found ", remaining(),
                      " to the end of the file");
}

Status HeaderReader::check_room(std::uint64_t count, std::uint64_t item_bytes) const {
  TENFOLD_DCHECK(item_bytes >= 1);
  return count <= remaining() / item_bytes ? Status() : too_short(count, item_bytes);
}

Status HeaderReader::refill(std::size_t n) {
  TENFOLD_DCHECK(n <= kWindowBytes);
  TENFOLD_RETURN_IF_ERROR(check_room(n, 1));
  window_begin_ = position();
  at_ = 0;
  window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kWindowBytes, end_ - window_begin_)));
  return file_.read(window_begin_, window_);
}

Status HeaderReader::read_bytes(std::span<std::byte> out) {
  TENFOLD_RETURN_IF_ERROR(check_room(out.size(), 1));
  const std::size_t buffered = std::min(out.size(), window_.size() - at_);
  std::copy_n(window_.begin() + static_cast<std::ptrdiff_t>(at_), buffered, out.begin());
  at_ += buffered;
  out = out.subspan(buffered);
  if (out.empty()) return {};
  if (out.size() >= kWindowBytes) {
    TENFOLD_RETURN_IF_ERROR(file_.read(position(), out));
    window_begin_ = position() + out.size();
    window_.clear();
    at_ = 0;
    return {};
  }
  TENFOLD_RETURN_IF_ERROR(need(out.size()));
  std::copy_n(window_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
  at_ += out.size();
  return {};
}

Status HeaderReader::read_length(std::uint64_t& n_bytes) {
  TENFOLD_RETURN_IF_ERROR(read(n_bytes));
  return check_room(n_bytes, 1);
}

Status HeaderReader::read_text(std::string& text, std::uint64_t n_bytes) {
  TENFOLD_RETURN_IF_ERROR(check_room(n_bytes, 1));
  text.resize(static_cast<std::size_t>(n_bytes));
  return read_bytes(std::as_writable_bytes(std::span(text)));
}

Status HeaderReader::skip(std::uint64_t n_bytes) {
  TENFOLD_RETURN_IF_ERROR(check_room(n_bytes, 1));
  if (n_bytes <= window_.size() - at_) {
    at_ += static_cast<std::size_t>(n_bytes);
    return {};
  }
  window_begin_ = position() + n_bytes;
  window_.clear();
  at_ = 0;
  return {};
}

Status HeaderReader::skip_text() {
  std::uint64_t length = 0;
  TENFOLD_RETURN_IF_ERROR(read(length));
  return skip(length);
}

}  // namespace tenfold
