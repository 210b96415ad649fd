// WeightTable: every weight of a model as an entry of a table: what it is and where it comes from, before any of it is
// read. Operators name weights by their place in it; each executor keeps the bytes in its own way.
//
// Plain data, one thread while it is filled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/contracts.h"
#include "tensor/dtype.h"

namespace tenfold {

// An entry of the table, by its place; none by default.
struct WeightId {
  int index = -1;

  bool operator==(const WeightId&) const = default;
};
inline constexpr WeightId kNoWeight;

// Whether the model has this weight.
constexpr bool has(WeightId id) { return id.index >= 0; }

// What a weight is to the operator that reads it.
enum class WeightRole {
  kMatrix,   // [n, k]: rows of n outputs, or rows that are looked up
  kExperts,  // n_experts matrices [n, k], one after the other
  kVector,   // [k]: the weight of a norm, a bias, divisors of frequencies; F32 when it is read
  kTable,    // [n, k] of rows that are read as they are, F32
};

// How the rows follow from those of the tensors.
enum class WeightSource {
  kRows,                 // rows [first_row, first_row + n) of one tensor; of a vector, numbers from first_column on
  kSumOfConvolutions,    // of two [n, 3, side, side], added: what both do to two equal frames; F32
  kConvolutionOverRows,  // of one [n, n_in, side, side], over the rows of its places: [n, side²·n_in]
};

struct WeightEntry {
  WeightRole role = WeightRole::kMatrix;
  DType dtype = DType::kF32;  // of the tensor, the first of two
  int n = 1;                  // rows; of one expert
  int k = 0;                  // columns
  int n_experts = 1;

  std::string tensor = {};  // in the file
  WeightSource source = WeightSource::kRows;
  int first_row = 0;
  int first_column = 0;            // of a vector
  std::string second_tensor = {};  // of a sum
  int n_places = 1;                // side² of a convolution

  // Counted through all matrices of the tensor.
  [[nodiscard]] std::uint64_t first_row_of(int expert) const {
    return static_cast<std::uint64_t>(first_row) + static_cast<std::uint64_t>(expert) * static_cast<std::uint64_t>(n);
  }
};

// Whether it is multiplied with, or looked up row by row.
inline bool is_matrix(const WeightEntry& entry) {
  return entry.role == WeightRole::kMatrix || entry.role == WeightRole::kExperts;
}

class WeightTable {
 public:
  WeightId add(WeightEntry entry) {
    entries_.push_back(std::move(entry));
    return {static_cast<int>(entries_.size()) - 1};
  }
  [[nodiscard]] int size() const { return static_cast<int>(entries_.size()); }
  [[nodiscard]] const std::vector<WeightEntry>& entries() const { return entries_; }
  // id: one that add() gave
  [[nodiscard]] const WeightEntry& operator[](WeightId id) const {
    TENFOLD_DCHECK(has(id) && id.index < size());
    return entries_[static_cast<std::size_t>(id.index)];
  }

 private:
  std::vector<WeightEntry> entries_;
};

}  // namespace tenfold
