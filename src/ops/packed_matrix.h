// A weight matrix [n, k] in the panels that the kernels of this machine like. A view; PackedWeights owns the bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.h"

namespace tenfold {

struct PackedMatrix {
  DType dtype = DType::kF32;
  int n = 0;  // rows: outputs
  int k = 0;  // columns: inputs
  int panel_rows = 0;
  std::size_t panel_bytes = 0;
  const std::byte* panels = nullptr;  // null until they have a place

  [[nodiscard]] int n_panels() const { return n == 0 ? 0 : (n + panel_rows - 1) / panel_rows; }
  [[nodiscard]] std::size_t n_bytes() const { return static_cast<std::size_t>(n_panels()) * panel_bytes; }
  [[nodiscard]] const std::byte* panel(int i) const { return panels + static_cast<std::size_t>(i) * panel_bytes; }
};

// Matrices of one shape and type, one after the other.
struct PackedExperts {
  PackedMatrix first;  // [n, k]
  int n_experts = 0;

  [[nodiscard]] PackedMatrix expert(int i) const {
    PackedMatrix matrix = first;
    matrix.panels += static_cast<std::size_t>(i) * first.n_bytes();
    return matrix;
  }
};

// The geometry of a matrix before it has bytes.
PackedMatrix describe_packed(const kernels::KernelTable& kernels, DType dtype, int n, int k);

// Row `row` of the matrix as f32: an embedding look-up.
void packed_row_to_f32(const kernels::KernelTable& kernels, const PackedMatrix& matrix, int row, float* out);

}  // namespace tenfold
