// A folder held open: what is done by its descriptor happens in that folder whatever becomes of its path.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenfold/status.h"

namespace tenfold {

// Owns its descriptor. Thread-safe.
class Folder {
 public:
  // An empty path is the current folder.
  // Errors: kNotFound if there is no such folder; kIoError.
  static Result<std::shared_ptr<const Folder>> open(const std::string& path);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // For openat() and its kin.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  // Of everything in it, in no order; empty where it may not be listed.
  [[nodiscard]] std::vector<std::string> names() const;
  // Makes renames and removals last. A folder that cannot be synced has changed all the same.
  void sync() const noexcept;

 private:
  explicit Folder(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

// Files are first written under, or soon before their renaming get, a name of this form: NAME.tmp-PROCESS-NUMBER.
std::string aside_name(std::string_view name);

// Removes what killed processes left of files that they were writing aside: those called …ENDING.tmp-PROCESS-NUMBER
// that nobody holds locked. The writer of such a file holds a lock (flock) until it has its name.
//   ending: how the name of the file to be ends; all of it, or ".packed"; not empty
void remove_abandoned(const Folder& folder, std::string_view ending);

}  // namespace tenfold
