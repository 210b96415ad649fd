#include "cpu/kv_layout.h"

#include <algorithm>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

// That n tokens can touch, wherever they begin.
int spanned_blocks(int n_tokens) { return kv_blocks_for(n_tokens) + 1; }

// A window and the step behind it, and the windows of marks. Where all blocks of a text are no more, none are given
// back.
void set_blocks(KvClassLayout& layout, const KvLimits& limits) {
  const int window = layout.of.window;
  layout.text_blocks = kv_blocks_for(limits.max_tokens);
  if (window == 0 || window >= limits.max_tokens) return;
  const int n = spanned_blocks(window + kMaxRewind + limits.max_step) + kMaxMarks * spanned_blocks(window);
  layout.gives_back = n < layout.text_blocks;
  layout.text_blocks = std::min(n, layout.text_blocks);
}

}  // namespace

Result<KvLayout> KvLayout::create(const kernels::KernelTable& kernels, kernels::KvType type,
                                  const std::vector<KvClass>& classes, const ConvState& state, const KvLimits& limits) {
  KvLayout layout{type, &kernels.kv[static_cast<int>(type)], {}, {state, 0}};
  if (classes.size() > kMaxKvClasses) {
    return unsupported("layers: expected at most ", kMaxKvClasses, " kinds that store alike, found ", classes.size());
  }
  for (const KvClass& of : classes) {
    TENFOLD_DCHECK(of.n_layers > 0 && of.n_kv_heads > 0 && of.head_dim > 0);
    if (type == kernels::KvType::kQ8_0 && of.head_dim % 32 != 0) {
      return unsupported("KV cache of type q8_0: expected a head_dim that is a multiple of 32, found ", of.head_dim,
                         "; use f16");
    }
    KvClassLayout& its = layout.classes.emplace_back(KvClassLayout{of});
    its.head_stride = layout.kernels->block_bytes(of.head_dim);
    its.block_bytes = its.layer_offset(of.n_layers);
    set_blocks(its, limits);
  }
  // The text's, the step's and its mark's.
  if (layout.state.is_used()) layout.state.text_blocks = 3 + kMaxMarks;
  return layout;
}

std::uint64_t KvLayout::text_bytes() const {
  std::uint64_t n = state.block_bytes() * static_cast<std::uint64_t>(state.text_blocks);
  for (const KvClassLayout& its : classes) n += its.block_bytes * static_cast<std::uint64_t>(its.text_blocks);
  return n;
}

std::uint64_t KvLayout::token_bytes() const {
  std::uint64_t n = 0;
  for (const KvClassLayout& its : classes) n += its.block_bytes / kernels::kKvBlock;
  return n;
}

std::uint64_t KvLayout::needed_bytes(int n_tokens, int n_back) const {
  std::uint64_t n = state.needed_bytes(n_back);
  for (const KvClassLayout& its : classes) {
    n += its.block_bytes * static_cast<std::uint64_t>(kv_blocks_for(n_tokens) - its.first_block(n_tokens - n_back));
  }
  return n;
}

bool KvLayout::rewinds_freely() const {
  return !state.is_used() &&
         std::none_of(classes.begin(), classes.end(), [](const KvClassLayout& its) { return its.gives_back; });
}

}  // namespace tenfold
