#include "platform/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/contracts.h"

namespace tenfold {

namespace {
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kMaxBytes = std::size_t{64} << 10;
}  // namespace

std::optional<std::string> read_small_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in this place must not hang us.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  std::string text;
  char buffer[4096];
  ssize_t n = 0;
  while (text.size() < kMaxBytes) {
    n = read(fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  if (n < 0) return std::nullopt;
  return text;
}

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> find_field(std::string_view text, std::string_view key) noexcept {
  TENFOLD_DCHECK(!key.empty());
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    if (line.starts_with(":")) line.remove_prefix(1);
    if (line.empty() || kSpace.find(line.front()) == std::string_view::npos) continue;  // a longer key
    line = trimmed(line);
    return parse_u64(line.substr(0, line.find_first_of(kSpace)));
  }
  return std::nullopt;
}

}  // namespace tenfold
