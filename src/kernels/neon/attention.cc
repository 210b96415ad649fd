// Attention of queries over KV blocks.
//
// A stretch of 32 elements of the head is made floats once for up to 16 queries. Two of these at a time then share what
// is loaded of K and V: one alone takes more loads than multiplications. No query can change another's bits.
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

// scores += K·q of kN queries for some elements of the head, at all 64 positions. What lies past a query's last is
// never read again.
template <int kN>
void add_scores(const Query* queries, const float* k, Dims dims, float (*scores)[kKvBlock]) {
  constexpr int kCount = kVectors / kN;  // vectors of scores that are kept in registers, of each query
  for (int begin = 0; begin < kKvBlock; begin += kCount * 4) {
    float32x4_t sums[kN][kCount];
    unroll<kN * kCount>([&](auto i) {
      sums[i.value / kCount][i.value % kCount] = vld1q_f32(scores[i.value / kCount] + begin + i.value % kCount * 4);
    });
    for (int d = 0; d < dims.n_dims; ++d) {
      float32x4_t factors[kN];
      unroll<kN>([&](auto n) { factors[n.value] = vld1q_dup_f32(queries[n.value].q + dims.d + d); });
      unroll<kCount>([&](auto i) {
        const float32x4_t keys = vld1q_f32(k + d * kKvBlock + begin + i.value * 4);
        unroll<kN>([&](auto n) { sums[n.value][i.value] = vfmaq_f32(sums[n.value][i.value], keys, factors[n.value]); });
      });
    }
    unroll<kN * kCount>([&](auto i) {
      vst1q_f32(scores[i.value / kCount] + begin + i.value % kCount * 4, sums[i.value / kCount][i.value % kCount]);
    });
  }
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

// out: Σ weight·V over the positions that kN queries see, for kDims elements.
template <int kN>
void weigh(const Query& first, const float (*weights)[kKvBlock], const float* v, float (*out)[kDims]) {
  constexpr int kCount = kDims / 4;
  float32x4_t sums[kN][kCount];
  unroll<kN * kCount>([&](auto i) { sums[i.value / kCount][i.value % kCount] = vdupq_n_f32(0); });
  for (int p = first.first; p < first.last; ++p) {
    float32x4_t factors[kN];
    unroll<kN>([&](auto n) { factors[n.value] = vld1q_dup_f32(weights[n.value] + p); });
    unroll<kCount>([&](auto i) {
      const float32x4_t values = vld1q_f32(v + p * kDims + i.value * 4);
      unroll<kN>([&](auto n) { sums[n.value][i.value] = vfmaq_f32(sums[n.value][i.value], values, factors[n.value]); });
    });
  }
  unroll<kN * kCount>([&](auto i) {
    vst1q_f32(out[i.value / kCount] + i.value % kCount * 4, sums[i.value / kCount][i.value % kCount]);
  });
}

template <typename Kv>
void score(const BlockArgs& a, Queries& queries) {
  alignas(64) KFloats buffer;
  __builtin_memset(queries.scores, 0, sizeof(queries.scores[0]) * static_cast<size_t>(queries.n));
  for (int d = 0; d < a.head_dim; d += kDims) {
    const Dims dims{d, a.head_dim - d < kDims ? a.head_dim - d : kDims};
    const float* k = Kv::k_floats(a.kv_block, a.head_dim, dims, buffer);
    int i = 0;
    for (; i + 2 <= queries.n; i += 2) add_scores<2>(queries.of + i, k, dims, queries.scores + i);
    if (i < queries.n) add_scores<1>(queries.of + i, k, dims, queries.scores + i);
  }
}

struct Merge {
  float keep;  // of what was there
  float take;  // of the block's
};

// acc = acc·keep + from·take, n elements.
void merge_row(float* acc, float keep, const float* from, float take, int32_t n) {
  int32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const float32x4_t taken = vmulq_n_f32(vld1q_f32(from + i), take);
    vst1q_f32(acc + i, vfmaq_n_f32(taken, vld1q_f32(acc + i), keep));
  }
  if (i < n) {
    const float32x4_t taken = vmulq_n_f32(load_first(from + i, n - i), take);
    store_first(acc + i, vfmaq_n_f32(taken, load_first(acc + i, n - i), keep), n - i);
  }
}

template <typename Kv>
void merge_values(const BlockArgs& a, const Queries& queries, const Merge* merges) {
  alignas(64) VFloats v;
  for (int d = 0; d < a.head_dim; d += kDims) {
    const Dims dims{d, a.head_dim - d < kDims ? a.head_dim - d : kDims};
    for (int p = queries.first; p < queries.last; ++p) Kv::v_floats(a.kv_block, a.head_dim, dims, p, v + p * kDims);
    alignas(64) float blocks[kQueries][kDims];
    for (int i = 0, n; i < queries.n; i += n) {
      const Query* const of = queries.of + i;
      n = i + 1 < queries.n && of[0].first == of[1].first && of[0].last == of[1].last ? 2 : 1;
      (n == 2 ? weigh<2> : weigh<1>)(of[0], queries.scores + i, v, blocks + i);
    }
    for (int i = 0; i < queries.n; ++i) {
      float* acc = a.state.acc + static_cast<int64_t>(queries.of[i].index) * a.head_dim + d;
      merge_row(acc, merges[i].keep, blocks[i], merges[i].take, dims.n_dims);
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
  merge_states(part, n_queries, head_dim, whole, exp1, merge_row);
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
