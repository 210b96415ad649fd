// How a region shares out W·x: its chunks are blocks of tokens times groups of panels.
//
// A block's activations are few enough to stay in a core's own cache while a group's panels pass, and all groups of a
// block come before the next block's, so that what is read again and again is never far.
#pragma once

#include "ops/mat_mul.h"
#include "ops/tile.h"

namespace tenfold {

class ProductGrid {
 public:
  static constexpr int kMaxPanels = 16;  // of a chunk, so that its tile of results stays small

  ProductGrid(const OpContext& ctx, int n_tokens, int n_panels)
      : n_tokens_(n_tokens),
        n_panels_(n_panels),
        step_(n_tokens > kTileTokens ? 2 : 1),
        n_steps_((n_panels + step_ - 1) / step_),
        n_blocks_((n_tokens + kBlockTokens - 1) / kBlockTokens) {
    if (n_blocks_ == 0) return;  // no row of the step is wanted
    const int for_threads = (chunks_for(ctx, n_tokens * n_panels) + n_blocks_ - 1) / n_blocks_;
    n_groups_ = std::min(n_steps_, std::max(for_threads, (n_panels + kMaxPanels - 1) / kMaxPanels));
  }

  [[nodiscard]] int n_chunks() const { return n_blocks_ * n_groups_; }
  [[nodiscard]] PanelRange panels(int chunk) const {
    const ChunkRange steps = chunk_range(n_steps_, n_groups_, chunk % n_groups_);
    return {steps.begin * step_, std::min(n_panels_, steps.end * step_)};
  }
  [[nodiscard]] ChunkRange tokens(int chunk) const {
    const int begin = chunk / n_groups_ * kBlockTokens;
    return {begin, std::min(n_tokens_, begin + kBlockTokens)};
  }

  // Runs body(worker, first token, number of tokens, panels) for every tile of every chunk.
  template <typename Body>
  void run(OpContext& ctx, Body&& body) const {
    ctx.parallel(n_chunks(), [&](int worker, int chunk) noexcept {
      const ChunkRange block = tokens(chunk);
      for_token_tiles(ctx, block.end - block.begin,
                      [&](int t, int n) { body(worker, block.begin + t, n, panels(chunk)); });
    });
  }

 private:
  static constexpr int kBlockTokens = 2 * kTileTokens;

  int n_tokens_, n_panels_;
  int step_;  // panels that a group grows by: kernels take two at a time when there are many tokens
  int n_steps_;
  int n_blocks_, n_groups_ = 0;
};

}  // namespace tenfold
