// A safetensors checkpoint opened for reading: one file, or the shards that a model.safetensors.index.json names.
//
// Opening reads and checks every header completely: its length, its JSON, types and shapes against byte ranges, ranges
// against the file (no holes, no overlap), duplicate names, and that index and shards agree. Immutable after open and
// thread-safe; owns its file descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold {

// "[576, 1536]", for messages.
std::string shape_text(std::span<const std::uint64_t> shape);

struct SafetensorsTensor {
  std::string name;
  std::string type;                  // as in the file: "BF16", "F32", "I64", …; may be one that nobody knows
  std::vector<std::uint64_t> shape;  // the last is contiguous (GGUF writes them the other way round); empty: a scalar
  std::uint64_t n_elements;          // 0 when a dimension is 0
  std::uint64_t offset;              // of the first byte, from the start of its shard's file
  std::uint64_t n_bytes;
  int shard;

  // F32, F16 or BF16. Errors: kUnsupported naming tensor and type.
  [[nodiscard]] Result<DType> dtype() const;
};

struct SafetensorsEntry {
  std::string key;
  std::string value;
};

class SafetensorsFile {
 public:
  // path: NAME.safetensors, or an index (a name that ends in .json) with its shards beside it.
  //
  // Takes time and memory in proportion to the headers, which may have 100 MB, 2^20 tensors and 1,024 shards together.
  // Errors, all with the file's name, what was expected and what was found: kNotFound for a missing file or shard;
  // kInvalidArgument for anything but a regular file; kCorruptData; kResourceExhausted past a limit; kIoError.
  static Result<std::unique_ptr<SafetensorsFile>> open(const std::string& path);
  ~SafetensorsFile();

  // The texts under __metadata__, of the first shard.
  [[nodiscard]] std::span<const SafetensorsEntry> metadata() const noexcept;
  [[nodiscard]] std::span<const SafetensorsTensor> tensors() const noexcept;  // in the order of the headers
  [[nodiscard]] const SafetensorsTensor* find_tensor(std::string_view name) const noexcept;
  [[nodiscard]] std::uint64_t file_bytes() const noexcept;  // all shards together

  // Reads bytes [begin, begin + out.size()) of the tensor's data. Blocks on the disk; any thread.
  // Errors: kInvalidArgument past the tensor's end; kCorruptData if the file has shrunk since open; kIoError. All name
  // file and tensor.
  [[nodiscard]] Status read(const SafetensorsTensor& tensor, std::uint64_t begin, std::span<std::byte> out) const;

 private:
  struct Impl;
  explicit SafetensorsFile(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<SafetensorsFile>> open_file(const std::string& path);
  static Result<std::unique_ptr<SafetensorsFile>> open_index(const std::string& path);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenfold
