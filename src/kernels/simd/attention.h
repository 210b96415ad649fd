// Attention of a few queries over KV blocks.
//
// Queries are taken kMaxQueries at a time (query heads of one token, then the next token's), so that every key and
// value is loaded once for all of them. Scores are vectors over positions, one FMA chain over the dimensions each;
// outputs are vectors over dimensions, one FMA chain over the visible positions each. Neither chain depends on the
// other queries of the tile. What is not visible is never multiplied, so nothing unwritten can leak in.
#pragma once

#include "kernels/attention_span.h"
#include "kernels/simd/kv_layout.h"
#include "kernels/simd/math.h"
#include "kernels/simd/vector_part.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

constexpr int kMaxQueries = 4;

struct Query {
  const float* q;
  int first, last;  // visible positions of the block
  float* m;
  float* l;
  float* acc;
};

using Scores = float[kMaxQueries][kKvBlock];

// Scores of kVectors·kLanes positions from `position` on.
template <typename Kv, int kQueries, int kVectors>
[[gnu::always_inline]] inline void score_positions(const BlockArgs& a, const Query* queries, int position,
                                                   Scores& scores) {
  F32 sums[kQueries][kVectors];
#pragma GCC unroll 4
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = zero();
  }
  for (int d = 0; d < a.head_dim; ++d) {
    F32 keys[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) keys[v] = Kv::key(a.kv_block, d, position + v * kLanes);
#pragma GCC unroll 4
    for (int i = 0; i < kQueries; ++i) {
      const F32 q = splat(queries[i].q[d]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(q, keys[v], sums[i][v]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(scores[i] + position + v * kLanes, sums[i][v]);
  }
}

// The same with 8-bit keys: 32 dimensions at a time in whole codes, then once times the scale.
template <int kIndex, int kQueries>
[[gnu::always_inline]] inline void score_codes(I32 codes, const Query* queries, int d, F32 (&sums)[kQueries]) {
  if constexpr (kIndex < 4) {
    const F32 key = to_float(signed_byte<kIndex>(codes));
#pragma GCC unroll 4
    for (int i = 0; i < kQueries; ++i) sums[i] = fma(splat(queries[i].q[d + kIndex]), key, sums[i]);
    score_codes<kIndex + 1>(codes, queries, d, sums);
  }
}
template <int kQueries>
[[gnu::always_inline]] inline void score_q8_positions(const BlockArgs& a, const Query* queries, int position,
                                                      Scores& scores) {
  const uint8_t* codes = Q8Kv::bytes(a.kv_block);
  const uint8_t* scales = codes + Q8Kv::codes_bytes(a.head_dim);
  F32 sums[kQueries];
#pragma GCC unroll 4
  for (int i = 0; i < kQueries; ++i) sums[i] = zero();
  for (int block = 0; block < a.head_dim; block += kBlock) {
    F32 part[kQueries];
#pragma GCC unroll 4
    for (int i = 0; i < kQueries; ++i) part[i] = zero();
    for (int d = block; d < block + kBlock; d += 4) {
      score_codes<0>(load_int(codes + d * kKvBlock + position * 4), queries, d, part);
    }
    const F32 scale = load_half(scales + (block / kBlock * kKvBlock + position) * 2);
#pragma GCC unroll 4
    for (int i = 0; i < kQueries; ++i) sums[i] = fma(part[i], scale, sums[i]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kQueries; ++i) store(scores[i] + position, sums[i]);
}

template <typename Kv, int kQueries>
[[gnu::always_inline]] inline void score_block(const BlockArgs& a, const Query* queries, int first, int last,
                                               Scores& scores) {
  if constexpr (__is_same(Kv, Q8Kv)) {
    for (int p = first / kLanes * kLanes; p < last; p += kLanes) score_q8_positions<kQueries>(a, queries, p, scores);
  } else {
    constexpr int kStep = kScoreVectors * kLanes;
    for (int p = first / kStep * kStep; p < last; p += kStep) {
      score_positions<Kv, kQueries, kScoreVectors>(a, queries, p, scores);
    }
  }
}

// Scores → exp(score − maximum), 0 where nothing is visible. The block's maximum and sum.
inline void soften(const Query& query, float cap, float (&scores)[kKvBlock], float& maximum, float& sum) {
  constexpr int kVectors = kKvBlock / kLanes;
  const F32 lowest = splat(-__builtin_inff());
  F32 x[kVectors];
  F32 largest = lowest;
  for (int v = 0; v < kVectors; ++v) {
    x[v] = load(scores + v * kLanes);
    if (cap > 0) x[v] = mul(splat(cap), tanh(div(x[v], splat(cap))));
    x[v] = keep_lanes(x[v], query.first - v * kLanes, query.last - v * kLanes, lowest);
    largest = max(x[v], largest);
  }
  maximum = max_lanes(largest);
  F32 total = zero();
  for (int v = 0; v < kVectors; ++v) {
    x[v] = exp(sub(x[v], splat(maximum)));
    x[v] = keep_lanes(x[v], query.first - v * kLanes, query.last - v * kLanes, zero());
    store(scores + v * kLanes, x[v]);
    total = add(total, x[v]);
  }
  sum = sum_lanes(total);
}

// sums[i] += Σ weight·value over positions [begin, end), dimensions [d, d + kVectors·kLanes) or, with kVectors = 1, the
// first n lanes of them.
template <typename Kv, int kQueries, int kVectors>
[[gnu::always_inline]] inline void weigh_values(const BlockArgs& a, const float* weights, int begin, int end, int d,
                                                int n, F32 (*sums)[kVectors]) {
  for (int p = begin; p < end; ++p) {
    F32 values[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) values[v] = Kv::value(a.kv_block, a.head_dim, p, d + v * kLanes, n);
#pragma GCC unroll 4
    for (int i = 0; i < kQueries; ++i) {
      const F32 weight = splat(weights[i * kKvBlock + p]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(weight, values[v], sums[i][v]);
    }
  }
}

struct Merge {
  float keep, take;  // factors of what was there and of the block's part
};

// Dimensions [d, …) of all queries of the tile: the positions that all of them see together, the others one by one.
template <typename Kv, int kQueries, int kVectors>
[[gnu::always_inline]] inline void merge_values(const BlockArgs& a, const Query* queries, const Scores& weights,
                                                const Merge* merges, int d, int n) {
  int begin = 0, end = kKvBlock;
  for (int i = 0; i < kQueries; ++i) {
    begin = queries[i].first > begin ? queries[i].first : begin;
    end = queries[i].last < end ? queries[i].last : end;
  }
  if (end < begin) end = begin;
  F32 sums[kQueries][kVectors];
#pragma GCC unroll 4
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = zero();
    const int last = queries[i].last < begin ? queries[i].last : begin;
    weigh_values<Kv, 1, kVectors>(a, weights[i], queries[i].first, last, d, n, sums + i);
  }
  weigh_values<Kv, kQueries, kVectors>(a, weights[0], begin, end, d, n, sums);
#pragma GCC unroll 4
  for (int i = 0; i < kQueries; ++i) {
    const int first = queries[i].first > end ? queries[i].first : end;
    weigh_values<Kv, 1, kVectors>(a, weights[i], first, queries[i].last, d, n, sums + i);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      float* acc = queries[i].acc + d + v * kLanes;
      const F32 part = mul(sums[i][v], splat(merges[i].take));
      store_first(acc, fma(load_first(acc, n), splat(merges[i].keep), part), n);
    }
  }
}

template <typename Kv, int kQueries>
[[gnu::noinline]] void attend_tile(const BlockArgs& a, const Query* queries) {
  alignas(64) Scores scores;
  Merge merges[kQueries];
  int first = kKvBlock, last = 0;
  for (int i = 0; i < kQueries; ++i) {
    first = queries[i].first < first ? queries[i].first : first;
    last = queries[i].last > last ? queries[i].last : last;
  }
  memset(scores, 0, sizeof(scores));
  score_block<Kv, kQueries>(a, queries, first, last, scores);
  for (int i = 0; i < kQueries; ++i) {
    float maximum, sum;
    soften(queries[i], a.softcap, scores[i], maximum, sum);
    const float merged = *queries[i].m > maximum ? *queries[i].m : maximum;
    merges[i] = {first_lane(exp(splat(*queries[i].m - merged))), first_lane(exp(splat(maximum - merged)))};
    *queries[i].l = __builtin_fmaf(*queries[i].l, merges[i].keep, sum * merges[i].take);
    *queries[i].m = merged;
  }
  int d = 0;
  for (; d + kValueVectors * kLanes <= a.head_dim; d += kValueVectors * kLanes) {
    merge_values<Kv, kQueries, kValueVectors>(a, queries, scores, merges, d, kLanes);
  }
  for (; d < a.head_dim; d += kLanes) {
    const int n = a.head_dim - d < kLanes ? a.head_dim - d : kLanes;
    merge_values<Kv, kQueries, 1>(a, queries, scores, merges, d, n);
  }
}

template <typename Kv, int kQueries = 1>
void attend_queries(const BlockArgs& a, const Query* queries, int n) {
  if constexpr (kQueries < kMaxQueries) {
    if (n > kQueries) return attend_queries<Kv, kQueries + 1>(a, queries, n);
  }
  if (n > 0) attend_tile<Kv, kQueries>(a, queries);
}

template <typename Kv>
void attend_block(const BlockArgs& a) {
  Query queries[kMaxQueries];
  int n = 0;
  for (int token = 0; token < a.n_tokens; ++token) {
    const int first = clamp_to_block(a.first[token], a.begin), last = clamp_to_block(a.last[token], a.begin);
    if (first >= last) continue;
    for (int head = 0; head < a.group; ++head) {
      const int64_t i = static_cast<int64_t>(token) * a.group + head;
      const float* q = a.q + token * a.q_token_stride + static_cast<int64_t>(head) * a.head_dim;
      queries[n++] = {q, first, last, a.state.m + i, a.state.l + i, a.state.acc + i * a.head_dim};
      if (n == kMaxQueries) {
        attend_tile<Kv, kMaxQueries>(a, queries);
        n = 0;
      }
    }
  }
  attend_queries<Kv>(a, queries, n);
}

template <typename Kv>
void attend(const AttentionArgs& a) noexcept {
  for (int block = 0; block < a.n_blocks; ++block) attend_block<Kv>(block_of_span(a, block));
}

inline void merge_attention(const AttentionState& part, int32_t n_queries, int32_t head_dim,
                            const AttentionState& whole) noexcept {
  merge_states(
      part, n_queries, head_dim, whole, [](float x) { return first_lane(exp(splat(x))); },
      [](float* acc, float keep, const float* from, float take, int32_t n) {
        for (int32_t d = 0; d < n; d += kLanes) {
          const int32_t lanes = n - d < kLanes ? n - d : kLanes;
          const F32 taken = mul(load_first(from + d, lanes), splat(take));
          store_first(acc + d, fma(load_first(acc + d, lanes), splat(keep), taken), lanes);
        }
      });
}

template <typename Kv>
constexpr KvKernels kv_kernels() {
  return {Kv::block_bytes, Kv::store, attend<Kv>};
}

// The entries of a table that are made here.
consteval KernelTable attention_entries() {
  KernelTable table{};
  table.merge_attention = merge_attention;
  table.kv[static_cast<int>(KvType::kF32)] = kv_kernels<F32Kv>();
  table.kv[static_cast<int>(KvType::kF16)] = kv_kernels<F16Kv>();
  table.kv[static_cast<int>(KvType::kQ8_0)] = kv_kernels<Q8Kv>();
  return table;
}

}  // namespace
}  // namespace tenfold::kernels
