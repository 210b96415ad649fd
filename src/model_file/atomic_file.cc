#include "model_file/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "model_file/pread_file.h"

namespace tenfold {

namespace {

constexpr std::size_t kPendingBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxBytesPerCall = std::size_t{1} << 30;

std::string aside_name(const std::string& path) {
  static std::atomic<unsigned> count{0};
  return cat(path, ".tmp-", ::getpid(), "-", count.fetch_add(1));
}

// 0 or errno.
int write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), std::min(bytes.size(), kMaxBytesPerCall));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

// Makes a rename or a removal last. A folder that cannot be opened for it has changed all the same.
void sync_folder(const std::string& path) {
  const std::string folder(folder_of(path));
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path) {
  constexpr int kAttempts = 16;  // names left behind by a crashed process with our number
  for (int attempt = 0;; ++attempt) {
    std::string aside = aside_name(path);
    const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return std::unique_ptr<AtomicFile>(new AtomicFile(path, std::move(aside), descriptor));
    const int error = errno;
    if ((error == EEXIST && attempt < kAttempts) || error == EINTR) continue;
    const std::string name = printable_base_name(path);
    if (error == ENOENT || error == ENOTDIR) {
      return not_found(name, ": no such folder to write into (", printable(folder_of(path), 1024), ")");
    }
    return io_error(name, ": cannot create: ", std::generic_category().message(error));
  }
}

AtomicFile::AtomicFile(std::string path, std::string aside, int descriptor)
    : path_(std::move(path)), aside_(std::move(aside)), descriptor_(descriptor) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!aside_.empty()) ::unlink(aside_.c_str());
}

Status AtomicFile::failed(const char* what) {
  const int error = errno;
  usable_ = false;
  return io_error(printable_base_name(path_), ": cannot ", what, ": ", std::generic_category().message(error));
}

Status AtomicFile::flush() {
  const int error = write_all(descriptor_, pending_);
  pending_.clear();
  if (error == 0) return {};
  errno = error;
  return failed("write");
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  if (!usable_ || descriptor_ < 0) {
    return failed_precondition(printable_base_name(path_), ": cannot write after a failure, a close or a commit");
  }
  if (pending_.size() + bytes.size() > kPendingBytes) TENFOLD_RETURN_IF_ERROR(flush());
  if (bytes.size() < kPendingBytes) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    return {};
  }
  if (const int error = write_all(descriptor_, bytes); error != 0) {
    errno = error;
    return failed("write");
  }
  return {};
}

Status AtomicFile::close() {
  if (!usable_ || descriptor_ < 0) {
    return failed_precondition(printable_base_name(path_), ": cannot close after a failure, a close or a commit");
  }
  TENFOLD_RETURN_IF_ERROR(flush());
  pending_ = {};
  if (::fsync(descriptor_) != 0) return failed("sync");
  if (::close(std::exchange(descriptor_, -1)) != 0) return failed("close");
  return {};
}

Status AtomicFile::commit() {
  if (!usable_) return failed_precondition(printable_base_name(path_), ": cannot commit after a failure or a commit");
  if (descriptor_ >= 0) TENFOLD_RETURN_IF_ERROR(close());
  usable_ = false;
  if (std::rename(aside_.c_str(), path_.c_str()) != 0) return failed("rename");
  aside_.clear();
  sync_folder(path_);
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) {
    sync_folder(path);
    return {};
  }
  const int error = errno;
  if (error == ENOENT) return {};
  return io_error(printable_base_name(path), ": cannot remove: ", std::generic_category().message(error));
}

}  // namespace tenfold
