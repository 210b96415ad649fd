#include "ops/gated_ffn.h"

#include <cstring>

#include "ops/tile.h"

namespace tenfold {

namespace {

constexpr int kQ8Block = 32;

// A chunk is a few units; a unit is whole panels and whole Q8 blocks.
constexpr int kMaxUnitRows = 64;  // panel_rows ≤ 32, so lcm(32, panel_rows) ≤ 32
constexpr int kUnitsAChunk = 2;
constexpr int kMaxChunkRows = kMaxUnitRows * kUnitsAChunk;

int unit_rows(const kernels::KernelTable& kernels) { return std::lcm(kQ8Block, kernels.panel_rows); }

// Columns [column, column + n) of a Q8 row of `width`, from a Q8 row of n elements that was quantised by itself.
void copy_q8_columns(const std::byte* part, int n, int column, int width, std::byte* row) {
  using kernels::q8_scales_offset, kernels::q8_sums16_offset, kernels::q8_sums32_offset;
  const auto bytes = [](int n_elements, int per) { return static_cast<std::size_t>(n_elements / per) * 4; };
  std::memcpy(row + column, part, static_cast<std::size_t>(n));
  std::memcpy(row + q8_scales_offset(width) + bytes(column, 32), part + q8_scales_offset(n), bytes(n, 32));
  std::memcpy(row + q8_sums32_offset(width) + bytes(column, 32), part + q8_sums32_offset(n), bytes(n, 32));
  std::memcpy(row + q8_sums16_offset(width) + bytes(column, 16), part + q8_sums16_offset(n), bytes(n, 16));
}

struct FfnJob {
  const kernels::KernelTable& kernels;
  const GatedFfnArgs& args;
  std::byte* out;
  std::size_t out_stride;
};

// Rows [column, column + n) of gate and up for one token are ready: activation, then into the output row.
void finish_row(const FfnJob& job, int token, int column, int n, float* gate, float* up) {
  if (job.args.gate_bias != nullptr) job.kernels.add(gate, job.args.gate_bias + column, n);
  if (job.args.up_bias != nullptr) job.kernels.add(up, job.args.up_bias + column, n);
  std::byte* row = job.out + static_cast<std::size_t>(token) * job.out_stride;
  if (!job.args.quantize_out) {
    gate_mul_row(job.kernels, job.args.activation, gate, up, n, reinterpret_cast<float*>(row) + column);
    return;
  }
  gate_mul_row(job.kernels, job.args.activation, gate, up, n, gate);
  alignas(64) std::byte part[kernels::q8_row_bytes(kMaxChunkRows)];
  job.kernels.quantize_q8(gate, n, part);
  copy_q8_columns(part, n, column, job.args.gate->n, row);
}

}  // namespace

std::size_t gated_ffn_scratch_bytes(const kernels::KernelTable& kernels, int model_dim) {
  return RegionInput::scratch_bytes(model_dim) + 2 * tile_bytes(kUnitsAChunk * unit_rows(kernels));
}

void gated_ffn(OpContext& ctx, const GatedFfnArgs& args, const Rows& x, std::byte* shared, std::byte* out) {
  TENFOLD_DCHECK(args.gate->n == args.up->n && args.gate->k == x.width && args.up->k == x.width);
  TENFOLD_DCHECK(ctx.scratch_bytes >= gated_ffn_scratch_bytes(*ctx.kernels, x.width) || x.n_tokens == 0);
  const kernels::KernelTable& kernels = *ctx.kernels;
  const int ffn_dim = args.gate->n;
  const int panel_rows = args.gate->panel_rows;
  const int rows_a_chunk = kUnitsAChunk * unit_rows(kernels);
  const int n_chunks = (ffn_dim + rows_a_chunk - 1) / rows_a_chunk;
  const std::size_t tile_offset = RegionInput::scratch_bytes(x.width);
  const RegionInput input(ctx, x, args.recipe, shared);
  const FfnJob job{kernels, args, out, RegionInput::row_bytes(ffn_dim, args.quantize_out)};
  ctx.parallel(n_chunks, [&](int worker, int chunk) noexcept {
    const int column = chunk * rows_a_chunk;
    const int n_rows = std::min(rows_a_chunk, ffn_dim - column);
    const PanelRange panels{column / panel_rows, (column + n_rows + panel_rows - 1) / panel_rows};
    const Activations activations = input.get(worker);
    std::byte* scratch = (*ctx.scratch)[static_cast<std::size_t>(worker)].data + tile_offset;
    for_token_tiles(ctx, x.n_tokens, [&](int t0, int n) {
      const Rows gate = tile_at(scratch, n, n_rows);
      const Rows up = tile_at(scratch + tile_bytes(rows_a_chunk), n, n_rows);
      mat_mul_panels(kernels, activations, t0, *args.gate, panels, gate);
      mat_mul_panels(kernels, activations, t0, *args.up, panels, up);
      for (int t = 0; t < n; ++t) finish_row(job, t0 + t, column, n_rows, gate.row(t), up.row(t));
    });
  });
}

}  // namespace tenfold
