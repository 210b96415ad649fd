#include "model_file/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/contracts.h"
#include "base/error.h"
#include "model_file/file_size_signal.h"
#include "model_file/pread_file.h"

namespace tenfold {

namespace {

constexpr std::size_t kPendingBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxBytesPerWrite = std::size_t{1} << 30;
constexpr int kAttempts = 16;  // of a name that somebody else takes at the same moment

mode_t mode_of(FileAccess access) { return access == FileAccess::kOwner ? 0600 : 0644; }

// 0 or errno.
int write_all(int descriptor, std::span<const std::byte> bytes) {
  const FileSizeSignalBlocked no_signal;
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), std::min(bytes.size(), kMaxBytesPerWrite));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

// How an open file without a name is told to linkat().
std::string by_descriptor(int descriptor) { return cat("/proc/self/fd/", descriptor); }

// A file without a name, or -1 where there is no such thing or no way to name it later.
int open_unnamed(const Folder& folder, FileAccess access) {
  const int descriptor = ::openat(folder.descriptor(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode_of(access));
  if (descriptor < 0 || ::access(by_descriptor(descriptor).c_str(), F_OK) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

// A new file of that name, locked; -1 with errno. EEXIST, too, if somebody took it for abandoned before it was locked.
int open_named(const Folder& folder, const std::string& name, FileAccess access) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  const int descriptor = ::openat(folder.descriptor(), name.c_str(), kFlags, mode_of(access));
  if (descriptor < 0) return -1;
  struct stat info{};
  ::flock(descriptor, LOCK_EX | LOCK_NB);  // where files cannot be locked, nobody removes them either
  if (::fstat(descriptor, &info) == 0 && info.st_nlink > 0) return descriptor;
  ::close(descriptor);
  errno = EEXIST;
  return -1;
}

}  // namespace

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path, FileAccess access) {
  Result<std::shared_ptr<const Folder>> folder = Folder::open(std::string(folder_of(path)));
  if (!folder.ok()) return folder.status().with_context(printable_base_name(path));
  return create(*folder, path.substr(folder_of(path).size()), access);
}

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(std::shared_ptr<const Folder> folder, std::string name,
                                                       FileAccess access, AsideName aside) {
  TENFOLD_DCHECK(folder != nullptr && name.find('/') == std::string::npos);
  struct stat there{};
  if (name.empty() || (::fstatat(folder->descriptor(), name.c_str(), &there, 0) == 0 && S_ISDIR(there.st_mode))) {
    return invalid_argument(printable(name.empty() ? "the path" : name, 255),
                            ": expected a file to write, found a folder");
  }
  remove_abandoned(*folder, name);
  std::string named;
  int descriptor = aside == AsideName::kAvoided ? open_unnamed(*folder, access) : -1;
  for (int attempt = 0; descriptor < 0; ++attempt) {
    named = aside_name(name);
    descriptor = open_named(*folder, named, access);
    if (descriptor >= 0) break;
    const int error = errno;
    if ((error == EEXIST && attempt < kAttempts) || error == EINTR) continue;
    if (error == ENOENT) return not_found(printable_base_name(name), ": cannot create: its folder has gone");
    return io_error(printable_base_name(name), ": cannot create: ", std::generic_category().message(error));
  }
  return std::unique_ptr<AtomicFile>(new AtomicFile(std::move(folder), std::move(name), std::move(named), descriptor));
}

AtomicFile::AtomicFile(std::shared_ptr<const Folder> folder, std::string name, std::string aside, int descriptor)
    : folder_(std::move(folder)), name_(std::move(name)), aside_(std::move(aside)), descriptor_(descriptor) {}

AtomicFile::~AtomicFile() {
  if (!aside_.empty()) ::unlinkat(folder_->descriptor(), aside_.c_str(), 0);
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status AtomicFile::failed(const char* what) {
  const int error = errno;
  usable_ = false;
  if (error == ENOENT) return not_found(printable_base_name(name_), ": cannot ", what, ": its folder has gone");
  return io_error(printable_base_name(name_), ": cannot ", what, ": ", std::generic_category().message(error));
}

Status AtomicFile::expect_usable(const char* what) const {
  if (usable_ && descriptor_ >= 0) return {};
  return failed_precondition(printable_base_name(name_), ": cannot ", what, " after a failure, a close or a commit");
}

Status AtomicFile::append(std::span<const std::byte> bytes) {
  if (const int error = write_all(descriptor_, bytes); error != 0) {
    errno = error;
    return failed("write");
  }
  back_.appended(descriptor_, bytes.size());
  return {};
}

Status AtomicFile::flush() {
  const Status status = append(pending_);
  pending_.clear();
  return status;
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  const OneCaller::Call call(callers_);
  TENFOLD_RETURN_IF_ERROR(expect_usable("write"));
  if (pending_.size() + bytes.size() > kPendingBytes) TENFOLD_RETURN_IF_ERROR(flush());
  if (bytes.size() < kPendingBytes) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    return {};
  }
  return append(bytes);
}

Status AtomicFile::sync() {
  TENFOLD_RETURN_IF_ERROR(flush());
  pending_ = {};
  return ::fsync(descriptor_) == 0 ? Status() : failed("sync");
}

// Gives a file without a name one aside; rename() alone can replace a file.
Status AtomicFile::give_name() {
  const std::string self = by_descriptor(descriptor_);
  ::flock(descriptor_, LOCK_EX | LOCK_NB);
  for (int attempt = 0; aside_.empty(); ++attempt) {
    std::string name = aside_name(name_);
    if (::linkat(AT_FDCWD, self.c_str(), folder_->descriptor(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      aside_ = std::move(name);
    } else if (errno != EEXIST || attempt == kAttempts) {
      return failed("name");
    }
  }
  return {};
}

Status AtomicFile::close() {
  const OneCaller::Call call(callers_);
  TENFOLD_RETURN_IF_ERROR(expect_usable("close"));
  TENFOLD_RETURN_IF_ERROR(sync());
  TENFOLD_RETURN_IF_ERROR(give_name());
  if (::close(std::exchange(descriptor_, -1)) != 0) return failed("close");
  return {};
}

Status AtomicFile::commit() {
  const OneCaller::Call call(callers_);
  if (!usable_) return failed_precondition(printable_base_name(name_), ": cannot commit after a failure or a commit");
  if (descriptor_ >= 0) {
    TENFOLD_RETURN_IF_ERROR(sync());
    TENFOLD_RETURN_IF_ERROR(give_name());
  }
  usable_ = false;
  const int folder = folder_->descriptor();
  if (::renameat(folder, aside_.c_str(), folder, name_.c_str()) != 0) return failed("rename");
  aside_.clear();
  folder_->sync();
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) {
    if (const auto folder = Folder::open(std::string(folder_of(path))); folder.ok()) (*folder)->sync();
    return {};
  }
  const int error = errno;
  if (error == ENOENT) return {};
  return io_error(printable_base_name(path), ": cannot remove: ", std::generic_category().message(error));
}

Status expect_same_kind(const std::string& path, std::string_view first_bytes, std::string_view kind) {
  TENFOLD_DCHECK(!first_bytes.empty());
  const Result<PreadFile> file = PreadFile::open(path);
  if (file.status().code() == StatusCode::kInvalidArgument) return file.status();  // rename() would replace a device
  if (!file.ok() || file->size() == 0) return {};
  std::array<char, 16> found{};
  const std::span<char> begin = std::span(found).first(std::min(first_bytes.size(), found.size()));
  const bool same = file->size() >= begin.size() && file->read(0, std::as_writable_bytes(begin)).ok() &&
                    first_bytes.starts_with(std::string_view(begin.data(), begin.size()));
  if (same) return {};
  return invalid_argument(printable_base_name(path), ": expected to replace ", kind,
                          " or nothing, found another kind of file; choose another name or remove it first");
}

}  // namespace tenfold
