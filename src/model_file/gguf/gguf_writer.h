// Writes a GGUF v3 file: metadata and tensor list at once, then the tensors' data piece by piece in that order.
//
// What it writes, GgufFile opens: it holds its caller to the reader's rules. The file appears only with finish(); a
// writer dropped before leaves nothing behind. Takes the memory of the header and of 1 MiB. One caller at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model_file/atomic_file.h"
#include "model_file/gguf/gguf_file.h"

namespace tenfold {

class GgufWriter {
 public:
  // metadata:  written in its order; general.alignment, if there, is obeyed
  // tensors:   name, ggml_type, n_dims and dims are read; offset, n_bytes and part are computed
  // Errors: kInvalidArgument for metadata or tensors that no reader would take; kUnsupported for a tensor type of
  // unknown size; kNotFound, kIoError.
  static Result<std::unique_ptr<GgufWriter>> create(const std::string& path, const GgufMetadata& metadata,
                                                    std::vector<GgufTensor> tensors);

  // The list as it is written, with sizes and offsets.
  [[nodiscard]] std::span<const GgufTensor> tensors() const noexcept { return tensors_; }

  // The next bytes of the tensor whose data is not complete yet.
  // Errors: kInvalidArgument past that tensor's end or after the last tensor; kIoError.
  [[nodiscard]] Status write(std::span<const std::byte> piece);

  // Makes the file appear under its name, replacing an older one.
  // Errors: kFailedPrecondition naming the first tensor whose data is missing; kIoError.
  [[nodiscard]] Status finish();

 private:
  GgufWriter(std::unique_ptr<AtomicFile> file, std::vector<GgufTensor> tensors, std::uint64_t alignment);
  Status append(std::span<const std::byte> piece);

  std::unique_ptr<AtomicFile> file_;
  std::vector<GgufTensor> tensors_;
  std::uint64_t alignment_;
  std::size_t current_ = 0;    // tensor that the next piece belongs to
  std::uint64_t written_ = 0;  // bytes of it
};

}  // namespace tenfold
