#include "scratch_folder.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace tenfold::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "tenfold-scratch-";

bool lock(const Folder& folder) { return ::flock(folder.descriptor(), LOCK_EX | LOCK_NB) == 0; }

// Removes this user's folders that no process holds.
void remove_abandoned_folders(const fs::path& below) {
  const auto all = Folder::open(below.string());
  if (!all.ok()) return;
  for (const std::string& name : (*all)->names()) {
    if (!name.starts_with(kPrefix)) continue;
    struct stat info{};
    if (::fstatat((*all)->descriptor(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) continue;
    const auto folder = Folder::open((below / name).string());
    std::error_code ignored;
    if (folder.ok() && lock(**folder)) fs::remove_all(below / name, ignored);
  }
}

}  // namespace

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::create() {
  std::error_code error;
  const fs::path below = fs::temp_directory_path(error);
  if (error) return io_error("temporary files: expected a folder for them, found none; try to set TMPDIR");
  remove_abandoned_folders(below);
  std::string path = (below / cat(kPrefix, "XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr) {
    return io_error("temporary files: cannot make a folder in ", printable(below.string(), 1024),
                    "; try to set TMPDIR to one with room");
  }
  TENFOLD_ASSIGN_OR_RETURN(std::shared_ptr<const Folder> folder, Folder::open(path));
  lock(*folder);
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(std::move(path), std::move(folder)));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace tenfold::cli
