#include "npy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace tenfold::cli {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
static_assert(std::endian::native == std::endian::little, "the header says '<f4'");

std::string npy_header(const std::vector<std::size_t>& shape) {
  std::string dims;
  for (const std::size_t n : shape) dims += cat(n, ",");
  std::string text = cat("{'descr': '<f4', 'fortran_order': False, 'shape': (", dims, "), }");
  constexpr std::size_t kPreamble = 10;  // magic, version and length
  while ((kPreamble + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string header(kMagic);
  header += std::string_view("\x01\x00", 2);  // version
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

Status failed(const std::string& path, const char* what) {
  return io_error(printable(path, 1024), ": ", what, ": ", std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<NpyFile>> NpyFile::create(const std::string& path, const std::vector<std::size_t>& shape) {
  if (path.empty()) return invalid_argument("expected the path of a file to write, found an empty string");
  std::unique_ptr<NpyFile> file(new NpyFile);
  file->path_ = path;
  struct stat existing = {};
  if (stat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) {
    file->stream_ = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file->stream_ < 0) return failed(path, "cannot be opened");
  } else {
    TENFOLD_RETURN_IF_ERROR(expect_same_kind(path, kMagic, "a NumPy file"));
    TENFOLD_ASSIGN_OR_RETURN(file->file_, AtomicFile::create(path, FileAccess::kEverybody));
  }
  const std::string header = npy_header(shape);
  TENFOLD_RETURN_IF_ERROR(file->write_bytes(std::as_bytes(std::span(header))));
  return file;
}

NpyFile::~NpyFile() {
  if (stream_ >= 0) close(stream_);
}

Status NpyFile::write(std::span<const float> values) { return write_bytes(std::as_bytes(values)); }

Status NpyFile::write_bytes(std::span<const std::byte> bytes) {
  if (file_ != nullptr) return file_->write(bytes);
  while (!bytes.empty()) {
    const ssize_t n = ::write(stream_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path_, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Status NpyFile::commit() {
  if (file_ != nullptr) return file_->commit();
  return close(std::exchange(stream_, -1)) == 0 ? Status() : failed(path_, "cannot be written");
}

}  // namespace tenfold::cli
