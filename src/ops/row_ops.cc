#include "ops/row_ops.h"

#include <array>
#include <cmath>
#include <cstring>

namespace tenfold {

namespace {

// Sums of a row go to so many lanes, which are summed up in order: the compiler may use vectors of any size.
constexpr int kLanes = 8;

// The mean of term(i) for i < n.
template <typename Term>
double mean(int n, Term&& term) {
  std::array<double, kLanes> lanes{};
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[static_cast<std::size_t>(lane)] += term(i + lane);
  }
  for (int lane = 0; i + lane < n; ++lane) lanes[static_cast<std::size_t>(lane)] += term(i + lane);
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum / n;
}

void layer_norm_row(const float* x, const float* weight, const float* bias, int n, float eps, float* out) {
  const double middle = mean(n, [&](int i) { return static_cast<double>(x[i]); });
  const double variance = mean(n, [&](int i) { return (x[i] - middle) * (x[i] - middle); });
  const double factor = 1.0 / std::sqrt(variance + static_cast<double>(eps));
  for (int i = 0; i < n; ++i) {
    const auto normed = static_cast<float>((x[i] - middle) * factor);
    out[i] = normed * weight[i] + (bias != nullptr ? bias[i] : 0.0F);
  }
}

void add_table_row(OpContext& ctx, int worker, const PackedMatrix& table, int row, float* y) {
  auto* scratch = reinterpret_cast<float*>((*ctx.scratch)[static_cast<std::size_t>(worker)].data);
  packed_row_to_f32(*ctx.kernels, table, row, scratch);
  ctx.kernels->add(y, scratch, table.k);
}

}  // namespace

void embed(OpContext& ctx, const PackedMatrix& table, std::span<const std::int32_t> tokens,
           std::span<const float* const> given, float factor, const Rows& out) {
  TENFOLD_DCHECK(out.width == table.k && tokens.size() == given.size() &&
                 tokens.size() == static_cast<std::size_t>(out.n_tokens));
  parallel_rows(ctx, out.n_tokens, [&](int, int t) noexcept {
    if (const float* row = given[static_cast<std::size_t>(t)]; row != nullptr) {
      std::memcpy(out.row(t), row, static_cast<std::size_t>(table.k) * sizeof(float));
      return;
    }
    packed_row_to_f32(*ctx.kernels, table, tokens[static_cast<std::size_t>(t)], out.row(t));
    if (factor != 1.0F) ctx.kernels->scale(out.row(t), factor, table.k);
  });
}

void rms_norm(OpContext& ctx, const Rows& x, const float* weight, float eps, const Rows& out) {
  TENFOLD_DCHECK(same_shape(x, out));
  parallel_rows(ctx, x.n_tokens,
                [&](int, int t) noexcept { ctx.kernels->rms_norm(x.row(t), weight, x.width, eps, out.row(t)); });
}

void norm_add(OpContext& ctx, const Rows& x, const float* weight, float eps, const Rows& out, const Rows& y) {
  TENFOLD_DCHECK(same_shape(x, out) && same_shape(x, y));
  parallel_rows(ctx, x.n_tokens, [&](int, int t) noexcept {
    ctx.kernels->rms_norm(x.row(t), weight, x.width, eps, out.row(t));
    ctx.kernels->add(y.row(t), out.row(t), y.width);
  });
}

void layer_norm(OpContext& ctx, const Rows& x, const float* weight, const float* bias, float eps, const Rows& out) {
  TENFOLD_DCHECK(same_shape(x, out));
  parallel_rows(ctx, x.n_tokens,
                [&](int, int t) noexcept { layer_norm_row(x.row(t), weight, bias, x.width, eps, out.row(t)); });
}

void gelu_erf(OpContext& ctx, const Rows& x) {
  parallel_rows(ctx, x.n_tokens, [&](int, int t) noexcept { ctx.kernels->gelu_erf(x.row(t), x.width); });
}

