#include "ops/kv_write.h"

#include "ops/sequence_of.h"

namespace tenfold {

void kv_write_head(const kernels::KernelTable& kernels, const KvLayerView& kv, int token, int kv_head, const float* k,
                   const float* v) {
  TENFOLD_DCHECK(kv_head >= 0 && kv_head < kv.n_kv_heads);
  const KvSequenceView& sequence = sequence_of(kv.sequences, token);
  const int position = sequence.position + token - sequence.token_begin;
  kernels.kv[static_cast<int>(kv.type)].store(k, v, kv.head_dim, position % kernels::kKvBlock,
                                              kv.head_block(sequence, position / kernels::kKvBlock, kv_head));
}

void kv_write(OpContext& ctx, const KvLayerView& kv, const Rows& k, const Rows& v) {
  TENFOLD_DCHECK(same_shape(k, v) && k.width == kv.n_kv_heads * kv.head_dim);
  parallel_rows(ctx, k.n_tokens, [&](int, int t) noexcept {
    for (int h = 0; h < kv.n_kv_heads; ++h) {
      kv_write_head(*ctx.kernels, kv, t, h, k.row(t) + h * kv.head_dim, v.row(t) + h * kv.head_dim);
    }
  });
}

}  // namespace tenfold
