// Fused operators compute a few rows of a matrix for a few tokens, and go on with them while they are in cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "ops/op_context.h"
#include "ops/rows.h"

namespace tenfold {

// Tokens of one tile: a multiple of every kernel's tile of many (6 and 8).
inline constexpr int kTileTokens = 48;

inline std::size_t tile_bytes(int width) {
  return static_cast<std::size_t>(kTileTokens) * static_cast<std::size_t>(width) * sizeof(float);
}

// [n_tokens, width] f32 in scratch memory.
inline Rows tile_at(std::byte* scratch, int n_tokens, int width) {
  return {reinterpret_cast<float*>(scratch), width, n_tokens, width};
}

// Calls body(first token, number of tokens) for each tile, until a cancel: a chunk of many tokens of a big matrix may
// take longer than a caller is ready to wait.
template <typename Body>
void for_token_tiles(const OpContext& ctx, int n_tokens, Body&& body) {
  for (int t = 0; t < n_tokens && !ctx.cancelled(); t += kTileTokens) body(t, std::min(kTileTokens, n_tokens - t));
}

// The smallest number of items of `item_rows` rows that fills whole panels.
inline int items_a_unit(int item_rows, int panel_rows) { return panel_rows / std::gcd(item_rows, panel_rows); }

}  // namespace tenfold
