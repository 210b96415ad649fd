// Which rows of a checkpoint's tensors make a GGUF tensor, and in which order.
//
// All of it follows from the shape that the file's tensor must have, so that nothing is computed from what a checkpoint
// claims. Pure functions and plain data.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/contracts.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/safetensors/safetensors_file.h"

namespace tenfold {

enum class Pick : std::uint8_t {
  kWhole,
  kQueryHeads,  // rows of heads, in the order that the family's rotation wants
  kKeyHeads,
  kPart,      // one of equal runs of rows
  kSlice,     // one place of an axis, which goes away
  kChannels,  // rows of a convolution whose channels stay apart: [rows, 1, columns] in the checkpoint
  kExperts,   // the same matrix of every expert, stacked; '*' in the name is the expert
};

struct RowPick {
  Pick pick = Pick::kWhole;
  int part = 0;  // of kPart and kSlice
  int n_parts = 1;
  int axis = 0;  // of kSlice, in the checkpoint's order (the last is contiguous)
};
inline constexpr RowPick kAllRows = {};
inline constexpr RowPick kQueryRows = {.pick = Pick::kQueryHeads};
inline constexpr RowPick kKeyRows = {.pick = Pick::kKeyHeads};
inline constexpr RowPick kChannelRows = {.pick = Pick::kChannels};
inline constexpr RowPick kEveryExpert = {.pick = Pick::kExperts};
// part: below n_parts.
constexpr RowPick part_of(int n_parts, int part) {
  TENFOLD_DCHECK(part >= 0 && part < n_parts);
  return {Pick::kPart, part, n_parts};
}
constexpr RowPick slice_of(int n_parts, int part, int axis) {
  TENFOLD_DCHECK(part >= 0 && part < n_parts && axis >= 0);
  return {Pick::kSlice, part, n_parts, axis};
}

// How the rows of query and key heads are put in the order that the file's kind of rotation expects.
enum class HeadOrder : std::uint8_t {
  kKeep,
  kHalvesToPairs,  // element i and i + half rotate together in the checkpoint, 2i and 2i + 1 in the file
  kPairsToHalves,  // the other way round
};
struct HeadRows {
  HeadOrder order = HeadOrder::kKeep;
  std::uint64_t head_dim = 1;
  std::uint64_t n_rotated = 0;  // the first elements of each head, which are reordered
};

// Units (rows, or smaller runs of elements that stay together) taken from one tensor of the checkpoint, in order.
struct TensorPiece {
  const SafetensorsTensor* tensor;
  std::uint64_t n_units;
  // Unit i is unit (i / block)·stride + first + i % block of the tensor, before heads are reordered.
  std::uint64_t first = 0;
  std::uint64_t block = 1;
  std::uint64_t stride = 1;
  HeadRows heads = {};

  // unit: below n_units.
  [[nodiscard]] std::uint64_t source_unit(std::uint64_t unit) const noexcept;
};

struct PickedRows {
  std::uint64_t unit_elems;         // elements of a unit
  std::vector<TensorPiece> pieces;  // one after the other
};

// The shape that each tensor of the checkpoint must have for a file's tensor of these dimensions.
std::vector<std::uint64_t> source_shape(const RowPick& pick, const GgufTensor& wanted);

// sources: tensors of source_shape(), one, or one for each expert. heads: of kQueryHeads and kKeyHeads.
// Errors: kCorruptData if rows are no whole number of heads.
Result<PickedRows> pick_rows(const RowPick& pick, const HeadRows& heads,
                             std::span<const SafetensorsTensor* const> sources);

}  // namespace tenfold
