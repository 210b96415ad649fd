// Attention over a KV cache in whole numbers: add_products multiplies and adds twice as many of them as an FMA does
// floats, and nothing has to be made a float first.
//
// A block holds codes of its elements in pairs, and for each position a scale of every group of dimensions:
//   codes of K:  [head_dim / 2][64 positions][2 dimensions]     codes of V:  [32][head_dim][2 positions]
//   scales of K, of V:  [groups][64]
// Queries and weights are rounded to at most 16 bits so that no sum of products leaves 32 bits. Whole sums are exact in
// any order, and a code that is not visible is multiplied with 0: no edge needs a loop of its own.
#pragma once

#include "kernels/simd/attention.h"
#include "kernels/simd/panel_layout.h"
#include "kernels/simd/vector_part.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

constexpr float kLargestFactor = 32767;                 // of queries and weights
constexpr int kInt16MaxHeadDim = 512;                   // larger heads are kept as floats would have them
constexpr int kInt16Queries = 6;                        // × kInt16Vectors sums fill the registers
constexpr int kInt16QueriesAtOnce = 8 * kInt16Queries;  // whose codes are made once for all blocks of a span

// For type F16: 13 bits and one group, next to F16 in size and precision (a step of max/8191 against 2^-11 of each
// element).
struct Codes13 {
  using Code = int16_t;
  using Scale = float;
  static constexpr float kSumOfFactors = 1 << 18;      // Σ|factor|·8191 < 2^31
  static constexpr int kValueVectors = kInt16Vectors;  // of a group's dimensions, at a time
  static int group_dims(int head_dim) { return head_dim; }

  static F32 scales(const Scale* p) { return load(p); }
  // A vector of pairs of codes, of which n are there.
  [[gnu::always_inline]] static I32 pairs(const uint8_t* p, int n) {
    return n == kLanes ? load_int(p) : load_int_first(p, n);
  }

  // Rounds n elements to codes; beyond them up to a whole vector, zeros. Returns the scale, NaN if there is one.
  static Scale quantize(const float* x, int n, Code* codes) noexcept {
    constexpr float kLargest = 8191;
    I32 largest = splat_int(0);  // magnitudes compare like their bits, NaN above all
    for (int d = 0; d < n; d += kLanes) {
      largest = max_int(as_int(abs(load_first(x + d, n - d < kLanes ? n - d : kLanes))), largest);
    }
    const float scale = __builtin_bit_cast(float, max_lanes(largest)) / kLargest;
    for (int d = 0; d < n; d += kLanes) {
      const F32 elements = load_first(x + d, n - d < kLanes ? n - d : kLanes);
      F32 scaled = scale > 0 ? div(elements, splat(scale)) : zero();
      scaled = max(min(scaled, splat(kLargest)), splat(-kLargest));  // a subnormal scale is a rough one
      store_as_i16(codes + d, round_to_int(scaled));
    }
    return scale;
  }
};

// For type Q8_0, whose codes and scales they are.
struct Codes8 {
  using Code = int8_t;
  using Scale = uint16_t;                          // F16
  static constexpr float kSumOfFactors = 1 << 24;  // Σ|factor|·127 < 2^31
  static constexpr int kValueVectors = 2 < kInt16Vectors ? 2 : kInt16Vectors;
  static int group_dims(int) { return kBlock; }

  static F32 scales(const Scale* p) { return load_half(p); }
  [[gnu::always_inline]] static I32 pairs(const uint8_t* p, int) { return load_i8_as_i16(p); }
  static Scale quantize(const float* x, int, Code* codes) noexcept {
    return Q8Kv::quantize(x, reinterpret_cast<uint8_t*>(codes));
  }
};

template <typename Codes>
struct Int16Layout {
  static constexpr size_t kPairBytes = 2 * sizeof(typename Codes::Code);
  static constexpr size_t kGroupScaleBytes = kKvBlock * sizeof(typename Codes::Scale);

