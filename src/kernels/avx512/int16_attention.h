// Attention over a 16-bit KV cache in whole numbers: vpdpwssd multiplies and adds 32 pairs where an FMA does 16, and
// nothing has to be made a float first. Include after simd.h.
//
// A block holds 13-bit codes of its elements and a scale for each position's K and V, next to F16 in size and
// precision (a step of max/8191 against 2^-11 of each element):
//   codes of K:  [head_dim / 2][64 positions][2 dimensions]     codes of V:  [32][head_dim][2 positions]
//   scales of K, of V:  [64] floats
// Queries and weights are rounded to at most 16 bits so that no sum of products leaves 32 bits. Whole sums are exact in
// any order, and a code that is not visible is multiplied with 0: no edge needs a loop of its own.
#pragma once

#include "kernels/attention_span.h"
#include "kernels/simd/math.h"
#include "kernels/simd/panel_layout.h"

namespace tenfold::kernels {
namespace {

constexpr float kLargestKvCode = 8191;                  // of K and V
constexpr float kLargestFactor = 32767;                 // of queries and weights
constexpr float kSumOfFactors = 262144;                 // Σ|factor|·8191 < 2^31
constexpr int kInt16MaxHeadDim = 512;                   // larger heads are kept as F16
constexpr int kInt16Queries = 6;                        // 24 sums, four rows of codes and a factor fill the registers
constexpr int kInt16QueriesAtOnce = 8 * kInt16Queries;  // whose codes are made once for all blocks of a span

struct Int16Layout {
  int head_dim;
  int key_pairs() const { return (head_dim + 1) / 2; }
  size_t values() const { return static_cast<size_t>(key_pairs()) * kKvBlock * 4; }
  size_t value_row_bytes() const { return static_cast<size_t>(head_dim) * 4; }
  size_t key_scales() const { return values() + pad_to_64(kKvBlock / 2 * value_row_bytes()); }
  size_t value_scales() const { return key_scales() + kKvBlock * sizeof(float); }
  size_t bytes() const { return value_scales() + kKvBlock * sizeof(float); }
};

inline __m256i to_int16(I32 v) { return _mm512_cvtsepi32_epi16(v); }

// Rounds head_dim elements to codes; beyond them up to a multiple of 16, zeros. Returns the scale, NaN if there is one.
inline float store_codes(const float* x, int head_dim, int16_t* codes) noexcept {
  I32 largest = splat_int(0);  // magnitudes compare like their bits, NaN above all
  for (int d = 0; d < head_dim; d += kLanes) {
    largest = max_int(as_int(abs(load_first(x + d, head_dim - d < kLanes ? head_dim - d : kLanes))), largest);
  }
  const float scale = __builtin_bit_cast(float, max_lanes(largest)) / kLargestKvCode;
  for (int d = 0; d < head_dim; d += kLanes) {
    const F32 elements = load_first(x + d, head_dim - d < kLanes ? head_dim - d : kLanes);
    F32 scaled = scale > 0 ? div(elements, splat(scale)) : zero();
    scaled = max(min(scaled, splat(kLargestKvCode)), splat(-kLargestKvCode));  // a subnormal scale is a rough one
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + d), to_int16(round_to_int(scaled)));
  }
  return scale;
}

inline void int16_store(const float* k, const float* v, int head_dim, size_t position, uint8_t* block) noexcept {
  const Int16Layout layout{head_dim};
  const auto key_pairs = static_cast<size_t>(layout.key_pairs());
  alignas(64) int16_t codes[kInt16MaxHeadDim];
  const float k_scale = store_codes(k, head_dim, codes);
  for (size_t pair = 0; pair < key_pairs; ++pair) {
    memcpy(block + (pair * kKvBlock + position) * 4, codes + 2 * pair, 4);
  }
  const float v_scale = store_codes(v, head_dim, codes);
  auto* values = reinterpret_cast<int16_t*>(block + layout.values() + position / 2 * layout.value_row_bytes());
  for (size_t d = 0; d < static_cast<size_t>(head_dim); ++d) values[2 * d + position % 2] = codes[d];
  memcpy(block + layout.key_scales() + position * sizeof(float), &k_scale, sizeof(float));
  memcpy(block + layout.value_scales() + position * sizeof(float), &v_scale, sizeof(float));
}

struct Int16Query {
  const int32_t* codes;  // pairs of dimensions
  float scale;           // of the codes
  int token;
  AttentionState state;
};

