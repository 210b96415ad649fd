// RegionInput: what the matrices of one region are multiplied with, i.e. x, normalised and quantised as they need it.
//
// For a few tokens every worker prepares its own copy when it takes its first chunk, which is cheaper than a region of
// its own with its hand-over between threads; for many tokens the rows are prepared once, in parallel, before.
#pragma once

#include "ops/op_context.h"
#include "ops/rows.h"

namespace tenfold {

struct InputRecipe {
  const float* norm_weight = nullptr;  // [width]; null: x is taken as it is
  float norm_eps = 0;
  bool quantize = false;  // to Q8 rows
};

class RegionInput {
 public:
  // Up to this many tokens are prepared by each worker for itself.
  static constexpr int kInlineTokens = 8;

  // Bytes of one prepared row.
  static std::size_t row_bytes(int width, bool quantize);
  // Bytes at the start of every worker's scratch that preparing may use.
  static std::size_t scratch_bytes(int width);

  //   x:       [n_tokens, width]
  //   shared:  n_tokens rows of row_bytes(width, quantize), used when there are many tokens
  // May run a region to prepare the rows.
  RegionInput(OpContext& ctx, const Rows& x, const InputRecipe& recipe, std::byte* shared);
  // Rows that need no preparing.
  RegionInput(OpContext& ctx, const Activations& ready) : ctx_(ctx), ready_(ready), is_ready_(true) {}

  // The prepared rows for this worker; call it inside the region, from its chunks only.
  Activations get(int worker) const noexcept;

 private:
  void prepare_row(int token, float* normed, std::byte* out) const noexcept;
  [[nodiscard]] Activations rows_at(const std::byte* data) const noexcept;

  OpContext& ctx_;
  Rows x_;
  InputRecipe recipe_;
  Activations ready_;
  bool is_ready_ = false;
  std::int64_t region_ = 0;  // the id of the region that reads this input
};

}  // namespace tenfold
