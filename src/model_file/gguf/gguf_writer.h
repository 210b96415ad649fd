// Writes a GGUF model, one file or many parts: metadata and tensor list at once, then the tensors' data piece by piece
// in that order.
//
// What it writes, GgufFile opens: it holds its caller to the reader's rules. The files appear only with finish(); a
// writer dropped before leaves nothing behind. Takes 1 MiB and the memory of the headers, a few times that while it is
// created. One caller at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/contracts.h"
#include "model_file/atomic_file.h"
#include "model_file/gguf/gguf_file.h"

namespace tenfold {

struct GgufWriterOptions {
  int version = 3;  // or 2
  // No part is longer, header included, unless a single tensor makes it so. 0: one file.
  std::uint64_t max_part_bytes = 0;
};

class GgufWriter {
 public:
  // path:      of the file; of parts, if there is more than one, NAME.gguf gives NAME-00001-of-0000N.gguf
  // metadata:  written in its order, into the first part; general.alignment, if there, is obeyed and in every part;
  //            split.* is left out and written anew
  // tensors:   name, ggml_type, n_dims and dims are read; offset, n_bytes and part are computed
  // Errors: kInvalidArgument for metadata or tensors that no reader would take, for more than 1,024 parts, for a path
  // whose file is no GGUF file; kUnsupported for a tensor type of unknown size; kNotFound, kIoError.
  static Result<std::unique_ptr<GgufWriter>> create(const std::string& path, const GgufMetadata& metadata,
                                                    std::vector<GgufTensor> tensors,
                                                    const GgufWriterOptions& options = {});

  // The list as it is written, with sizes, parts and offsets.
  [[nodiscard]] std::span<const GgufTensor> tensors() const noexcept { return tensors_; }
  // The files that finish() makes; any of them opens the model.
  [[nodiscard]] std::span<const std::string> paths() const noexcept { return paths_; }

  // The next bytes of the tensor whose data is not complete yet.
  // Errors: kInvalidArgument past that tensor's end or after the last tensor; kIoError.
  [[nodiscard]] Status write(std::span<const std::byte> piece);

  // Makes the files appear under their names, replacing older ones. Parts appear with the first one last, and an older
  // first part goes before: a crash in between leaves parts that do not open. So does a failure, which removes the new
  // parts again.
  // Errors: kFailedPrecondition naming the first tensor whose data is missing; kIoError.
  [[nodiscard]] Status finish();

 private:
  GgufWriter(std::vector<std::string> paths, std::vector<std::string> headers, std::vector<GgufTensor> tensors,
             std::uint64_t alignment);
  Status begin();
  Status begin_part();
  Status append(std::span<const std::byte> piece);
  Status pad(AtomicFile& file, std::uint64_t position) const;
  Status commit();

  std::vector<std::string> paths_;                  // one a part
  std::shared_ptr<const Folder> folder_;            // of them all
  std::vector<std::string> headers_;                // one a part, until it is written
  std::vector<std::unique_ptr<AtomicFile>> files_;  // those begun; all but the last are closed
  std::vector<GgufTensor> tensors_;
  std::uint64_t alignment_;
  std::size_t current_ = 0;    // tensor that the next piece belongs to
  std::uint64_t written_ = 0;  // bytes of it
  [[no_unique_address]] OneCaller callers_;
};

}  // namespace tenfold