// The codes of a query; its scale, NaN if it holds one.
inline float quantize_query(const float* q, int head_dim, int32_t* codes) noexcept {
  F32 largest = zero(), sum = zero();
  for (int d = 0; d < head_dim; d += kLanes) {
    const F32 x = abs(load_first(q + d, head_dim - d < kLanes ? head_dim - d : kLanes));
    largest = max(x, largest);
    sum = add(sum, x);
  }
  const float by_largest = max_lanes(largest) / kLargestFactor;
  const float by_sum = sum_lanes(sum) / (kSumOfFactors - static_cast<float>(head_dim));
  const float scale = by_largest > by_sum ? by_largest : by_sum;
  const F32 inverse = splat(scale > 0 ? 1 / scale : 0);
  auto* to = reinterpret_cast<int16_t*>(codes);
  for (int d = 0; d < head_dim; d += kLanes) {
    const F32 x = load_first(q + d, head_dim - d < kLanes ? head_dim - d : kLanes);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + d), to_int16(round_to_int(mul(x, inverse))));
  }
  return scale;
}

// sum += codes · factors, in pairs. GCC 12 copies every sum to another register and back around the intrinsic.
[[gnu::always_inline]] inline void add_products(I32& sum, I32 codes, I32 factors) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(codes), "v"(factors));
}

struct Int16Rows {
  const uint8_t* data;
  size_t stride;
  ptrdiff_t ahead;  // from a row to the one to prefetch with it
  int begin, end;
};

// sums[i][v] = Σ over rows of codes · query i's factor for the row, for the lanes of kVectors vectors; of the last one
// `lanes`.
template <int kQueries, int kVectors>
[[gnu::always_inline]] inline void multiply(const Int16Rows& rows, const int32_t* factors, size_t factor_stride,
                                            __mmask16 lanes, I32 (&sums)[kQueries][kVectors]) {
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = splat_int(0);
  }
  for (int r = rows.begin; r < rows.end; ++r) {
    const uint8_t* row = rows.data + static_cast<size_t>(r) * rows.stride;
    I32 codes[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      codes[v] = _mm512_maskz_loadu_epi32(lanes, row + v * 64);
      _mm_prefetch(reinterpret_cast<const char*>(row + v * 64 + rows.ahead), _MM_HINT_T0);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kQueries; ++i) {
      const I32 factor = splat_int(factors[static_cast<size_t>(i) * factor_stride + static_cast<size_t>(r)]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) add_products(sums[i][v], codes[v], factor);
    }
  }
}

// Some queries against a block. What is one of each query lies side by side, so that it is made for all at once.
struct Int16Tile {
  const BlockArgs& a;
  const Int16Query* queries;
  int first, last;                                           // positions that any of them sees
  alignas(64) float scores[kInt16Queries][kKvBlock];         // then exp(score − maximum)·(scale of V)
  alignas(64) int32_t weights[kInt16Queries][kKvBlock / 2];  // those in whole numbers, pairs of positions
  alignas(64) float maxima[kLanes], sums[kLanes];            // of scores, of exp(score − maximum)
  alignas(64) float value_scales[kLanes];                    // the largest among the visible positions
  alignas(64) float inverse_units[kLanes];                   // whole weights a weight
  alignas(64) float keep[kLanes], take[kLanes];              // factors of what was there, of the block's whole sums

  // The arrays are written before they are read: filling them would cost as much as a product.
  Int16Tile(const BlockArgs& block_args, const Int16Query* first_query) noexcept
      : a(block_args), queries(first_query), first(kKvBlock), last(0) {}

  Int16Layout layout() const { return {a.head_dim}; }
  const uint8_t* block() const { return static_cast<const uint8_t*>(a.kv_block); }
  ptrdiff_t ahead() const { return static_cast<const uint8_t*>(a.next_block) - block(); }
  const float* scales(size_t offset) const { return reinterpret_cast<const float*>(block() + offset); }
  int first_of(int i) const { return clamp_to_block(a.first[queries[i].token], a.begin); }
  int last_of(int i) const { return clamp_to_block(a.last[queries[i].token], a.begin); }
};

// scores of positions [position, position + kVectors·kLanes)
template <int kQueries, int kVectors>
[[gnu::noinline]] void score_int16(Int16Tile& tile, int position) noexcept {
  I32 sums[kQueries][kVectors];
  const Int16Rows rows{tile.block() + position * 4, kKvBlock * 4, tile.ahead(), 0, tile.layout().key_pairs()};
  const auto stride = static_cast<size_t>(tile.queries[1].codes - tile.queries[0].codes);
  multiply<kQueries, kVectors>(rows, tile.queries[0].codes, stride, 0xFFFF, sums);
  const float* key_scales = tile.scales(tile.layout().key_scales()) + position;
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const F32 score = mul(mul(to_float(sums[i][v]), load(key_scales + v * kLanes)), splat(tile.queries[i].scale));
      store(tile.scores[i] + position + v * kLanes, score);
    }
  }
}