void add_table_rows(OpContext& ctx, const PackedMatrix& table, std::span<const RopePosition> rows, const Rows& y) {
  TENFOLD_DCHECK(y.width == table.k && rows.size() == static_cast<std::size_t>(y.n_tokens));
  TENFOLD_DCHECK(ctx.scratch_bytes >= table_row_bytes(table) || y.n_tokens == 0);
  parallel_rows(ctx, y.n_tokens, [&](int worker, int t) noexcept {
    add_table_row(ctx, worker, table, rows[static_cast<std::size_t>(t)][0], y.row(t));
  });
}

void add_first_row(OpContext& ctx, const PackedMatrix& table, const Rows& y) {
  TENFOLD_DCHECK(y.width == table.k);
  TENFOLD_DCHECK(ctx.scratch_bytes >= table_row_bytes(table) || y.n_tokens == 0);
  parallel_rows(ctx, y.n_tokens, [&](int worker, int t) noexcept { add_table_row(ctx, worker, table, 0, y.row(t)); });
}

std::size_t table_row_bytes(const PackedMatrix& table) { return static_cast<std::size_t>(table.k) * sizeof(float); }

void head_rms_norm(OpContext& ctx, const Rows& x, int head_dim, const float* weight, float eps) {
  TENFOLD_DCHECK(head_dim > 0 && x.width % head_dim == 0);
  parallel_rows(ctx, x.n_tokens, [&](int, int t) noexcept {
    for (int at = 0; at < x.width; at += head_dim) {
      float* head = x.row(t) + at;
      ctx.kernels->rms_norm(head, weight, head_dim, eps, head);
    }
  });
}

void quantize(OpContext& ctx, const Rows& x, std::byte* out) {
  const std::size_t stride = kernels::q8_row_bytes(x.width);
  parallel_rows(ctx, x.n_tokens, [&](int, int t) noexcept {
    ctx.kernels->quantize_q8(x.row(t), x.width, out + static_cast<std::size_t>(t) * stride);
  });
}

void add(OpContext& ctx, const Rows& x, const Rows& y) {
  TENFOLD_DCHECK(same_shape(x, y));
  parallel_rows(ctx, y.n_tokens, [&](int, int t) noexcept { ctx.kernels->add(y.row(t), x.row(t), y.width); });
}

void add_bias(OpContext& ctx, const float* bias, const Rows& y) {
  parallel_rows(ctx, y.n_tokens, [&](int, int t) noexcept { ctx.kernels->add(y.row(t), bias, y.width); });
}

void scale(OpContext& ctx, float factor, const Rows& y) {
  parallel_rows(ctx, y.n_tokens, [&](int, int t) noexcept { ctx.kernels->scale(y.row(t), factor, y.width); });
}

void softcap(OpContext& ctx, float cap, const Rows& y) {
  parallel_rows(ctx, y.n_tokens, [&](int, int t) noexcept { ctx.kernels->softcap(y.row(t), cap, y.width); });
}

void gate_mul_row(const kernels::KernelTable& kernels, GateActivation activation, const float* gate, const float* up,
                  int n, float* out) {
  (activation == GateActivation::kSilu ? kernels.silu_mul : kernels.gelu_mul)(gate, up, n, out);
}

void gate_mul(OpContext& ctx, GateActivation activation, const Rows& gate, const Rows& up, const Rows& out) {
  TENFOLD_DCHECK(same_shape(gate, up) && same_shape(gate, out));
  parallel_rows(ctx, gate.n_tokens, [&](int, int t) noexcept {
    gate_mul_row(*ctx.kernels, activation, gate.row(t), up.row(t), gate.width, out.row(t));
  });
}

void gather(OpContext& ctx, const Rows& x, std::span<const std::int32_t> rows, const Rows& out) {
  TENFOLD_DCHECK(x.width == out.width && rows.size() == static_cast<std::size_t>(out.n_tokens));
  parallel_rows(ctx, out.n_tokens, [&](int, int i) noexcept {
    std::memcpy(out.row(i), x.row(rows[static_cast<std::size_t>(i)]),
                static_cast<std::size_t>(x.width) * sizeof(float));
  });
}

}  // namespace tenfold
