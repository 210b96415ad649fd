// ModelSource: where a model's file is: at a path, or within a file that somebody has opened.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/cat.h"
#include "model_file/gguf/gguf_file.h"
#include "tenfold/file_slice.h"

namespace tenfold {

struct ModelSource {
  std::string path;  // of a slice, for people: "descriptor 5"
  std::optional<FileSlice> slice = {};

  static ModelSource of(const FileSlice& slice) { return {cat("descriptor ", slice.descriptor), slice}; }
  [[nodiscard]] Result<std::unique_ptr<GgufFile>> open() const {
    return slice ? GgufFile::open(*slice) : GgufFile::open(path);
  }
};

}  // namespace tenfold
