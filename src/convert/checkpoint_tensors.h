// The tensors of recipes: rows picked from a checkpoint, checked and turned into the file's type, a few of them or a
// part of one at a time. Takes some megabytes of memory, whatever the tensors' shapes. One caller at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "convert/conversion.h"
#include "model_file/gguf/tensor_source.h"

namespace tenfold {

class CheckpointTensors final : public TensorSource {
 public:
  // Both must outlive it.
  CheckpointTensors(const SafetensorsFile& weights, std::span<const TensorRecipe> recipes)
      : weights_(weights), recipes_(recipes) {}

  [[nodiscard]] std::vector<GgufTensor> tensors() const override;
  // Errors: those of SafetensorsFile::read and of sink; kUnsupported for numbers that the type cannot hold.
  Status stream(std::size_t i, const Sink& sink) override;

 private:
  // Gets elements as the checkpoint has them.
  using Pass = std::function<Status(DType, std::span<const std::byte>)>;
  Status read_piece(const TensorRecipe& recipe, const TensorPiece& piece, const Pass& pass);

  const SafetensorsFile& weights_;
  std::span<const TensorRecipe> recipes_;
  std::vector<std::byte> read_;
};

}  // namespace tenfold
