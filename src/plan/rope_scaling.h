// How the frequencies of rope are slowed down for contexts longer than those of training. Plain values, thread-safe.
#pragma once

namespace tenfold {

struct RopeScaling {
  float scale = 1;  // frequencies are multiplied by it: 1/factor
  // YaRN (Peng et al., arXiv 2309.00071): pairs that turn more than fast_turns times within the original context keep
  // their frequency, those that turn less than slow_turns times are scaled, between them it blends. original_ctx 0:
  // every pair is scaled.
  int original_ctx = 0;
  float fast_turns = 32, slow_turns = 1;

  [[nodiscard]] bool is_yarn() const { return original_ctx > 0; }
  // Of n_pairs pairs with frequencies theta^(−i/n_pairs), the scaled frequency of pair i.
  [[nodiscard]] float apply(float frequency, int i, int n_pairs, float theta) const;
};

}  // namespace tenfold
