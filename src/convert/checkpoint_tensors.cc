#include "convert/checkpoint_tensors.h"

#include <algorithm>
#include <cstdint>

#include "base/contracts.h"
#include "base/error.h"
#include "convert/finite_check.h"
#include "model_file/weight_check.h"
#include "tensor/element_pipe.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kElemsAtOnce = std::uint64_t{1} << 20;

// How many units from `unit` on, at most `max`, follow one another in the checkpoint.
std::uint64_t run_length(const TensorPiece& piece, std::uint64_t unit, std::uint64_t max) {
  const std::uint64_t first = piece.source_unit(unit);
  std::uint64_t n = 1;
  while (n < max && piece.source_unit(unit + n) == first + n) ++n;
  return n;
}

}  // namespace

std::vector<GgufTensor> CheckpointTensors::tensors() const {
  std::vector<GgufTensor> tensors;
  for (const TensorRecipe& recipe : recipes_) tensors.push_back(recipe.tensor);
  return tensors;
}

Status CheckpointTensors::stream(std::size_t i, const Sink& sink) {
  const TensorRecipe& recipe = recipes_[i];
  TENFOLD_DCHECK(recipe.values.empty() || recipe.rows.pieces.empty());
  FiniteCheck check(recipe.type);
  const auto look_and_add = [&](std::span<float> numbers) -> Status {
    check.look_at(numbers);
    for (float& number : numbers) number += recipe.plus;
    return {};
  };
  using Transforms = ElementPipe::Transforms;
  ElementPipe pipe(recipe.type, look_and_add, recipe.plus == 0 ? Transforms::kLook : Transforms::kChange);
  const auto pass = [&](DType found, std::span<const std::byte> elements) -> Status {
    TENFOLD_ASSIGN_OR_RETURN(const auto passed, pipe.pass(found, elements));
    return sink(passed);
  };
  if (!recipe.values.empty()) {
    TENFOLD_RETURN_IF_ERROR(pass(DType::kF32, std::as_bytes(std::span(recipe.values))));
  }
  for (const TensorPiece& piece : recipe.rows.pieces) TENFOLD_RETURN_IF_ERROR(read_piece(recipe, piece, pass));
  TENFOLD_RETURN_IF_ERROR(
      check.finish(recipe.rows.pieces.size() == 1 ? recipe.rows.pieces[0].tensor->name : recipe.tensor.name));
  // What nobody would load need not be written.
  const bool all_zero = check.all_zero() && recipe.plus == 0;
  return expect_weights(recipe.tensor.name, all_zero ? Numbers::kAllZero : Numbers::kFinite, /*is_last=*/false);
}

// Whole units at a time, or parts of one that is longer than what is read at once.
Status CheckpointTensors::read_piece(const TensorRecipe& recipe, const TensorPiece& piece, const Pass& pass) {
  TENFOLD_ASSIGN_OR_RETURN(const DType found, piece.tensor->dtype());
  const auto elem_bytes = static_cast<std::uint64_t>(dtype_traits(found).block_bytes);
  const std::uint64_t unit_bytes = recipe.rows.unit_elems * elem_bytes;
  const std::uint64_t units_at_once = std::max<std::uint64_t>(1, kElemsAtOnce / recipe.rows.unit_elems);
  const std::uint64_t part_bytes = std::min(unit_bytes, kElemsAtOnce * elem_bytes);
  for (std::uint64_t unit = 0; unit < piece.n_units; unit += units_at_once) {
    const std::uint64_t n_units = std::min(units_at_once, piece.n_units - unit);
    for (std::uint64_t begin = 0; begin < unit_bytes; begin += part_bytes) {
      const std::uint64_t n_bytes = std::min(part_bytes, unit_bytes - begin);
      read_.resize(n_units * n_bytes);
      for (std::uint64_t i = 0; i < n_units;) {
        // Parts are read of one unit alone.
        const std::uint64_t run = run_length(piece, unit + i, n_units - i);
        const auto out = std::span(read_).subspan(i * n_bytes, run * n_bytes);
        TENFOLD_RETURN_IF_ERROR(weights_.read(*piece.tensor, piece.source_unit(unit + i) * unit_bytes + begin, out));
        i += run;
      }
      TENFOLD_RETURN_IF_ERROR(pass(found, read_));
    }
  }
  return {};
}

}  // namespace tenfold
