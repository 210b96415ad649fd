#include "message_history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/utf8.h"

namespace tenfold::cli {

namespace {

// One message as one line, and back.
std::string to_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    if (c == '\\' || c == '\n') line += '\\';
    line += c == '\n' ? 'n' : c;
  }
  return line + "\n";
}

std::string from_line(std::string_view line) {
  std::string message;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escapes = line[i] == '\\' && i + 1 < line.size();
    if (escapes) ++i;
    message += escapes && line[i] == 'n' ? '\n' : line[i];
  }
  return to_valid_utf8(message);
}

// A descriptor, or -1. Made for its owner alone, and left so if it was there before; never a FIFO or the like.
int open_history(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  struct stat status = {};
  if (fd < 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))) {
    if (fd >= 0 && (status.st_mode & 077) != 0) (void)!fchmod(fd, 0600);
    return fd;
  }
  close(fd);
  return -1;
}

// The last max_bytes of a file.
std::string read_end(int fd, std::size_t max_bytes) {
  const off_t size = lseek(fd, 0, SEEK_END);
  const std::size_t n_wanted = std::min(static_cast<std::size_t>(std::max<off_t>(size, 0)), max_bytes);
  std::string text(n_wanted, '\0');
  const ssize_t n = pread(fd, text.data(), n_wanted, size - static_cast<off_t>(n_wanted));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  if (n_wanted == max_bytes) text.erase(0, text.find('\n') + 1);  // begins inside a message
  return text;
}

}  // namespace

MessageHistory::MessageHistory(std::string path) : path_(std::move(path)) {
  if (!path_.empty()) load();
}

void MessageHistory::load() {
  const int fd = open_history(path_, O_RDONLY);
  if (fd < 0) return;
  const std::string text = read_end(fd, kMaxFileBytes);
  const bool is_long = lseek(fd, 0, SEEK_END) > static_cast<off_t>(kMaxFileBytes / 2);
  close(fd);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) messages_.push_back(from_line(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  const bool has_many = messages_.size() > kMaxMessages;
  if (has_many) messages_.erase(messages_.begin(), messages_.end() - kMaxMessages);
  if (is_long || has_many) shorten_file();
}

// To a quarter of what it may have, so that this is seldom done. By another file, which takes the place of the old one
// when it is whole.
void MessageHistory::shorten_file() const {
  std::size_t n_bytes = 0;
  auto first = messages_.end();
  while (first != messages_.begin() && n_bytes + to_line(*(first - 1)).size() <= kMaxFileBytes / 4 &&
         messages_.end() - first < static_cast<std::ptrdiff_t>(kMaxMessages / 2)) {
    n_bytes += to_line(*--first).size();
  }
  std::string text;
  for (; first != messages_.end(); ++first) text += to_line(*first);
  const std::string path = path_ + ".new";
  unlink(path.c_str());
  const int fd = open_history(path, O_WRONLY | O_CREAT | O_EXCL);
  if (fd < 0) return;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  if (!written || rename(path.c_str(), path_.c_str()) != 0) unlink(path.c_str());
}

void MessageHistory::add(const std::string& message) {
  if (message.empty() || (!messages_.empty() && messages_.back() == message)) return;
  if (messages_.size() >= kMaxMessages) messages_.erase(messages_.begin());
  messages_.push_back(message);
  if (path_.empty() || message.size() > kMaxMessageBytes || message.front() == ' ') return;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  const int fd = open_history(path_, O_WRONLY | O_APPEND | O_CREAT);
  if (fd < 0) return;
  const std::string line = to_line(message);
  (void)!write(fd, line.data(), line.size());  // at once: lines of several programs do not mix
  close(fd);
}

std::string default_history_path() {
  const auto folder = [](const char* variable) {
    const char* const value = std::getenv(variable);
    return std::string(value != nullptr && value[0] == '/' ? value : "");
  };
  if (const std::string state = folder("XDG_STATE_HOME"); !state.empty()) return state + "/tenfold/history";
  const std::string home = folder("HOME");
  return home.empty() ? home : home + "/.local/state/tenfold/history";
}

}  // namespace tenfold::cli
