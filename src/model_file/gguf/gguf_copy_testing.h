// For tests only: models through the reader and the writer.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "model_file/gguf/gguf_writer.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {

inline GgufTensor tensor(std::string name, std::uint32_t type, std::vector<std::uint64_t> dims) {
  GgufTensor made{std::move(name), type, static_cast<int>(dims.size()), {1, 1, 1, 1}, 0, 0, 0};
  std::copy_n(dims.begin(), std::min<std::size_t>(dims.size(), 4), made.dims.begin());
  return made;
}

inline std::string data_of(const GgufFile& file, const GgufTensor& tensor) {
  std::string data(tensor.n_bytes, '\0');
  const Status status = file.read(tensor, 0, std::as_writable_bytes(std::span(data)));
  return status.ok() ? data : status.to_string();
}

// Copies a model, in pieces of `piece` bytes; the files made.
inline std::vector<std::string> copy(const GgufFile& from, const std::string& to, const GgufWriterOptions& options,
                                     std::size_t piece = std::size_t{1} << 20) {
  auto writer = GgufWriter::create(to, from.metadata(), {from.tensors().begin(), from.tensors().end()}, options);
  EXPECT_TRUE(writer.ok()) << writer.status().to_string();
  if (!writer.ok()) return {};
  for (const GgufTensor& tensor : from.tensors()) {
    const std::string data = data_of(from, tensor);
    for (std::size_t at = 0; at < data.size(); at += piece) {
      const Status written = (*writer)->write(bytes_of(data.substr(at, piece)));
      EXPECT_TRUE(written.ok()) << written.to_string();
    }
  }
  const Status finished = (*writer)->finish();
  EXPECT_TRUE(finished.ok()) << finished.to_string();
  return {(*writer)->paths().begin(), (*writer)->paths().end()};
}

// Names, sorted.
inline std::vector<std::string> files_in(const TempFolder& folder) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder.folder())) {
    names.push_back(file.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tenfold
