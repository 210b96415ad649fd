#include "ops/mat_mul.h"

#include <algorithm>

#include "kernels/select.h"

namespace tenfold {

void mat_mul_panels(const kernels::KernelTable& kernels, const Activations& x, int token_begin, const PackedMatrix& w,
                    PanelRange panels, const Rows& y) {
  TENFOLD_DCHECK(x.width == w.k && token_begin >= 0 && token_begin + y.n_tokens <= x.n_tokens);
  TENFOLD_DCHECK(panels.begin >= 0 && panels.begin <= panels.end && panels.end <= w.n_panels());
  TENFOLD_DCHECK(w.panels != nullptr && (!x.q8 || is_quantized(w.dtype)));
  const kernels::WeightKernels& type = kernels.weights[static_cast<int>(w.dtype)];
  const int first_row = panels.begin * w.panel_rows;
  kernels::MatMulArgs args{};
  args.panels = w.panel(panels.begin);
  args.k = w.k;
  args.panel_begin = 0;
  args.panel_end = panels.end - panels.begin;
  args.n_rows = std::min(w.n, panels.end * w.panel_rows) - first_row;
  args.n_tokens = y.n_tokens;
  args.x = x.row(token_begin);
  args.x_stride_bytes = x.stride_bytes;
  args.y = y.data;
  args.y_stride = y.stride;
  args.prefetch_bytes = kernels::prefetch_bytes();
  (x.q8 ? type.mat_mul_q8 : type.mat_mul_f32)(args);
}

}  // namespace tenfold
