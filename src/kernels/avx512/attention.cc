#include "kernels/avx512/simd.h"
// The instruction set's names come first.
#include "kernels/avx512/avx512_table.h"
#include "kernels/avx512/int16_attention.h"
#include "kernels/simd/attention.h"

namespace tenfold::kernels::avx512 {

namespace {

size_t block_bytes_16(int32_t head_dim) noexcept {
  return head_dim <= kInt16MaxHeadDim ? Int16Layout{head_dim}.bytes() : F16Kv::block_bytes(head_dim);
}

void store_16(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept {
  if (head_dim > kInt16MaxHeadDim) return F16Kv::store(k, v, head_dim, position, kv_block);
  int16_store(k, v, head_dim, static_cast<size_t>(position), static_cast<uint8_t*>(kv_block));
}

void attend_16(const AttentionArgs& a) noexcept {
  if (a.head_dim > kInt16MaxHeadDim) return attend<F16Kv>(a);
  const int n_queries = a.n_tokens * a.group;
  for (int begin = 0; begin < n_queries; begin += kInt16QueriesAtOnce) {
    attend_int16_some(a, begin, n_queries - begin < kInt16QueriesAtOnce ? n_queries - begin : kInt16QueriesAtOnce);
  }
}

}  // namespace

void add_attention(KernelTable& table) noexcept {
  add_attention_kernels(table);
  table.kv[static_cast<int>(KvType::kF16)] = {block_bytes_16, store_16, attend_16, KvArithmetic::kInt16};
}

}  // namespace tenfold::kernels::avx512