// The largest scale of V among the block's positions, NaN above all.
[[gnu::always_inline]] inline float largest_scale(const F32 (&scales)[kKvBlock / kLanes]) {
  I32 largest = as_int(scales[0]);
#pragma GCC unroll 4
  for (int v = 1; v < kKvBlock / kLanes; ++v) largest = max_int(as_int(scales[v]), largest);
  return __builtin_bit_cast(float, max_lanes(largest));
}

// Query i's maximum; what it does not see becomes −∞. Vectors before and after `vectors` hold nothing yet.
[[gnu::always_inline]] inline void find_maximum(Int16Tile& tile, int i, int begin_vector, int end_vector) {
  const int first = tile.first_of(i), last = tile.last_of(i);
  const float cap = tile.a.softcap;
  const F32 lowest = splat(-__builtin_inff());
  F32 largest = lowest;
#pragma GCC unroll 4
  for (int v = 0; v < kKvBlock / kLanes; ++v) {
    float* scores = tile.scores[i] + v * kLanes;
    F32 x = v >= begin_vector && v < end_vector ? load(scores) : lowest;
    if (cap > 0) x = mul(splat(cap), tanh(div(x, splat(cap))));
    if (last - first < kKvBlock) x = keep_lanes(x, first - v * kLanes, last - v * kLanes, lowest);
    if (cap > 0 || last - first < kKvBlock) store(scores, x);
    largest = max(x, largest);
  }
  tile.maxima[i] = max_lanes(largest);
}

// scores → exp(score − maximum)·(scale of V), 0 where nothing is visible.
[[gnu::always_inline]] inline void exponentiate(Int16Tile& tile, const F32 (&block_scales)[kKvBlock / kLanes],
                                                float scale_of_all, int i) {
  constexpr int kVectors = kKvBlock / kLanes;
  const int first = tile.first_of(i), last = tile.last_of(i);
  F32 scales[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) scales[v] = block_scales[v];
  tile.value_scales[i] = scale_of_all;
  if (last - first < kKvBlock) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) scales[v] = keep_lanes(scales[v], first - v * kLanes, last - v * kLanes, zero());
    tile.value_scales[i] = largest_scale(scales);
  }
  F32 total = zero();
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const F32 x = exp(sub(load(tile.scores[i] + v * kLanes), splat(tile.maxima[i])));
    total = add(total, x);
    store(tile.scores[i] + v * kLanes, mul(x, scales[v]));
  }
  tile.sums[i] = sum_lanes(total);
}

// Merges the maxima and sums of the tile's queries and leaves the factors for their weights and values.
inline void merge_int16_sums(Int16Tile& tile, int n_queries) noexcept {
  const AttentionState& state = tile.queries[0].state;
  const __mmask16 lanes = first_lanes(n_queries);
  const auto load_some = [lanes](const float* p) { return _mm512_maskz_load_ps(lanes, p); };
  const F32 sums = load_some(tile.sums), maxima = load_some(tile.maxima);
  const F32 m = load_first(state.m, n_queries);
  const F32 merged = max(m, maxima);
  const F32 keep = exp(sub(m, merged)), take = exp(sub(maxima, merged));
  store_first(state.l, fma(load_first(state.l, n_queries), keep, mul(sums, take)), n_queries);
  store_first(state.m, merged, n_queries);

  const F32 by_sum = div(sums, splat(kSumOfFactors - kKvBlock));
  const F32 unit = mul(load_some(tile.value_scales), max(by_sum, splat(1 / kLargestFactor)));
  store(tile.inverse_units, select_less(zero(), unit, div(splat(1), unit), zero()));
  store(tile.keep, keep);
  store(tile.take, mul(unit, take));
}

[[gnu::always_inline]] inline void round_weights(Int16Tile& tile, int i) {
#pragma GCC unroll 4
  for (int v = 0; v < kKvBlock / kLanes; ++v) {
    const I32 weights = round_to_int(mul(load(tile.scores[i] + v * kLanes), splat(tile.inverse_units[i])));
    _mm256_store_si256(reinterpret_cast<__m256i*>(tile.weights[i]) + v, to_int16(weights));
  }
}

// Scores → weights. Each step goes over all queries, because its end must wait for its beginning: a step's latency is
// hidden by the next query's.
template <int kQueries>
void soften_int16(Int16Tile& tile, int begin_vector, int end_vector) noexcept {
  F32 scales[kKvBlock / kLanes];
#pragma GCC unroll 4
  for (int v = 0; v < kKvBlock / kLanes; ++v) {
    scales[v] = load(tile.scales(tile.layout().value_scales()) + v * kLanes);
  }
  const float scale_of_all = largest_scale(scales);
  for (int i = 0; i < kQueries; ++i) find_maximum(tile, i, begin_vector, end_vector);
  for (int i = 0; i < kQueries; ++i) exponentiate(tile, scales, scale_of_all, i);
  merge_int16_sums(tile, kQueries);
  for (int i = 0; i < kQueries; ++i) round_weights(tile, i);
}

