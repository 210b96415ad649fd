// NumPy's .npy files, version 1.0, little-endian f32: the form in which logits leave the program.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model_file/atomic_file.h"
#include "tenfold/status.h"

namespace tenfold::cli {

// A file of that name appears, or is replaced, only when all is written; what is not a regular file (a pipe,
// /dev/stdout) is written directly.
class NpyFile {
 public:
  // shape: of the array, whose values follow in as many calls of write() as suit the caller, row-major
  // Errors: kNotFound, kIoError; kInvalidArgument if a file that is no .npy would be replaced.
  static Result<std::unique_ptr<NpyFile>> create(const std::string& path, const std::vector<std::size_t>& shape);
  ~NpyFile();
  NpyFile(const NpyFile&) = delete;
  NpyFile& operator=(const NpyFile&) = delete;

  // Errors: kIoError.
  Status write(std::span<const float> values);
  // The last call. Errors: kIoError; kFailedPrecondition after a failed write.
  Status commit();

 private:
  NpyFile() = default;
  Status write_bytes(std::span<const std::byte> bytes);

  std::string path_;
  std::unique_ptr<AtomicFile> file_;
  int stream_ = -1;  // where it is written directly
};

}  // namespace tenfold::cli
