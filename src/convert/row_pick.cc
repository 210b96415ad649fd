#include "convert/row_pick.h"

#include <algorithm>

#include "base/error.h"

namespace tenfold {

std::uint64_t TensorPiece::source_unit(std::uint64_t unit) const noexcept {
  TENFOLD_DCHECK(unit < n_units);
  if (heads.order != HeadOrder::kKeep) {
    const std::uint64_t in_head = unit % heads.head_dim;
    if (in_head < heads.n_rotated) {
      const std::uint64_t half = heads.n_rotated / 2;
      const std::uint64_t from = heads.order == HeadOrder::kHalvesToPairs
                                     ? in_head % 2 * half + in_head / 2
                                     : (in_head < half ? 2 * in_head : 2 * (in_head - half) + 1);
      unit = unit - in_head + from;
    }
  }
  return unit / block * stride + first + unit % block;
}

std::vector<std::uint64_t> source_shape(const RowPick& pick, const GgufTensor& wanted) {
  std::vector<std::uint64_t> shape(wanted.dims.begin(), wanted.dims.begin() + wanted.n_dims);
  std::reverse(shape.begin(), shape.end());
  const auto insert = [&shape](std::size_t axis, std::uint64_t size) {
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(std::min(axis, shape.size())), size);
  };
  switch (pick.pick) {
    case Pick::kPart: shape.front() *= static_cast<std::uint64_t>(pick.n_parts); break;
    case Pick::kSlice: insert(static_cast<std::size_t>(pick.axis), static_cast<std::uint64_t>(pick.n_parts)); break;
    case Pick::kChannels: insert(1, 1); break;
    case Pick::kExperts: shape.erase(shape.begin()); break;
    default: break;
  }
  return shape;
}

Result<PickedRows> pick_rows(const RowPick& pick, const HeadRows& heads,
                             std::span<const SafetensorsTensor* const> sources) {
  const SafetensorsTensor& first = *sources.front();
  const std::vector<std::uint64_t>& shape = first.shape;
  TENFOLD_DCHECK(!shape.empty() && first.n_elements > 0);
  // A unit is all that lies behind the axis that is cut; whole tensors are cut into rows.
  const std::size_t last_but_one = shape.size() < 2 ? 0 : shape.size() - 2;
  const bool is_slice = pick.pick == Pick::kSlice;
  const std::size_t axis = pick.pick == Pick::kPart ? 0 : is_slice ? static_cast<std::size_t>(pick.axis) : last_but_one;
  PickedRows picked = {.unit_elems = 1, .pieces = {}};
  for (std::size_t i = axis + 1; i < shape.size(); ++i) picked.unit_elems *= shape[i];
  const auto n_parts = static_cast<std::uint64_t>(pick.n_parts);
  TensorPiece piece = {.tensor = &first, .n_units = first.n_elements / picked.unit_elems / n_parts};
  if (pick.pick == Pick::kPart || is_slice) {
    piece.block = shape[axis] / n_parts;
    piece.stride = shape[axis];
    piece.first = piece.block * static_cast<std::uint64_t>(pick.part);
  }
  const bool is_heads = pick.pick == Pick::kQueryHeads || pick.pick == Pick::kKeyHeads;
  if (is_heads && heads.order != HeadOrder::kKeep) {
    TENFOLD_DCHECK(heads.head_dim > 0 && heads.n_rotated <= heads.head_dim);
    if (piece.n_units % heads.head_dim != 0) {
      return corrupt_data("tensor ", printable(first.name), ": expected rows of whole heads of ", heads.head_dim,
                          ", found the shape ", shape_text(shape));
    }
    piece.heads = heads;
  }
  for (const SafetensorsTensor* source : sources) {
    TENFOLD_DCHECK(source->shape == shape);
    piece.tensor = source;
    picked.pieces.push_back(piece);
  }
  return picked;
}

}  // namespace tenfold
