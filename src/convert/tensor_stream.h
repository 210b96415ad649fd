// Turns a recipe's elements into the bytes of its GGUF tensor, a few rows or a part of one at a time. Takes some
// megabytes of memory, whatever the tensor's shape. One caller at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "convert/conversion.h"
#include "convert/finite_check.h"

namespace tenfold {

class TensorStream {
 public:
  using Sink = std::function<Status(std::span<const std::byte>)>;

  explicit TensorStream(const SafetensorsFile& weights) : weights_(weights) {}

  // Hands all bytes of the tensor to `sink`, in order.
  // Errors: those of SafetensorsFile::read and of sink; kUnsupported for numbers that the type cannot hold.
  Status write(const TensorRecipe& recipe, const Sink& sink);

 private:
  Status write_piece(const TensorRecipe& recipe, const TensorPiece& piece, const Sink& sink);
  // What was read, in the file's type.
  Status write_read(const TensorRecipe& recipe, DType found, const Sink& sink);
  Status write_floats(const TensorRecipe& recipe, std::span<float> floats, const Sink& sink);

  const SafetensorsFile& weights_;
  FiniteCheck check_{DType::kF32};  // of the tensor that is being written
  std::vector<std::byte> read_, written_;
  std::vector<float> floats_;
};

}  // namespace tenfold
