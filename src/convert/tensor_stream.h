// Turns a recipe's elements into the bytes of its GGUF tensor, a few rows or a part of one at a time. Takes some
// megabytes of memory, whatever the tensor's shape. One caller at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "convert/conversion.h"

namespace tenfold {

class TensorStream {
 public:
  using Sink = std::function<Status(std::span<const std::byte>)>;

  explicit TensorStream(const SafetensorsFile& weights) : weights_(weights) {}

  // Hands all bytes of the tensor to `sink`, in order.
  // Errors: those of SafetensorsFile::read and of sink; kUnsupported for numbers that the type cannot hold.
  Status write(const TensorRecipe& recipe, const Sink& sink);

 private:
  // Gets elements as the checkpoint has them.
  using Pass = std::function<Status(DType, std::span<const std::byte>)>;
  Status read_piece(const TensorRecipe& recipe, const TensorPiece& piece, const Pass& pass);

  const SafetensorsFile& weights_;
  std::vector<std::byte> read_;
};

}  // namespace tenfold
