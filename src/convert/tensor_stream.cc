#include "convert/tensor_stream.h"

#include <algorithm>
#include <cstdint>

#include "base/contracts.h"
#include "base/error.h"
#include "model_file/weight_check.h"
#include "tensor/dequantize.h"
#include "tensor/quantize.h"

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

Status TensorStream::write(const TensorRecipe& recipe, const Sink& sink) {
  TENFOLD_DCHECK(recipe.values.empty() || recipe.pieces.empty());
  check_ = FiniteCheck(recipe.type);
  if (!recipe.values.empty()) {
    floats_ = recipe.values;
    check_.look_at(floats_);
    TENFOLD_RETURN_IF_ERROR(write_floats(recipe, floats_, sink));
  }
  for (const TensorPiece& piece : recipe.pieces) TENFOLD_RETURN_IF_ERROR(write_piece(recipe, piece, sink));
  TENFOLD_RETURN_IF_ERROR(
      check_.finish(recipe.pieces.size() == 1 ? recipe.pieces[0].tensor->name : recipe.tensor.name));
  // What nobody would load need not be written.
  const bool all_zero = check_.all_zero() && recipe.plus == 0;
  return expect_weights(recipe.tensor.name, all_zero ? Numbers::kAllZero : Numbers::kFinite, /*is_last=*/false);
}

// Whole units at a time, or parts of one that is longer than what is read at once.
Status TensorStream::write_piece(const TensorRecipe& recipe, const TensorPiece& piece, const Sink& sink) {
  TENFOLD_ASSIGN_OR_RETURN(const DType found, piece.tensor->dtype());
  const auto elem_bytes = static_cast<std::uint64_t>(dtype_traits(found).block_bytes);
  const std::uint64_t unit_bytes = recipe.unit_elems * elem_bytes;
  const std::uint64_t units_at_once = std::max<std::uint64_t>(1, kElemsAtOnce / recipe.unit_elems);
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
      TENFOLD_RETURN_IF_ERROR(write_read(recipe, found, sink));
    }
  }
  return {};
}

Status TensorStream::write_read(const TensorRecipe& recipe, DType found, const Sink& sink) {
  floats_.resize(read_.size() / static_cast<std::size_t>(dtype_traits(found).block_bytes));
  dequantize_row(found, read_.data(), static_cast<std::int64_t>(floats_.size()), floats_.data());
  check_.look_at(floats_);
  if (found == recipe.type && recipe.plus == 0) return sink(read_);
  return write_floats(recipe, floats_, sink);
}

Status TensorStream::write_floats(const TensorRecipe& recipe, std::span<float> floats, const Sink& sink) {
  for (float& value : floats) value += recipe.plus;
  const auto n = static_cast<std::int64_t>(floats.size());
  written_.resize(row_bytes(recipe.type, n));
  TENFOLD_RETURN_IF_ERROR(quantize_row(recipe.type, floats.data(), n, written_.data()));
  return sink(written_);
}

}  // namespace tenfold
