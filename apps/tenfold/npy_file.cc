#include "npy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace tenfold::cli {

namespace {

static_assert(std::endian::native == std::endian::little, "the header says '<f4'");

std::string npy_header(const std::vector<std::size_t>& shape) {
  std::string dims;
  for (const std::size_t n : shape) dims += cat(n, ",");
  std::string text = cat("{'descr': '<f4', 'fortran_order': False, 'shape': (", dims, "), }");
  constexpr std::size_t kPreamble = 10;  // magic, version and length
  while ((kPreamble + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

Status failed(const std::string& path, const char* what) {
  return io_error(path, ": ", what, ": ", std::strerror(errno));
}

// named: the file as the user knows it, for errors.
Status write_file(const std::string& path, const std::string& named, std::string_view header, std::string_view data) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return failed(named, "cannot be created");
  Status status;
  for (std::string_view part : {header, data}) {
    while (!part.empty() && status.ok()) {
      const ssize_t n = write(fd, part.data(), part.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        status = failed(named, "cannot be written");
      } else {
        part.remove_prefix(static_cast<std::size_t>(n));
      }
    }
  }
  if (close(fd) != 0 && status.ok()) status = failed(named, "cannot be written");
  return status;
}

}  // namespace

Status write_npy(const std::string& path, std::span<const float> values, const std::vector<std::size_t>& shape) {
  if (path.empty()) return invalid_argument("expected the path of a file to write, found an empty string");
  const std::string header = npy_header(shape);
  const std::string_view data(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  struct stat existing = {};
  if (stat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode)) return write_file(path, path, header, data);

  const std::string aside = cat(path, ".", getpid(), ".part");
  Status status = write_file(aside, path, header, data);
  if (status.ok() && rename(aside.c_str(), path.c_str()) != 0) status = failed(path, "cannot be replaced");
  if (!status.ok()) (void)unlink(aside.c_str());
  return status;
}

}  // namespace tenfold::cli
