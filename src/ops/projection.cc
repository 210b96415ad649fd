#include "ops/projection.h"

#include "ops/tile.h"

namespace tenfold {

namespace {

constexpr int kMaxPanels = 16;  // of a chunk, so that its tile stays small

int projection_chunks(const OpContext& ctx, const PackedMatrix& w) {
  return std::max(chunks_for(ctx, w.n_panels()), (w.n_panels() + kMaxPanels - 1) / kMaxPanels);
}

}  // namespace

std::size_t projection_scratch_bytes(const kernels::KernelTable& kernels, int width) {
  return RegionInput::scratch_bytes(width) + tile_bytes(kMaxPanels * kernels.panel_rows);
}

void project_residual(OpContext& ctx, const RegionInput& input, const PackedMatrix& w, const float* bias,
                      const Rows& residual) {
  const int n_chunks = projection_chunks(ctx, w);
  const std::size_t tile_offset = RegionInput::scratch_bytes(w.k);
  ctx.parallel(n_chunks, [&](int worker, int chunk) noexcept {
    const ChunkRange panels = chunk_range(w.n_panels(), n_chunks, chunk);
    const int first_row = panels.begin * w.panel_rows;
    const int n_rows = std::min(w.n, panels.end * w.panel_rows) - first_row;
    const Activations x = input.get(worker);
    std::byte* scratch = (*ctx.scratch)[static_cast<std::size_t>(worker)].data + tile_offset;
    for_token_tiles(ctx, x.n_tokens, [&](int t0, int n) {
      const Rows y = tile_at(scratch, n, n_rows);
      mat_mul_panels(*ctx.kernels, x, t0, w, {panels.begin, panels.end}, y);
      for (int t = 0; t < n; ++t) {
        if (bias != nullptr) ctx.kernels->add(y.row(t), bias + first_row, n_rows);
        ctx.kernels->add(residual.row(t0 + t) + first_row, y.row(t), n_rows);
      }
    });
  });
}

void project(OpContext& ctx, const RegionInput& input, const PackedMatrix& w, const Rows& out) {
  const int n_chunks = projection_chunks(ctx, w);
  ctx.parallel(n_chunks, [&](int worker, int chunk) noexcept {
    const ChunkRange panels = chunk_range(w.n_panels(), n_chunks, chunk);
    const Activations x = input.get(worker);
    for_token_tiles(ctx, x.n_tokens, [&](int t0, int n) {
      const Rows y{out.row(t0) + panels.begin * w.panel_rows, out.stride, n, out.width};
      mat_mul_panels(*ctx.kernels, x, t0, w, {panels.begin, panels.end}, y);
    });
  });
}

}  // namespace tenfold