  int head_dim;
  int key_pairs() const { return (head_dim + 1) / 2; }
  int group_dims() const { return Codes::group_dims(head_dim); }
  int n_groups() const { return head_dim / group_dims(); }
  static constexpr size_t key_row_bytes() { return kKvBlock * kPairBytes; }
  size_t value_row_bytes() const { return static_cast<size_t>(head_dim) * kPairBytes; }
  size_t values() const { return static_cast<size_t>(key_pairs()) * key_row_bytes(); }
  size_t key_scales() const { return values() + pad_to_64(kKvBlock / 2 * value_row_bytes()); }
  size_t value_scales() const { return key_scales() + static_cast<size_t>(n_groups()) * kGroupScaleBytes; }
  size_t bytes() const { return value_scales() + static_cast<size_t>(n_groups()) * kGroupScaleBytes; }
};

template <typename Codes>
void int16_store(const float* k, const float* v, int head_dim, size_t position, uint8_t* block) noexcept {
  using Code = typename Codes::Code;
  const Int16Layout<Codes> layout{head_dim};
  alignas(64) Code codes[kInt16MaxHeadDim];
  const auto quantize = [&](const float* x, size_t scales_offset) {
    auto* scales = reinterpret_cast<typename Codes::Scale*>(block + scales_offset) + position;
    for (int group = 0; group < layout.n_groups(); ++group) {
      const int d = group * layout.group_dims();
      scales[group * kKvBlock] = Codes::quantize(x + d, layout.group_dims(), codes + d);
    }
  };
  quantize(k, layout.key_scales());
  for (size_t pair = 0; pair < static_cast<size_t>(layout.key_pairs()); ++pair) {
    memcpy(block + (pair * kKvBlock + position) * layout.kPairBytes, codes + 2 * pair, layout.kPairBytes);
  }
  quantize(v, layout.value_scales());
  auto* values = reinterpret_cast<Code*>(block + layout.values() + position / 2 * layout.value_row_bytes());
  for (size_t d = 0; d < static_cast<size_t>(head_dim); ++d) values[2 * d + position % 2] = codes[d];
}

struct Int16Query {
  const int32_t* codes;  // pairs of dimensions
  float scale;           // of the codes
  int token;
  AttentionState state;
};

// The codes of a query; its scale, NaN if it holds one.
template <typename Codes>
float quantize_query(const float* q, int head_dim, int32_t* codes) noexcept {
  F32 largest = zero(), sum = zero();
  for (int d = 0; d < head_dim; d += kLanes) {
    const F32 x = abs(load_first(q + d, head_dim - d < kLanes ? head_dim - d : kLanes));
    largest = max(x, largest);
    sum = add(sum, x);
  }
  const float by_largest = max_lanes(largest) / kLargestFactor;
  const float by_sum = sum_lanes(sum) / (Codes::kSumOfFactors - static_cast<float>(head_dim));
  const float scale = by_largest > by_sum ? by_largest : by_sum;
  const F32 inverse = splat(scale > 0 ? 1 / scale : 0);
  auto* to = reinterpret_cast<int16_t*>(codes);
  for (int d = 0; d < head_dim; d += kLanes) {
    const F32 x = load_first(q + d, head_dim - d < kLanes ? head_dim - d : kLanes);
    store_as_i16(to + d, round_to_int(mul(x, inverse)));
  }
  return scale;
}

struct Int16Rows {
  const uint8_t* data;
  size_t stride;
  ptrdiff_t ahead;  // from a row to the one to prefetch with it
  int begin, end;
};

