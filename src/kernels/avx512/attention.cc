#include "kernels/avx512/simd.h"
// The instruction set's names come first.
#include "kernels/avx512/avx512_table.h"
#include "kernels/avx512/int16_attention.h"
#include "kernels/simd/attention.h"

namespace tenfold::kernels::avx512 {

namespace {

// Kv is for the largest heads.
template <typename Codes, typename Kv>
struct WholeKv {
  static size_t block_bytes(int32_t head_dim) noexcept {
    return head_dim <= kInt16MaxHeadDim ? Int16Layout<Codes>{head_dim}.bytes() : Kv::block_bytes(head_dim);
  }
  static void store(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept {
    if (head_dim > kInt16MaxHeadDim) return Kv::store(k, v, head_dim, position, kv_block);
    int16_store<Codes>(k, v, head_dim, static_cast<size_t>(position), static_cast<uint8_t*>(kv_block));
  }
  static void attend(const AttentionArgs& a) noexcept {
    if (a.head_dim > kInt16MaxHeadDim) return kernels::attend<Kv>(a);
    const int n_queries = a.n_tokens * a.group;
    for (int begin = 0; begin < n_queries; begin += kInt16QueriesAtOnce) {
      const int left = n_queries - begin;
      attend_int16_some<Codes>(a, begin, left < kInt16QueriesAtOnce ? left : kInt16QueriesAtOnce);
    }
  }
  static constexpr KvKernels kernels() { return {block_bytes, store, attend, KvArithmetic::kInt16}; }
};

}  // namespace

void add_attention(KernelTable& table) noexcept {
  add_attention_kernels(table);
  table.kv[static_cast<int>(KvType::kF16)] = WholeKv<Codes13, F16Kv>::kernels();
  table.kv[static_cast<int>(KvType::kQ8_0)] = WholeKv<Codes8, Q8Kv>::kernels();
}

}  // namespace tenfold::kernels::avx512
