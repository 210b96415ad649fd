#include "ops/region_input.h"

#include "runtime/memory_plan.h"

namespace tenfold {

namespace {

std::size_t f32_row_bytes(int width) { return align_64(static_cast<std::size_t>(width) * sizeof(float)); }

}  // namespace

std::size_t RegionInput::row_bytes(int width, bool quantize) {
  return quantize ? kernels::q8_row_bytes(width) : f32_row_bytes(width);
}

std::size_t RegionInput::scratch_bytes(int width) {
  // One normalised row on its way to Q8, then the rows.
  return f32_row_bytes(width) * (1 + kInlineTokens);
}

RegionInput::RegionInput(OpContext& ctx, const Rows& x, const InputRecipe& recipe, std::byte* shared)
    : ctx_(ctx), x_(x), recipe_(recipe) {
  if (recipe.norm_weight == nullptr && !recipe.quantize) {
    ready_ = as_activations(x);
    is_ready_ = true;
  } else if (x.n_tokens > kInlineTokens) {
    const std::size_t stride = row_bytes(x.width, recipe.quantize);
    parallel_rows(ctx, x.n_tokens, [&](int worker, int token) noexcept {
      auto* normed = reinterpret_cast<float*>((*ctx_.scratch)[static_cast<std::size_t>(worker)].data);
      prepare_row(token, normed, shared + static_cast<std::size_t>(token) * stride);
    });
    ready_ = rows_at(shared);
    is_ready_ = true;
  }
  region_ = ctx.n_regions;  // the next region to begin
}

void RegionInput::prepare_row(int token, float* normed, std::byte* out) const noexcept {
  const kernels::KernelTable& kernels = *ctx_.kernels;
  const float* row = x_.row(token);
  if (recipe_.norm_weight != nullptr) {
    float* target = recipe_.quantize ? normed : reinterpret_cast<float*>(out);
    kernels.rms_norm(row, recipe_.norm_weight, x_.width, recipe_.norm_eps, target);
    row = target;
  }
  if (recipe_.quantize) kernels.quantize_q8(row, x_.width, out);
}

Activations RegionInput::rows_at(const std::byte* data) const noexcept {
  return {data, row_bytes(x_.width, recipe_.quantize), x_.n_tokens, x_.width, recipe_.quantize};
}

Activations RegionInput::get(int worker) const noexcept {
  if (is_ready_) return ready_;
  WorkerScratch& mine = (*ctx_.scratch)[static_cast<std::size_t>(worker)];
  auto* normed = reinterpret_cast<float*>(mine.data);
  std::byte* rows = mine.data + f32_row_bytes(x_.width);
  if (mine.prepared_region != region_) {
    const std::size_t stride = row_bytes(x_.width, recipe_.quantize);
    for (int token = 0; token < x_.n_tokens; ++token) {
      prepare_row(token, normed, rows + static_cast<std::size_t>(token) * stride);
    }
    mine.prepared_region = region_;
  }
  return rows_at(rows);
}

}  // namespace tenfold
