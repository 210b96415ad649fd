// Test support: the checkpoints of tests/data/checkpoints as GGUF files, each made once for all tests of a program.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "base/cat.h"
#include "convert/convert.h"
#include "model_file/temp_folder_testing.h"
#include "tensor/dtype.h"

namespace tenfold {

inline std::string checkpoint_path(const std::string& file) {
  return std::string(TENFOLD_SOURCE_DIR) + "/tests/data/checkpoints/" + file;
}

// type: of its matrices; none: as the checkpoint has them.
inline std::string converted(const std::string& name, std::optional<DType> type) {
  static const TempFolder folder;
  static std::map<std::string, std::string> paths;
  std::string& path = paths[cat(name, "-", type ? dtype_traits(*type).name : "as-it-is")];
  if (!path.empty()) return path;
  path = folder.path(cat(paths.size(), ".gguf"));
  ConvertOptions options;
  options.folder = checkpoint_path(name);
  options.out = path;
  options.type = type;
  const auto report = convert_checkpoint(options, nullptr);
  EXPECT_TRUE(report.ok()) << report.status().to_string();
  return path;
}

}  // namespace tenfold