// sums[i][v] = Σ over rows of codes · query i's factor for the row, for kVectors vectors of n lanes.
template <typename Codes, int kQueries, int kVectors>
[[gnu::always_inline]] inline void multiply(const Int16Rows& rows, const int32_t* factors, size_t factor_stride, int n,
                                            I32 (&sums)[kQueries][kVectors]) {
  constexpr size_t kVectorBytes = kLanes * Int16Layout<Codes>::kPairBytes;
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = splat_int(0);
  }
  for (int r = rows.begin; r < rows.end; ++r) {
    const uint8_t* row = rows.data + static_cast<size_t>(r) * rows.stride;
    I32 codes[kVectors];
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      const uint8_t* vector = row + v * kVectorBytes;
      codes[v] = Codes::pairs(vector, n);
      if (v * kVectorBytes % 64 == 0) __builtin_prefetch(vector + rows.ahead);  // a cache line
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
template <typename Codes>
struct Int16Tile {
  const BlockArgs& a;
  const Int16Query* queries;
  int first, last;                                              // positions that any of them sees
  alignas(64) float scores[kInt16Queries][kKvBlock];            // then exp(score − maximum)
  alignas(64) int32_t weights[kInt16Queries][kKvBlock / 2];     // those times a group's scales of V, rounded, in pairs
  alignas(64) float maxima[kLanes], sums[kLanes];               // of scores, of exp(score − maximum)
  alignas(64) float keep[kLanes], take[kLanes];                 // factors of what was there and of the block's part
  alignas(64) float value_scales[kLanes];                       // a group's largest among the visible positions
  alignas(64) float inverse_units[kLanes], take_units[kLanes];  // of its weights; the units times take

  // The arrays are written before they are read: filling them would cost as much as a product.
  Int16Tile(const BlockArgs& block_args, const Int16Query* first_query) noexcept
      : a(block_args), queries(first_query), first(kKvBlock), last(0) {}

  Int16Layout<Codes> layout() const { return {a.head_dim}; }
  const uint8_t* block() const { return static_cast<const uint8_t*>(a.kv_block); }
  ptrdiff_t ahead() const { return static_cast<const uint8_t*>(a.next_block) - block(); }
  // Of a vector of positions from `position` on.
  F32 scales(size_t offset, int group, int position) const {
    return Codes::scales(reinterpret_cast<const typename Codes::Scale*>(block() + offset) + group * kKvBlock +
                         position);
  }
  int first_of(int i) const { return clamp_to_block(a.first[queries[i].token], a.begin); }
  int last_of(int i) const { return clamp_to_block(a.last[queries[i].token], a.begin); }
};

// scores of positions [position, position + kVectors·kLanes)
template <typename Codes, int kQueries, int kVectors>
[[gnu::noinline]] void score_int16(Int16Tile<Codes>& tile, int position) noexcept {
  const Int16Layout<Codes> layout = tile.layout();
  const auto stride = static_cast<size_t>(tile.queries[1].codes - tile.queries[0].codes);
  for (int group = 0; group < layout.n_groups(); ++group) {
    const int first_pair = group * layout.group_dims() / 2;
    const int end_pair = group + 1 < layout.n_groups() ? first_pair + layout.group_dims() / 2 : layout.key_pairs();
    const Int16Rows rows{tile.block() + static_cast<size_t>(position) * layout.kPairBytes, layout.key_row_bytes(),
                         tile.ahead(), first_pair, end_pair};
    I32 sums[kQueries][kVectors];
    multiply<Codes, kQueries, kVectors>(rows, tile.queries[0].codes, stride, kLanes, sums);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const F32 scales = tile.scales(layout.key_scales(), group, position + v * kLanes);
#pragma GCC unroll 8
      for (int i = 0; i < kQueries; ++i) {
        float* scores = tile.scores[i] + position + v * kLanes;
        const F32 part = mul(mul(to_float(sums[i][v]), scales), splat(tile.queries[i].scale));
        store(scores, group == 0 ? part : add(load(scores), part));
      }
    }
  }
}

// Scores of n_vectors vectors from `position` on.
template <typename Codes, int kQueries, int kVectors = kInt16Vectors>
void score_int16_positions(Int16Tile<Codes>& tile, int position, int n_vectors) noexcept {
  for (; n_vectors >= kVectors; n_vectors -= kVectors, position += kVectors * kLanes) {
    score_int16<Codes, kQueries, kVectors>(tile, position);
  }
  if constexpr (kVectors > 1) score_int16_positions<Codes, kQueries, kVectors - 1>(tile, position, n_vectors);
}

