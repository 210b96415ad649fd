#include "ops/projection.h"

#include "ops/product_grid.h"

namespace tenfold {

std::size_t projection_scratch_bytes(const kernels::KernelTable& kernels, int width) {
  return RegionInput::scratch_bytes(width) + tile_bytes(ProductGrid::kMaxPanels * kernels.panel_rows);
}

void project_residual(OpContext& ctx, const RegionInput& input, const PackedMatrix& w, const float* bias,
                      const Rows& residual) {
  TENFOLD_DCHECK(residual.width == w.n &&
                 (ctx.scratch_bytes >= projection_scratch_bytes(*ctx.kernels, w.k) || residual.n_tokens == 0));
  const std::size_t tile_offset = RegionInput::scratch_bytes(w.k);
  const ProductGrid grid(ctx, residual.n_tokens, w.n_panels());
  grid.run(ctx, [&](int worker, int t0, int n, PanelRange panels) {
    const int first_row = panels.begin * w.panel_rows;
    const int n_rows = std::min(w.n, panels.end * w.panel_rows) - first_row;
    const Rows y = tile_at((*ctx.scratch)[static_cast<std::size_t>(worker)].data + tile_offset, n, n_rows);
    mat_mul_panels(*ctx.kernels, input.get(worker), t0, w, panels, y);
    for (int t = 0; t < n; ++t) {
      if (bias != nullptr) ctx.kernels->add(y.row(t), bias + first_row, n_rows);
      ctx.kernels->add(residual.row(t0 + t) + first_row, y.row(t), n_rows);
    }
  });
}

void project(OpContext& ctx, const RegionInput& input, const PackedMatrix& w, const float* bias, const Rows& out) {
  TENFOLD_DCHECK(out.width == w.n);
  const ProductGrid grid(ctx, out.n_tokens, w.n_panels());
  grid.run(ctx, [&](int worker, int t0, int n, PanelRange panels) {
    const int first_row = panels.begin * w.panel_rows;
    const Rows y{out.row(t0) + first_row, out.stride, n, out.width};
    mat_mul_panels(*ctx.kernels, input.get(worker), t0, w, panels, y);
    if (bias == nullptr) return;
    const int n_rows = std::min(w.n, panels.end * w.panel_rows) - first_row;
    for (int t = 0; t < n; ++t) ctx.kernels->add(y.row(t), bias + first_row, n_rows);
  });
}

}  // namespace tenfold
