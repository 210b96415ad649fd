// A GGUF file (v2, v3; one part or many) opened for reading: validated metadata and tensor records, data by pread.
//
// Opening reads and checks every header completely: counts, lengths, types, alignment, duplicate names, sizes, offsets
// and the end of the file. What this class hands out afterwards may be trusted to be in bounds; what it means (are
// there as many scores as tokens?) is the caller's to check. Immutable after open and thread-safe; owns its file
// descriptors.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/gguf/gguf_value.h"
#include "tenfold/file_slice.h"
#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold {

struct GgufPart;

// The key-value part, in file order. Of a model in many parts, the first part's; later parts may only repeat it.
class GgufMetadata {
 public:
  explicit GgufMetadata(std::vector<GgufEntry> entries);

  [[nodiscard]] std::span<const GgufEntry> entries() const noexcept;
  [[nodiscard]] const GgufValue* find(std::string_view key) const noexcept;
  [[nodiscard]] bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
  // An entry whose key an earlier entry has, or null; never one in an opened file.
  [[nodiscard]] const GgufEntry* duplicate() const noexcept;

  // Typed look-ups. Integers convert between widths when the value fits; integers do not convert to bool or float.
  // Errors: kNotFound if the key is absent; kCorruptData naming key, expected and found type (or range).
  [[nodiscard]] Result<std::uint64_t> unsigned_integer(std::string_view key) const;
  [[nodiscard]] Result<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] Result<double> real(std::string_view key) const;  // F32 or F64, finite
  [[nodiscard]] Result<bool> boolean(std::string_view key) const;
  // Errors: also kResourceExhausted for more than kMaxGgufTextBytes.
  [[nodiscard]] Result<std::string> string(std::string_view key) const;
  // Elements of an array; 0 if there is none.
  [[nodiscard]] std::uint64_t n_elements(std::string_view key) const noexcept;
  // Copies of arrays of at most max_elements, read from the file now; integers() accepts any integer width.
  // Errors: also kResourceExhausted for more elements; those of read_array().
  [[nodiscard]] Result<GgufTexts> strings(std::string_view key, std::uint64_t max_elements = kMaxGgufElements) const;
  [[nodiscard]] Result<std::vector<float>> floats(std::string_view key,
                                                  std::uint64_t max_elements = kMaxGgufElements) const;
  [[nodiscard]] Result<std::vector<std::int64_t>> integers(std::string_view key,
                                                           std::uint64_t max_elements = kMaxGgufElements) const;
  [[nodiscard]] Result<std::vector<bool>> booleans(std::string_view key,
                                                   std::uint64_t max_elements = kMaxGgufElements) const;

 private:
  Result<const GgufValue*> require(std::string_view key) const;

  std::vector<GgufEntry> entries_;
  std::vector<std::uint32_t> by_key_;  // indices into entries_, sorted by key
};

struct GgufTensor {
  std::string name;
  std::uint32_t ggml_type;            // as in the file; may be a type that Tenfold does not compute with
  int n_dims;                         // 1…4
  std::array<std::uint64_t, 4> dims;  // dims[0] is the row length (contiguous); unused ones are 1
  std::uint64_t offset;               // of the first byte, from the start of its part's file
  std::uint64_t n_bytes;              // 0 when the type's block size is not known to Tenfold
  int part;

  // Errors: kUnsupported naming tensor and type.
  [[nodiscard]] Result<DType> dtype() const;
  [[nodiscard]] std::uint64_t n_elements() const noexcept { return dims[0] * dims[1] * dims[2] * dims[3]; }
};

// Names of a model's content.
struct GgufIdentity {
  std::string file;  // as a cache must: device, inode, size and change time of every part, and a sum of every header
  std::uint64_t content_sum = 0;  // wherever it lies: of the size and the header of every part
};

class GgufFile {
 public:
  // path: the file, or any part of a model split as NAME-00001-of-0000N.gguf (the others are found beside it).
  //
  // Takes time in proportion to the headers, which may have 128 MiB, 65,536 keys, 2^17 tensors and 1,024 parts; memory
  // in proportion to the numbers of keys and tensors, at most 100 MB. Accepts tensor data in any order and with gaps,
  // but aligned, inside the file and not overlapping. Errors, all with the file's name, what was expected and what was
  // found: kNotFound for a missing file or part; kInvalidArgument for anything but a regular file; kCorruptData;
  // kUnsupported (version 1, big-endian); kResourceExhausted past a limit; kIoError.
  static Result<std::unique_ptr<GgufFile>> open(const std::string& path);
  // The same for a model in one part, within a file that is open. Errors: also kUnsupported for one of many parts.
  static Result<std::unique_ptr<GgufFile>> open(const FileSlice& slice);
  ~GgufFile();

  [[nodiscard]] const GgufMetadata& metadata() const noexcept;
  [[nodiscard]] std::span<const GgufTensor> tensors() const noexcept;
  [[nodiscard]] const GgufTensor* find_tensor(std::string_view name) const noexcept;
  [[nodiscard]] std::uint64_t file_bytes() const noexcept;  // all parts together
  // What this object holds in memory, about.
  [[nodiscard]] std::uint64_t memory_bytes() const noexcept;
  // Reads the headers again. Errors: as read().
  [[nodiscard]] Result<GgufIdentity> identity() const;
  // Whether what was read since open() belongs to what open() checked. Errors: kFailedPrecondition naming the part
  // whose contents somebody has changed; kIoError.
  [[nodiscard]] Status expect_unchanged() const;
  [[nodiscard]] int version() const noexcept;
  [[nodiscard]] std::uint64_t alignment() const noexcept;

  // Reads bytes [begin, begin + out.size()) of the tensor's data. Blocks on the disk; any thread.
  // Errors: kInvalidArgument past the tensor's end; kCorruptData if the file has shrunk since open; kIoError. All name
  // file and tensor.
  [[nodiscard]] Status read(const GgufTensor& tensor, std::uint64_t begin, std::span<std::byte> out) const;

 private:
  struct Impl;
  static Result<std::unique_ptr<GgufFile>> join(std::vector<GgufPart> parts);
  explicit GgufFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenfold
