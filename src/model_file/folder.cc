#include "model_file/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::string_view kAsideMark = ".tmp-";

// Whether it is two numbers with a dash between.
bool is_process_and_number(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  return is_number(text.substr(0, dash)) && is_number(text.substr(dash + 1));
}

bool is_aside_of(std::string_view name, std::string_view ending) {
  const std::size_t mark = name.rfind(kAsideMark);
  return mark != std::string_view::npos && name.substr(0, mark).ends_with(ending) &&
         is_process_and_number(name.substr(mark + kAsideMark.size()));
}

}  // namespace

Result<std::shared_ptr<const Folder>> Folder::open(const std::string& path) {
  const char* const where = path.empty() ? "." : path.c_str();
  int descriptor = ::open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0 && errno == EACCES) descriptor = ::open(where, O_PATH | O_DIRECTORY | O_CLOEXEC);  // not listed
  if (descriptor >= 0) return std::shared_ptr<const Folder>(new Folder(descriptor));
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR)
    return not_found("no such folder to write into (", printable(where, 1024), ")");
  return io_error("folder ", printable(where, 1024), ": cannot open: ", std::generic_category().message(error));
}

Folder::~Folder() { ::close(descriptor_); }

std::vector<std::string> Folder::names() const {
  std::vector<std::string> names;
  const int again = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // a place of its own in the list
  if (again < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(again), ::closedir);
  if (list == nullptr) {
    ::close(again);
    return names;
  }
  while (const dirent* entry = ::readdir(list.get())) names.emplace_back(entry->d_name);
  return names;
}

void Folder::sync() const noexcept { ::fsync(descriptor_); }

std::string aside_name(std::string_view name) {
  static std::atomic<unsigned> count{0};
  return cat(name, kAsideMark, ::getpid(), "-", count.fetch_add(1));
}

void remove_abandoned(const Folder& folder, std::string_view ending) {
  TENFOLD_DCHECK(!ending.empty());
  for (const std::string& name : folder.names()) {
    if (!is_aside_of(name, ending)) continue;
    const int file = ::openat(folder.descriptor(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) continue;
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlinkat(folder.descriptor(), name.c_str(), 0);
    ::close(file);
  }
}

}  // namespace tenfold