// Dimensions [d, d + kVectors·kLanes), of the last vector `lanes`.
template <int kQueries, int kVectors>
[[gnu::always_inline]] inline void merge_int16_values(const Int16Tile& tile, int d, __mmask16 lanes) {
  const Int16Layout layout = tile.layout();
  I32 sums[kQueries][kVectors];
  const Int16Rows rows{tile.block() + layout.values() + d * 4, layout.value_row_bytes(), tile.ahead(), tile.first / 2,
                       (tile.last + 1) / 2};
  multiply<kQueries, kVectors>(rows, tile.weights[0], kKvBlock / 2, lanes, sums);
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      float* acc = tile.queries[i].state.acc + d + v * kLanes;
      const F32 part = mul(to_float(sums[i][v]), splat(tile.take[i]));
      _mm512_mask_storeu_ps(acc, lanes, fma(_mm512_maskz_loadu_ps(lanes, acc), splat(tile.keep[i]), part));
    }
  }
}

template <int kQueries>
[[gnu::noinline]] void merge_int16(const Int16Tile& tile) noexcept {
  int d = 0;
  for (; d + 4 * kLanes <= tile.a.head_dim; d += 4 * kLanes) merge_int16_values<kQueries, 4>(tile, d, 0xFFFF);
  for (; d < tile.a.head_dim; d += kLanes) {
    const int n = tile.a.head_dim - d;
    merge_int16_values<kQueries, 1>(tile, d, n < kLanes ? first_lanes(n) : 0xFFFF);
  }
}

template <int kQueries>
void attend_int16_tile(Int16Tile& tile) noexcept {
  constexpr int kVectors = kKvBlock / kLanes;
  int begin = tile.first / kLanes, end = (tile.last + kLanes - 1) / kLanes;
  switch (end - begin) {
    case 1: score_int16<kQueries, 1>(tile, begin * kLanes); break;
    case 2: score_int16<kQueries, 2>(tile, begin * kLanes); break;
    case 3: score_int16<kQueries, 3>(tile, begin * kLanes); break;
    default: score_int16<kQueries, kVectors>(tile, 0); break;
  }
  soften_int16<kQueries>(tile, begin, end);
  merge_int16<kQueries>(tile);
}

template <int kQueries = kInt16Queries>
void attend_int16_queries(Int16Tile& tile, int n) noexcept {
  if constexpr (kQueries > 1) {
    if (n < kQueries) return attend_int16_queries<kQueries - 1>(tile, n);
  }
  attend_int16_tile<kQueries>(tile);
}

// Tokens come in any order of what they see; those that see nothing of the block are left out.
inline void attend_int16_block(const BlockArgs& a, const Int16Query* queries, int n_queries) noexcept {
  for (int begin = 0; begin < n_queries;) {
    Int16Tile tile(a, queries + begin);
    int n = 0;
    for (; n < kInt16Queries && begin + n < n_queries; ++n) {
      const int token = queries[begin + n].token;
      const int first = clamp_to_block(a.first[token], a.begin), last = clamp_to_block(a.last[token], a.begin);
      if (first >= last) break;
      tile.first = first < tile.first ? first : tile.first;
      tile.last = last > tile.last ? last : tile.last;
    }
    if (n > 0) attend_int16_queries(tile, n);
    begin += n > 0 ? n : 1;
  }
}

// Some of the queries against all blocks.
inline void attend_int16_some(const AttentionArgs& a, int begin, int n) noexcept {
  alignas(64) int32_t codes[kInt16QueriesAtOnce * kInt16MaxHeadDim / 2];
  Int16Query queries[kInt16QueriesAtOnce + 1];
  const int stride = (a.head_dim + kLanes - 1) / kLanes * kLanes / 2;
  for (int i = 0; i < n; ++i) {
    const int64_t index = begin + i;
    const int token = (begin + i) / a.group, head = (begin + i) % a.group;
    int32_t* to = codes + i * stride;
    const float scale =
        quantize_query(a.q + token * a.q_token_stride + static_cast<int64_t>(head) * a.head_dim, a.head_dim, to);
    queries[i] = {to, scale, token, {a.state.m + index, a.state.l + index, a.state.acc + index * a.head_dim}};
  }
  queries[n].codes = codes + n * stride;
  for (int block = 0; block < a.n_blocks; ++block) attend_int16_block(block_of_span(a, block), queries, n);
}

}  // namespace
}  // namespace tenfold::kernels
