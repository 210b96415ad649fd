// y = W·x for rows of activations.
#pragma once

#include "ops/op_context.h"
#include "ops/packed_matrix.h"
#include "ops/rows.h"

namespace tenfold {

// Panels [begin, end) of a matrix: the rows that one chunk of a region computes.
struct PanelRange {
  int begin, end;
};

// Computes the rows of `panels` for tokens [token_begin, token_begin + y.n_tokens) of x, on the calling thread.
//   y:  its column 0 is the first row of `panels`; y.width is not looked at
void mat_mul_panels(const kernels::KernelTable& kernels, const Activations& x, int token_begin, const PackedMatrix& w,
                    PanelRange panels, const Rows& y);

}  // namespace tenfold
