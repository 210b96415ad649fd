#include "ops/rope.h"

#include <cmath>

namespace tenfold {

void rope_table(OpContext& ctx, const RopeFrequencies& frequencies, std::span<const RopePosition> positions,
                const Rows& table) {
  TENFOLD_DCHECK(table.width == static_cast<int>(2 * frequencies.per_pair.size()));
  TENFOLD_DCHECK(positions.size() == static_cast<std::size_t>(table.n_tokens));
  TENFOLD_DCHECK(frequencies.axes.empty() || frequencies.axes.size() == frequencies.per_pair.size());
  const int n_pairs = static_cast<int>(frequencies.per_pair.size());
  parallel_rows(ctx, table.n_tokens, [&](int, int t) noexcept {
    float* cos = table.row(t);
    float* sin = cos + n_pairs;
    const RopePosition& position = positions[static_cast<std::size_t>(t)];
    for (int i = 0; i < n_pairs; ++i) {
      const auto pair = static_cast<std::size_t>(i);
      const std::size_t axis = frequencies.axes.empty() ? 0 : frequencies.axes[pair];
      const float angle = static_cast<float>(position[axis]) * frequencies.per_pair[pair];
      cos[i] = std::cos(angle) * frequencies.amplitude;
      sin[i] = std::sin(angle) * frequencies.amplitude;
    }
  });
}

void rope_head(const kernels::KernelTable& kernels, RopeLayout layout, const float* angles, int n_pairs, float* head) {
  if (layout == RopeLayout::kNone) return;
  (layout == RopeLayout::kNeox ? kernels.rope_neox : kernels.rope_interleaved)(head, angles, angles + n_pairs, n_pairs);
}

void rope(OpContext& ctx, RopeLayout layout, const Rows& table, int head_dim, const Rows& x) {
  TENFOLD_DCHECK(table.width <= head_dim && x.width % head_dim == 0 && table.n_tokens == x.n_tokens);
  parallel_rows(ctx, x.n_tokens, [&](int, int t) noexcept {
    for (int at = 0; at < x.width; at += head_dim) {
      rope_head(*ctx.kernels, layout, table.row(t), table.width / 2, x.row(t) + at);
    }
  });
}

}  // namespace tenfold
