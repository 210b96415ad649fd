// Test support: the checkpoints of tests/data/checkpoints as GGUF files, each made once for all tests of a program.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cat.h"
#include "convert/convert.h"
#include "model_file/temp_folder_testing.h"
#include "tensor/dtype.h"

namespace tenfold {

inline std::string checkpoint_path(const std::string& file) {
  return std::string(TENFOLD_SOURCE_DIR) + "/tests/data/checkpoints/" + file;
}

// Those of which transformers' logits are there.
inline std::vector<std::string> checkpoint_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(checkpoint_path(""))) {
    if (entry.path().extension() == ".npy") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
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