// Query i's maximum; what it does not see becomes −∞. Only vectors [begin_vector, end_vector) hold scores yet.
template <typename Codes>
[[gnu::always_inline]] inline void find_maximum(Int16Tile<Codes>& tile, int i, int begin_vector, int end_vector) {
  const int first = tile.first_of(i), last = tile.last_of(i);
  const float cap = tile.a.softcap;
  const F32 lowest = splat(-__builtin_inff());
  F32 largest = lowest;
#pragma GCC unroll 8
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

// scores → exp(score − maximum); what is not visible has no scale of V.
template <typename Codes>
[[gnu::always_inline]] inline void exponentiate(Int16Tile<Codes>& tile, int i) {
  F32 total = zero();
#pragma GCC unroll 8
  for (int v = 0; v < kKvBlock / kLanes; ++v) {
    float* scores = tile.scores[i] + v * kLanes;
    const F32 x = exp_of_negative(sub(load(scores), splat(tile.maxima[i])));
    total = add(total, x);
    store(scores, x);
  }
  tile.sums[i] = sum_lanes(total);
}

// Merges the maxima and sums of the tile's queries and leaves the factors for their values.
template <typename Codes>
void merge_int16_sums(Int16Tile<Codes>& tile, int n_queries) noexcept {
  const AttentionState& state = tile.queries[0].state;
  const F32 maxima = load_first(tile.maxima, n_queries);
  const F32 m = load_first(state.m, n_queries);
  const F32 merged = max(m, maxima);
  const F32 keep = exp(sub(m, merged)), take = exp(sub(maxima, merged));
  const F32 sums = mul(load_first(tile.sums, n_queries), take);
  store_first(state.l, fma(load_first(state.l, n_queries), keep, sums), n_queries);
  store_first(state.m, merged, n_queries);
  store(tile.keep, keep);
  store(tile.take, take);
}

// The scales of V of a block's positions in one group.
struct ValueScales {
  static constexpr int kVectors = kKvBlock / kLanes;
  F32 scales[kVectors];

  // Those of positions [first, last); 0 elsewhere, where they may be anything.
  [[gnu::always_inline]] ValueScales visible(int first, int last) const {
    ValueScales some;
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      some.scales[v] = keep_lanes(scales[v], first - v * kLanes, last - v * kLanes, zero());
    }
    return some;
  }
  [[gnu::always_inline]] float largest() const {  // NaN above all
    I32 bits = as_int(scales[0]);
#pragma GCC unroll 8
    for (int v = 1; v < kVectors; ++v) bits = max_int(as_int(scales[v]), bits);
    return __builtin_bit_cast(float, max_lanes(bits));
  }
};

// The unit of each query's weights in a group.
template <typename Codes>
void choose_units(Int16Tile<Codes>& tile, const ValueScales& scales, int n_queries) noexcept {
  const float largest = scales.largest();
  for (int i = 0; i < n_queries; ++i) {
    const int first = tile.first_of(i), last = tile.last_of(i);
    tile.value_scales[i] = last - first < kKvBlock ? scales.visible(first, last).largest() : largest;
  }
  const F32 by_sum = div(load_first(tile.sums, n_queries), splat(Codes::kSumOfFactors - kKvBlock));
  const F32 unit = mul(load_first(tile.value_scales, n_queries), max(by_sum, splat(1 / kLargestFactor)));
  store(tile.inverse_units, select_less(zero(), unit, div(splat(1), unit), zero()));
  store(tile.take_units, mul(unit, load(tile.take)));
}

template <typename Codes>
[[gnu::always_inline]] inline void round_weights(Int16Tile<Codes>& tile, const ValueScales& scales, int i) {
  const int first = tile.first_of(i), last = tile.last_of(i);
  const ValueScales visible = last - first < kKvBlock ? scales.visible(first, last) : scales;
#pragma GCC unroll 8
  for (int v = 0; v < kKvBlock / kLanes; ++v) {
    const F32 weight = mul(load(tile.scores[i] + v * kLanes), visible.scales[v]);
    store_as_i16(tile.weights[i] + v * kLanes / 2, round_to_int(mul(weight, splat(tile.inverse_units[i]))));
  }
}

// Dimensions [d, d + kVectors·kLanes) or, with kVectors = 1, n of them.
template <typename Codes, int kQueries, int kVectors>
[[gnu::always_inline]] inline void merge_int16_values(const Int16Tile<Codes>& tile, int d, int n) {
  const Int16Layout<Codes> layout = tile.layout();
  I32 sums[kQueries][kVectors];
  const Int16Rows rows{tile.block() + layout.values() + static_cast<size_t>(d) * layout.kPairBytes,
                       layout.value_row_bytes(), tile.ahead(), tile.first / 2, (tile.last + 1) / 2};
  multiply<Codes, kQueries, kVectors>(rows, tile.weights[0], kKvBlock / 2, n, sums);
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      float* acc = tile.queries[i].state.acc + d + v * kLanes;
      const F32 part = mul(to_float(sums[i][v]), splat(tile.take_units[i]));
      store_part(acc, fma(load_part(acc, n), splat(tile.keep[i]), part), n);
    }
  }
}

