// A folder for temporary files below the one for such ($TMPDIR, else /tmp), which goes with the object. What killed
// processes left is removed when the next one is made: a folder in use is locked.
#pragma once

#include <memory>
#include <string>

#include "model_file/folder.h"
#include "tenfold/status.h"

namespace tenfold::cli {

class ScratchFolder {
 public:
  // Errors: kIoError.
  static Result<std::unique_ptr<ScratchFolder>> create();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  ScratchFolder(std::string path, std::shared_ptr<const Folder> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  std::shared_ptr<const Folder> lock_;  // held locked
};

}  // namespace tenfold::cli
