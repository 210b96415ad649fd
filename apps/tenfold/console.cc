#include "console.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace tenfold::cli {

namespace {

std::atomic<bool> reader_has_gone{false};

// After a failed read or write: whether to try again. A terminal or pipe may be shared with a program that made it
// non-blocking; then this waits until there is something to read (POLLIN) or room to write (POLLOUT).
bool may_retry(int fd, short event) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  pollfd waited = {fd, event, 0};
  return poll(&waited, 1, -1) >= 0 || errno == EINTR;
}

// Returns 0 or errno.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && may_retry(fd, POLLOUT)) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

Result<std::string> read_all(int fd, std::string_view name, std::size_t max_bytes) {
  std::string text;
  std::array<char, 1 << 16> chunk;
  for (;;) {
    const ssize_t n = read(fd, chunk.data(), chunk.size());
    if (n < 0 && may_retry(fd, POLLIN)) continue;
    if (n < 0) return io_error(name, ": cannot be read: ", std::strerror(errno));
    if (n == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
    if (text.size() > max_bytes)
      return resource_exhausted(name, ": expected at most ", max_bytes, " bytes, found more");
  }
}

}  // namespace

void prepare_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    // open() returns the lowest free descriptor, which is this one if it was closed.
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) (void)!open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
  }
  // A reader that has gone and a file that may not grow are errors of write(), not the program's end.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

Status write_stdout(std::string_view bytes) {
  if (reader_has_gone) return cancelled("standard output: its reader has gone");
  const int error = write_all(STDOUT_FILENO, bytes);
  if (error == 0) return {};
  if (error == EPIPE) {
    reader_has_gone = true;
    return cancelled("standard output: its reader has gone");
  }
  return io_error("standard output: cannot be written: ", std::strerror(error));
}

bool stdout_reader_has_gone() noexcept { return reader_has_gone; }

Status print_json(const Json& json) { return write_stdout(json.dump() + "\n"); }

void print_error(std::string_view message) { print_note(cat("tenfold: ", printable(message, 2000), "\n")); }

void print_note(std::string_view text) { (void)write_all(STDERR_FILENO, text); }

bool stdout_is_terminal() noexcept { return isatty(STDOUT_FILENO) == 1; }

bool stdin_is_terminal() noexcept { return isatty(STDIN_FILENO) == 1; }

bool stderr_can_redraw() noexcept {
  const char* const kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

int stderr_columns() noexcept {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Result<std::string> read_stdin(std::size_t max_bytes) { return read_all(STDIN_FILENO, "standard input", max_bytes); }

Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes) {
  if (path.empty()) return invalid_argument("expected the path of a file, found an empty string");
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    if (error == ENOENT) return not_found(path, ": expected a file, found nothing of that name");
    return io_error(path, ": cannot be opened: ", std::strerror(error));
  }
  auto text = read_all(fd, path, max_bytes);
  close(fd);
  return text;
}

std::string human_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1000;
    ++unit;
  }
  return cat(fixed(bytes, unit == 0 || bytes >= 99.95 ? 0 : 1), " ", kUnits[unit]);
}

std::string fixed(double value, int decimals) {
  std::array<char, 400> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed, decimals);
  return {digits.data(), end.ptr};
}

}  // namespace tenfold::cli
