#include "text_input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "platform/memory_info.h"

namespace tenfold::cli {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 16;

}  // namespace

TextLimit memory_limit(std::size_t max_bytes, std::size_t memory_per_byte) {
  const auto usable = usable_memory_bytes(read_memory_info());
  if (!usable || *usable / memory_per_byte >= max_bytes) return {max_bytes, "the most that is read"};
  return {static_cast<std::size_t>(*usable / memory_per_byte),
          cat("each takes ", memory_per_byte, " of the ", *usable, " bytes of memory that are left")};
}

Result<TextInput> TextInput::open(const std::string& path) {
  if (path.empty()) return invalid_argument("expected the path of a file, found an empty string");
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    if (error == ENOENT) return not_found(path, ": expected a file, found nothing of that name");
    return io_error(path, ": cannot be opened: ", std::strerror(error));
  }
  TextInput input(fd, path);
  input.owns_ = true;
  return input;
}

TextInput::TextInput(TextInput&& other) noexcept
    : fd_(other.fd_),
      name_(std::move(other.name_)),
      owns_(std::exchange(other.owns_, false)),
      buffer_(std::move(other.buffer_)),
      skips_line_(other.skips_line_) {}

TextInput::~TextInput() {
  if (owns_) close(fd_);
}

Result<bool> TextInput::read_more() {
  const std::size_t n_before = buffer_.size();
  buffer_.resize(n_before + kChunkBytes);
  for (;;) {
    const ssize_t n = read(fd_, buffer_.data() + n_before, kChunkBytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      pollfd waited = {fd_, POLLIN, 0};
      (void)poll(&waited, 1, -1);
      continue;
    }
    const int error = errno;
    buffer_.resize(n_before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0) return io_error(name_, ": cannot be read: ", std::strerror(error));
    return n > 0;
  }
}

bool TextInput::wait(const Interrupt& interrupt) const {
  Waited waited = Waited::kOtherSignal;
  while (waited == Waited::kOtherSignal) waited = wait_for_input(fd_, interrupt);
  return waited == Waited::kReady;
}

Status TextInput::too_long(const TextLimit& limit) const {
  return resource_exhausted(name_, ": expected at most ", limit.max_bytes, " bytes (", limit.reason, "), found more");
}

std::size_t TextInput::file_bytes_left() const {
  struct stat status = {};
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  return static_cast<std::size_t>(std::max<off_t>(status.st_size - std::max<off_t>(lseek(fd_, 0, SEEK_CUR), 0), 0));
}

Result<std::string> TextInput::read_all(const TextLimit& limit, const Interrupt* interrupt) {
  // Not after having read it, and without growing.
  const std::size_t n_left = file_bytes_left();
  if (n_left > limit.max_bytes) return too_long(limit);
  if (n_left > 0) buffer_.reserve(buffer_.size() + n_left + kChunkBytes);
  for (bool more = true; more;) {
    if (interrupt != nullptr && !wait(*interrupt)) return cancelled("stopped while reading ", name_);
    TENFOLD_ASSIGN_OR_RETURN(more, read_more());
    if (buffer_.size() > limit.max_bytes) return too_long(limit);
  }
  return std::exchange(buffer_, {});
}

Result<LineStatus> TextInput::read_line(std::string& line, const TextLimit& limit, const Interrupt& interrupt) {
  std::size_t searched = 0;
  bool more = true;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    const std::size_t n = std::min(end, buffer_.size());
    if (skips_line_) {
      skips_line_ = end == std::string::npos;
      buffer_.erase(0, skips_line_ ? n : n + 1);
      searched = 0;
      if (!skips_line_) continue;
    } else if (n > limit.max_bytes) {
      skips_line_ = true;
      return too_long(limit);
    } else if (end != std::string::npos || (!more && n > 0)) {
      line.assign(buffer_, 0, n);
      buffer_.erase(0, std::min(n + 1, buffer_.size()));
      while (line.ends_with('\r')) line.pop_back();
      return LineStatus::kLine;
    }
    if (!more) {
      skips_line_ = false;
      return LineStatus::kEnd;
    }
    searched = buffer_.size();
    if (!wait(interrupt)) return LineStatus::kInterrupted;
    TENFOLD_ASSIGN_OR_RETURN(more, read_more());
  }
}

bool TextInput::wait_for(std::chrono::milliseconds time) const {
  pollfd waited = {fd_, POLLIN, 0};
  return poll(&waited, 1, static_cast<int>(time.count())) != 0;
}

bool stdin_may_hold_text() noexcept {
  struct stat status = {};
  return fstat(STDIN_FILENO, &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode));
}

Waited wait_for_input(int fd, const Interrupt& interrupt) noexcept {
  sigset_t interrupt_only;
  sigset_t before;
  sigemptyset(&interrupt_only);
  sigaddset(&interrupt_only, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupt_only, &before);
  pollfd waited = {fd, POLLIN, 0};
  const bool was_cut = !interrupt.requested() && ppoll(&waited, 1, nullptr, &before) < 0 && errno == EINTR;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (interrupt.requested()) return Waited::kInterrupted;
  return was_cut ? Waited::kOtherSignal : Waited::kReady;
}

Result<std::string> read_text_file(const std::string& path, const TextLimit& limit) {
  TENFOLD_ASSIGN_OR_RETURN(TextInput input, TextInput::open(path));
  return input.read_all(limit);
}

}  // namespace tenfold::cli