template <typename Codes, int kQueries, int kVectors>
[[gnu::noinline]] void merge_int16(const Int16Tile<Codes>& tile, int d, int end) noexcept {
  for (; d + kVectors * kLanes <= end; d += kVectors * kLanes) {
    merge_int16_values<Codes, kQueries, kVectors>(tile, d, kLanes);
  }
  if constexpr (kVectors > 1) {
    if (d < end) merge_int16<Codes, kQueries, 1>(tile, d, end);
  } else if (d < end) {
    merge_int16_values<Codes, kQueries, 1>(tile, d, end - d);
  }
}

// Each step goes over all queries, because its end must wait for its beginning: a step's latency is hidden by the next
// query's.
template <typename Codes, int kQueries>
void weigh_int16(Int16Tile<Codes>& tile, int begin_vector, int end_vector) noexcept {
  for (int i = 0; i < kQueries; ++i) find_maximum(tile, i, begin_vector, end_vector);
  for (int i = 0; i < kQueries; ++i) exponentiate(tile, i);
  merge_int16_sums(tile, kQueries);
  const Int16Layout<Codes> layout = tile.layout();
  for (int group = 0; group < layout.n_groups(); ++group) {
    ValueScales scales;
#pragma GCC unroll 8
    for (int v = 0; v < ValueScales::kVectors; ++v) {
      scales.scales[v] = tile.scales(layout.value_scales(), group, v * kLanes);
    }
    choose_units(tile, scales, kQueries);
    for (int i = 0; i < kQueries; ++i) round_weights(tile, scales, i);
    merge_int16<Codes, kQueries, Codes::kValueVectors>(tile, group * layout.group_dims(),
                                                       (group + 1) * layout.group_dims());
  }
}

template <typename Codes, int kQueries>
void attend_int16_tile(Int16Tile<Codes>& tile) noexcept {
  const int begin = tile.first / kLanes, end = (tile.last + kLanes - 1) / kLanes;
  score_int16_positions<Codes, kQueries>(tile, begin * kLanes, end - begin);
  weigh_int16<Codes, kQueries>(tile, begin, end);
}

template <typename Codes, int kQueries = kInt16Queries>
void attend_int16_queries(Int16Tile<Codes>& tile, int n) noexcept {
  if constexpr (kQueries > 1) {
    if (n < kQueries) return attend_int16_queries<Codes, kQueries - 1>(tile, n);
  }
  attend_int16_tile<Codes, kQueries>(tile);
}

// Tokens come in any order of what they see; those that see nothing of the block are left out.
template <typename Codes>
void attend_int16_block(const BlockArgs& a, const Int16Query* queries, int n_queries) noexcept {
  for (int begin = 0; begin < n_queries;) {
    Int16Tile<Codes> tile(a, queries + begin);
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
template <typename Codes>
void attend_int16_some(const AttentionArgs& a, int begin, int n) noexcept {
  alignas(64) int32_t codes[kInt16QueriesAtOnce * kInt16MaxHeadDim / 2];
  Int16Query queries[kInt16QueriesAtOnce + 1];
  const int stride = (a.head_dim + kLanes - 1) / kLanes * kLanes / 2;
  for (int i = 0; i < n; ++i) {
    const int64_t index = begin + i;
    const int token = (begin + i) / a.group, head = (begin + i) % a.group;
    int32_t* to = codes + i * stride;
    const float scale =
        quantize_query<Codes>(a.q + token * a.q_token_stride + static_cast<int64_t>(head) * a.head_dim, a.head_dim, to);
    queries[i] = {to, scale, token, {a.state.m + index, a.state.l + index, a.state.acc + index * a.head_dim}};
  }
  queries[n].codes = codes + n * stride;
  for (int block = 0; block < a.n_blocks; ++block) attend_int16_block<Codes>(block_of_span(a, block), queries, n);
}

// --- The kernels of a cache type. Kv is for the largest heads.

template <typename Codes, typename Kv>
struct Int16Kv {
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

// Those of attention.h, with products of whole numbers where the cache is not F32.
consteval KernelTable int16_attention_entries() {
  KernelTable table = attention_entries();
  table.kv[static_cast<int>(KvType::kF16)] = Int16Kv<Codes13, F16Kv>::kernels();
  table.kv[static_cast<int>(KvType::kQ8_0)] = Int16Kv<Codes8, Q8Kv>::kernels();
  return table;
}

}  // namespace
}  // namespace tenfold::kernels
