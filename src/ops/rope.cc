#include "ops/rope.h"

#include <cmath>

namespace tenfold {

void rope_table(OpContext& ctx, const RopeFrequencies& frequencies, std::span<const std::int32_t> positions,
                const Rows& table) {
  const int n_pairs = static_cast<int>(frequencies.per_pair.size());
  parallel_rows(ctx, table.n_tokens, [&](int, int t) noexcept {
    float* cos = table.row(t);
    float* sin = cos + n_pairs;
    const auto position = static_cast<float>(positions[static_cast<std::size_t>(t)]);
    for (int i = 0; i < n_pairs; ++i) {
      const float angle = position * frequencies.per_pair[static_cast<std::size_t>(i)];
      cos[i] = std::cos(angle);
      sin[i] = std::sin(angle);
    }
  });
}

void rope_head(const kernels::KernelTable& kernels, RopeLayout layout, const float* angles, int n_pairs, float* head) {
  if (layout == RopeLayout::kNone) return;
  (layout == RopeLayout::kNeox ? kernels.rope_neox : kernels.rope_interleaved)(head, angles, angles + n_pairs, n_pairs);
}

void rope(OpContext& ctx, RopeLayout layout, const Rows& table, int head_dim, const Rows& x) {
  parallel_rows(ctx, x.n_tokens, [&](int, int t) noexcept {
    for (int at = 0; at < x.width; at += head_dim) {
      rope_head(*ctx.kernels, layout, table.row(t), table.width / 2, x.row(t) + at);
    }
  });
}

}  // namespace tenfold
