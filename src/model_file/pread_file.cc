#include "model_file/pread_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

// The kernel takes at most this much in one call.
constexpr std::size_t kMaxBytesPerRead = std::size_t{1} << 30;

std::string system_message(int error) { return std::generic_category().message(error); }

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

std::string_view folder_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

std::string printable_base_name(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::string_view name = path.substr(folder_of(path).size());
  return printable(name.empty() ? path : name, 255);
}

Result<PreadFile> PreadFile::open(const std::string& path) {
  std::string name = printable_base_name(path);
  if (path.empty()) return invalid_argument("expected the path of a file, found an empty string");
  if (path.find('\0') != std::string::npos) return invalid_argument(name, ": expected a path without a zero byte");

  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) return not_found(name, ": no such file (", printable(path, 1024), ")");
    if (error == ENXIO) return invalid_argument(name, ": expected a regular file, found a socket");
    return io_error(name, ": cannot open: ", system_message(error));
  }
  PreadFile file(descriptor, std::move(name));
  TENFOLD_RETURN_IF_ERROR(file.look());
  file.n_bytes_ = file.opened_.size;
  return file;
}

Result<PreadFile> PreadFile::open(const FileSlice& slice) {
  std::string name = cat("descriptor ", slice.descriptor);
  const int descriptor = ::fcntl(slice.descriptor, F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) {
    if (errno != EBADF) return io_error(name, ": cannot duplicate: ", system_message(errno));
    return invalid_argument(name, ": expected one of an open file, found none");
  }
  PreadFile file(descriptor, std::move(name));
  TENFOLD_RETURN_IF_ERROR(file.look());
  const std::uint64_t size = file.opened_.size;
  if (slice.n_bytes == 0 || slice.offset > size || slice.n_bytes > size - slice.offset) {
    return invalid_argument(file.name_, ": expected a part within the file's ", size, " bytes, found ", slice.n_bytes,
                            " bytes at byte ", slice.offset);
  }
  file.begin_ = slice.offset;
  file.n_bytes_ = slice.n_bytes;
  file.identity_ += cat(":", slice.offset, "+", slice.n_bytes);
  return file;
}

Status PreadFile::look() {
  struct stat info{};
  if (::fstat(descriptor_, &info) != 0) return io_error(name_, ": cannot stat: ", system_message(errno));
  if (!S_ISREG(info.st_mode)) {
    return invalid_argument(name_, ": expected a regular file, found ", kind_of(info.st_mode));
  }
  identity_ =
      cat(info.st_dev, ":", info.st_ino, ":", info.st_size, ":", info.st_ctim.tv_sec, ".", info.st_ctim.tv_nsec);
  opened_ = state_of(info);
  return {};
}

PreadFile::State PreadFile::state_of(const struct stat& info) {
  const auto ns = [](const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return {static_cast<std::uint64_t>(info.st_size), ns(info.st_mtim), ns(info.st_ctim), info.st_nlink};
}

PreadFile::PreadFile(int descriptor, std::string name) noexcept : descriptor_(descriptor), name_(std::move(name)) {}

PreadFile::PreadFile(PreadFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      opened_(other.opened_),
      begin_(other.begin_),
      n_bytes_(other.n_bytes_),
      name_(std::move(other.name_)),
      identity_(std::move(other.identity_)) {}

PreadFile& PreadFile::operator=(PreadFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(opened_, other.opened_);
  std::swap(begin_, other.begin_);
  std::swap(n_bytes_, other.n_bytes_);
  std::swap(name_, other.name_);
  std::swap(identity_, other.identity_);
  return *this;
}

PreadFile::~PreadFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::size_t> pread_fully(int descriptor, std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::size_t wanted = std::min(out.size() - done, kMaxBytesPerRead);
    const ssize_t got = ::pread(descriptor, out.data() + done, wanted, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("cannot read at byte ", offset + done, ": ", system_message(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// A file that was removed or replaced under its name has lost that name, and we still read the old one; without that, a
// change may be a write whose time was set back.
Status PreadFile::expect_unchanged() const {
  TENFOLD_DCHECK(descriptor_ >= 0);
  struct stat info{};
  if (::fstat(descriptor_, &info) != 0) return io_error(name_, ": cannot stat: ", system_message(errno));
  const State now = state_of(info);
  const bool same_names = now.n_names == opened_.n_names;
  if (now.size == opened_.size && now.written_ns == opened_.written_ns &&
      (now.changed_ns == opened_.changed_ns || !same_names)) {
    return {};
  }
  return failed_precondition(
      name_, ": expected the file as it was when it was opened, found it changed since; open it ", "again");
}

Status PreadFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  TENFOLD_DCHECK(descriptor_ >= 0);
  const std::uint64_t left = offset <= n_bytes_ ? n_bytes_ - offset : 0;
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left));
  TENFOLD_ASSIGN_OR_RETURN(const std::size_t done, pread_fully(descriptor_, begin_ + offset, out.first(n)));
  if (done == out.size()) return {};
  const std::string message = cat("expected ", out.size(), " bytes at byte ", offset, ", found the end after ", done,
                                  " (the file had ", n_bytes_, " bytes when it was opened)");
  const bool was_there = offset <= n_bytes_ && out.size() <= n_bytes_ - offset;
  return was_there ? failed_precondition(message) : corrupt_data(message);
}

Status PreadFile::read_within(FileRange range, std::uint64_t begin, std::span<std::byte> out,
                              std::string_view tensor) const {
  if (begin > range.n_bytes || out.size() > range.n_bytes - begin) {
    return invalid_argument(name_, ": tensor ", printable(tensor), ": expected a read inside its ", range.n_bytes,
                            " bytes, found ", out.size(), " bytes at ", begin);
  }
  return read(range.offset + begin, out).with_context(cat(name_, ": tensor ", printable(tensor)));
}

}  // namespace tenfold
