// Attention of queries over KV blocks.
//
// A stretch of 32 elements of the head is made floats once for up to 16 queries; then each query runs on its own, 64
// scores or 32 outputs at a time, so that no query can change another's bits.
#include "kernels/attention_span.h"
#include "kernels/neon/kv_block.h"
#include "kernels/neon/neon_parts.h"
#include "kernels/neon/vector_math.h"

namespace tenfold::kernels::neon {

namespace {

constexpr int kQueries = 16;
constexpr int kVectors = kKvBlock / 4;

struct Query {
  const float* q;
  int first;
  int last;
  int index;  // in m and l
  float max;  // of the block's scores
  float sum;
};

struct Queries {
  Query of[kQueries];
  int n;
  int first;  // positions that any of them sees
  int last;
  alignas(64) float scores[kQueries][kKvBlock];  // then exp(score − max)
};

// scores += K·q for some elements of the head, at all 64 positions. What lies past a query's last is never read again.
void add_scores(const float* q, const float* k, int n_dims, float* scores) {
  float32x4_t sums[kVectors];
  unroll<kVectors>([&](auto i) { sums[i.value] = vld1q_f32(scores + i.value * 4); });
  for (int d = 0; d < n_dims; ++d) {
    const float* row = k + d * kKvBlock;
    const float32x4_t factor = vld1q_dup_f32(q + d);
    unroll<kVectors>([&](auto i) { sums[i.value] = vfmaq_f32(sums[i.value], vld1q_f32(row + i.value * 4), factor); });
  }
  unroll<kVectors>([&](auto i) { vst1q_f32(scores + i.value * 4, sums[i.value]); });
}

// All ones where first ≤ position < last, for positions i…i + 3.
uint32x4_t visible(const Query& query, int i) {
  constexpr int32_t kCount[4] = {0, 1, 2, 3};
  const int32x4_t position = vaddq_s32(vdupq_n_s32(i), vld1q_s32(kCount));
  return vandq_u32(vcgeq_s32(position, vdupq_n_s32(query.first)), vcltq_s32(position, vdupq_n_s32(query.last)));
}

void softmax(float softcap, Query& query, float* scores) {
  const float32x4_t nothing = vdupq_n_f32(-__builtin_inff());
  float32x4_t max = nothing;
  for (int i = 0; i < kKvBlock; i += 4) {
    float32x4_t s = vld1q_f32(scores + i);
    if (softcap > 0) s = softcap4(s, softcap);
    s = vbslq_f32(visible(query, i), s, nothing);
    vst1q_f32(scores + i, s);
    max = vmaxnmq_f32(max, s);
  }
  query.max = vmaxnmvq_f32(max);
  float32x4_t sum = vdupq_n_f32(0);
  for (int i = 0; i < kKvBlock; i += 4) {
    const float32x4_t e = exp4(vsubq_f32(vld1q_f32(scores + i), vdupq_n_f32(query.max)));
    vst1q_f32(scores + i, e);
    sum = vaddq_f32(sum, e);
  }
  query.sum = sum_lanes(sum);
}

// out: Σ weight·V over the visible positions, for kDims elements.
void weigh(const Query& query, const float* weights, const float* v, float* out) {
  float32x4_t sums[kDims / 4] = {};
  for (int p = query.first; p < query.last; ++p) {
    const float32x4_t weight = vld1q_dup_f32(weights + p);
    const float* row = v + p * kDims;
    unroll<kDims / 4>([&](auto i) { sums[i.value] = vfmaq_f32(sums[i.value], vld1q_f32(row + i.value * 4), weight); });
  }
  unroll<kDims / 4>([&](auto i) { vst1q_f32(out + i.value * 4, sums[i.value]); });
}

template <typename Kv>
void score(const BlockArgs& a, Queries& queries) {
  alignas(64) KFloats buffer;
  __builtin_memset(queries.scores, 0, sizeof(queries.scores[0]) * static_cast<size_t>(queries.n));
  for (int d = 0; d < a.head_dim; d += kDims) {
    const Dims dims{d, a.head_dim - d < kDims ? a.head_dim - d : kDims};
    const float* k = Kv::k_floats(a.kv_block, a.head_dim, dims, buffer);
    for (int i = 0; i < queries.n; ++i) add_scores(queries.of[i].q + d, k, dims.n_dims, queries.scores[i]);
  }
}

struct Merge {
  float keep;  // of what was there
  float take;  // of the block's
};

template <typename Kv>
void merge_values(const BlockArgs& a, const Queries& queries, const Merge* merges) {
  alignas(64) VFloats v;
  for (int d = 0; d < a.head_dim; d += kDims) {
    const Dims dims{d, a.head_dim - d < kDims ? a.head_dim - d : kDims};
    for (int p = queries.first; p < queries.last; ++p) Kv::v_floats(a.kv_block, a.head_dim, dims, p, v + p * kDims);
    for (int i = 0; i < queries.n; ++i) {
      alignas(64) float block[kDims];
      weigh(queries.of[i], queries.scores[i], v, block);
      float* acc = a.state.acc + static_cast<int64_t>(queries.of[i].index) * a.head_dim + d;
      for (int j = 0; j < dims.n_dims; j += 4) {
        const int64_t rest = dims.n_dims - j;
        const float32x4_t taken = vmulq_n_f32(vld1q_f32(block + j), merges[i].take);
        store_first(acc + j, vfmaq_n_f32(taken, load_first(acc + j, rest), merges[i].keep), rest);
      }
    }
  }
}

template <typename Kv>
void attend_queries(const BlockArgs& a, Queries& queries) {
  score<Kv>(a, queries);
  Merge merges[kQueries];
  for (int i = 0; i < queries.n; ++i) {
    Query& query = queries.of[i];
    softmax(a.softcap, query, queries.scores[i]);
    float& m = a.state.m[query.index];
    float& l = a.state.l[query.index];
    const float max = m > query.max ? m : query.max;
    merges[i] = {exp1(m - max), exp1(query.max - max)};
    l = __builtin_fmaf(l, merges[i].keep, query.sum * merges[i].take);
    m = max;
  }
  merge_values<Kv>(a, queries, merges);
}

template <typename Kv>
void attend_block(const BlockArgs& a) {
  Queries queries;
  queries.n = 0;
  for (int i = 0; i < a.n_tokens * a.group; ++i) {
    const int token = i / a.group, head = i % a.group;
    const int first = clamp_to_block(a.first[token], a.begin), last = clamp_to_block(a.last[token], a.begin);
    if (first < last) {
      if (queries.n == 0) queries.first = first, queries.last = last;
      if (first < queries.first) queries.first = first;
      if (last > queries.last) queries.last = last;
      const float* q = a.q + token * a.q_token_stride + static_cast<int64_t>(head) * a.head_dim;
      queries.of[queries.n++] = {q, first, last, i, 0, 0};
    }
    if (queries.n == kQueries || (queries.n > 0 && i + 1 == a.n_tokens * a.group)) {
      attend_queries<Kv>(a, queries);
      queries.n = 0;
    }
  }
}

template <typename Kv>
void attend(const AttentionArgs& a) noexcept {
  for (int block = 0; block < a.n_blocks; ++block) attend_block<Kv>(block_of_span(a, block));
}

void merge_attention(const AttentionState& part, int32_t n_queries, int32_t head_dim,
                     const AttentionState& whole) noexcept {
  merge_states(part, n_queries, head_dim, whole, exp1,
               [](float* acc, float keep, const float* from, float take, int32_t n) {
                 for (int32_t d = 0; d < n; d += 4) {
                   const float32x4_t taken = vmulq_n_f32(load_first(from + d, n - d), take);
                   store_first(acc + d, vfmaq_n_f32(taken, load_first(acc + d, n - d), keep), n - d);
                 }
               });
}

template <typename Kv>
size_t block_bytes(int32_t head_dim) noexcept {
  return Kv::bytes(head_dim);
}

template <typename Kv>
void store(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept {
  Kv::store(k, v, head_dim, position, kv_block);
}

}  // namespace

void fill_kv_kernels(KernelTable& table) noexcept {
  table.merge_attention = merge_attention;
  table.kv[static_cast<int>(KvType::kF32)] = {block_bytes<F32Kv>, store<F32Kv>, attend<F32Kv>};
  table.kv[static_cast<int>(KvType::kF16)] = {block_bytes<F16Kv>, store<F16Kv>, attend<F16Kv>};
  table.kv[static_cast<int>(KvType::kQ8_0)] = {block_bytes<Q8Kv>, store<Q8Kv>, attend<Q8Kv>};
}

}  // namespace tenfold::kernels::neon
