#include "ops/packed_matrix.h"

namespace tenfold {

PackedMatrix describe_packed(const kernels::KernelTable& kernels, DType dtype, int n, int k) {
  PackedMatrix matrix;
  matrix.dtype = dtype;
  matrix.n = n;
  matrix.k = k;
  matrix.panel_rows = kernels.panel_rows;
  matrix.panel_bytes = kernels.weights[static_cast<int>(dtype)].panel_bytes(k);
  return matrix;
}

void packed_row_to_f32(const kernels::KernelTable& kernels, const PackedMatrix& matrix, int row, float* out) {
  const kernels::WeightKernels& w = kernels.weights[static_cast<int>(matrix.dtype)];
  w.row_to_f32(matrix.panel(row / matrix.panel_rows), row % matrix.panel_rows, matrix.k, out);
}

}  // namespace tenfold
