// Products with Q8 activations, for any way to multiply codes.
//
// A file that includes this defines a Dot, which says in what order it wants codes and multiplies tiles of tokens:
//   kMaxTile, with_tile(n, body): calls body(Index<size>) with the smallest tile that holds n ≤ kMaxTile tokens
//   kMinArranged: the smallest tile that may read arranged activations
//   Scales, scales(RowFloats): the factors of 8 rows as its sums lie
//   TokenScales, token_scales<n>(v): the factors of n tokens, a lane for each, as its sums lie
//   arrange<n>(codes): 16 codes each of n tokens → the vectors that it multiplies with
//   Tile<n>: integer sums of one group of a block, float sums of the whole row. It asks for a vector of codes when it
//     multiplies with it, so that no register is taken for longer
//
// An output is Σ over blocks of float(integer dot)·(scale·x scale) [+ offset·(x scale·x sum)], one FMA each, in the
// order of k. Integers are exact, so neither the tile nor the Dot changes a bit of it.
#pragma once

#include "kernels/neon/neon_parts.h"
#include "kernels/neon/panel_layout.h"
#include "kernels/neon/panel_unit.h"
#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

// --- Activations ---------------------------------------------------------------------------------------------------

inline const uint8_t* token_row(const MatMulArgs& args, int token) {
  return static_cast<const uint8_t*>(args.x) + static_cast<size_t>(token) * args.x_stride_bytes;
}

// kTokens Q8 rows as they lie in memory.
template <typename Dot, int kTokens>
class RowsX {
 public:
  // Tokens past n_tokens repeat the last one.
  RowsX(const MatMulArgs& args, int token, int n_tokens) : k_(args.k) {
    for (int t = 0; t < kTokens; ++t) rows_[t] = token_row(args, token + (t < n_tokens ? t : n_tokens - 1));
  }

  [[gnu::always_inline]] inline void vectors(int64_t block, int half, int8x16_t (&out)[kTokens]) const {
    unroll<kTokens>([&](auto t) __attribute__((always_inline)) {
      out[t.value] = vld1q_s8(reinterpret_cast<const int8_t*>(rows_[t.value]) + block * kBlock + half * kHalf);
    });
    Dot::template arrange<kTokens>(out);
  }

  typename Dot::TokenScales scales(int64_t block) const {
    return Dot::template token_scales<kTokens>(lanes_of_scales(block));
  }

  // x scale · sum of the group's codes
  template <int kGroups>
  typename Dot::TokenScales weighted_sums(int64_t block, int group) const {
    const size_t at = kGroups == 2 ? q8_sums16_offset(k_) : q8_sums32_offset(k_);
    if constexpr (kTokens == 1) {
      const float sum = static_cast<float>(reinterpret_cast<const int32_t*>(rows_[0] + at)[block * kGroups + group]);
      const float scale = reinterpret_cast<const float*>(rows_[0] + q8_scales_offset(k_))[block];
      return Dot::template token_scales<1>(vdupq_n_f32(sum * scale));
    }
    const int32x4_t sums = gather<int32_t>(
        at, block * kGroups + group, [](const int32_t* p) { return vld1q_dup_s32(p); },
        [](const int32_t* p, int32x4_t v, auto lane) { return vld1q_lane_s32(p, v, lane.value); });
    return Dot::template token_scales<kTokens>(vmulq_f32(vcvtq_f32_s32(sums), lanes_of_scales(block)));
  }

 private:
  float32x4_t lanes_of_scales(int64_t block) const {
    return gather<float>(
        q8_scales_offset(k_), block, [](const float* p) { return vld1q_dup_f32(p); },
        [](const float* p, float32x4_t v, auto lane) { return vld1q_lane_f32(p, v, lane.value); });
  }

  template <typename T, typename First, typename Next>
  [[gnu::always_inline]] inline auto gather(size_t offset, int64_t i, First first, Next next) const {
    auto lanes = first(reinterpret_cast<const T*>(rows_[0] + offset) + i);
    unroll<kTokens - 1>([&](auto t) __attribute__((always_inline)) {
      lanes = next(reinterpret_cast<const T*>(rows_[t.value + 1] + offset) + i, lanes, Index<t.value + 1>{});
    });
    return lanes;
  }

  const uint8_t* rows_[kTokens];
  int64_t k_;
};

// Up to kTokens tokens × a stretch of k, arranged once for all the panels of a call. kCodes bounds tokens × elements.
constexpr int kTokens = 64;
constexpr int kCodes = 16384;
constexpr int kStep = 256;  // elements that are unpacked at once

template <typename Dot>
struct ArrangedX {
  alignas(64) int8_t codes[kCodes];                                    // [tile][block][half][kMaxTile vectors]
  typename Dot::TokenScales scales[kCodes / kBlock / Dot::kMaxTile];   // [tile][block]
  typename Dot::TokenScales sums[2][kCodes / kBlock / Dot::kMaxTile];  // [group], likewise
  int64_t n_blocks;
};

template <typename Dot, int kGroups>
void arrange_tokens(const MatMulArgs& args, int token, int n_tokens, int64_t k_begin, ArrangedX<Dot>& x) {
  for (int t = 0; t * Dot::kMaxTile < n_tokens; ++t) {
    const int first = t * Dot::kMaxTile;
    const RowsX<Dot, Dot::kMaxTile> rows(args, token + first, n_tokens - first);
    for (int64_t i = 0; i < x.n_blocks; ++i) {
      const int64_t from = k_begin / kBlock + i, to = t * x.n_blocks + i;
      for (int half = 0; half < 2; ++half) {
        int8x16_t v[Dot::kMaxTile];
        rows.vectors(from, half, v);
        for (int j = 0; j < Dot::kMaxTile; ++j) vst1q_s8(x.codes + ((to * 2 + half) * Dot::kMaxTile + j) * 16, v[j]);
      }
      x.scales[to] = rows.scales(from);
      for (int g = 0; g < kGroups; ++g) x.sums[g][to] = rows.template weighted_sums<kGroups>(from, g);
    }
  }
}

// One tile of them.
template <typename Dot, int kTokensOfTile>
class TileX {
 public:
  TileX(const ArrangedX<Dot>& x, int tile, int64_t first_block) : x_(x), at_(tile * x.n_blocks + first_block) {}

  [[gnu::always_inline]] inline void vectors(int64_t block, int half, int8x16_t (&out)[kTokensOfTile]) const {
    const int8_t* p = x_.codes + ((at_ + block) * 2 + half) * Dot::kMaxTile * 16;
    unroll<kTokensOfTile>([&](auto t) __attribute__((always_inline)) { out[t.value] = vld1q_s8(p + t.value * 16); });
  }
  typename Dot::TokenScales scales(int64_t block) const { return x_.scales[at_ + block]; }
  template <int kGroups>
  typename Dot::TokenScales weighted_sums(int64_t block, int group) const {
    return x_.sums[group][at_ + block];
  }

 private:
  const ArrangedX<Dot>& x_;
  int64_t at_;
};

// --- Weights, unpacked once for many tokens ------------------------------------------------------------------------

template <typename Dot, int kTheGroups, bool kOffset>
class UnpackedBlock {
 public:
  static constexpr int kBlocks = 1;
  static constexpr int kGroups = kTheGroups;
  static constexpr bool kHasOffset = kOffset;
  static constexpr int kFraction = 0;
  struct Data {
    int8_t codes[2 * kHalfBytes];
    typename Dot::Scales scale[kGroups];
    typename Dot::Scales offset[kOffset ? kGroups : 1];
  };
  static constexpr int kBytes = sizeof(Data);

  explicit UnpackedBlock(const uint8_t* at) : data_(*reinterpret_cast<const Data*>(at)) {}

  template <int kI>
  [[gnu::always_inline]] inline int8x16_t codes(int) const {
    return vld1q_s8(data_.codes + kI * 16);
  }
  typename Dot::Scales scale(int, int group) const { return data_.scale[group]; }
  typename Dot::Scales offset(int, int group) const { return data_.offset[group]; }

 private:
  const Data& data_;
};

template <typename Dot, typename Unit, typename Data>
void unpack_units(const uint8_t* units, int n_blocks, Data* out) {
  for (int i = 0; i * Unit::kBlocks < n_blocks; ++i) {
    const Unit unit(units + i * Unit::kBytes);
    for (int block = 0; block < Unit::kBlocks; ++block, ++out) {
      unroll<16>([&](auto v) __attribute__((always_inline)) {
        int8x16_t codes = unit.template codes<v.value>(block);
        if constexpr (Unit::kFraction > 0) codes = vshrq_n_s8(codes, Unit::kFraction);
        vst1q_s8(out->codes + v.value * 16, codes);
      });
      for (int g = 0; g < Unit::kGroups; ++g) {
        out->scale[g] = Dot::scales(unit.scale(block, g));
        if constexpr (Unit::kHasOffset) out->offset[g] = Dot::scales(unit.offset(block, g));
      }
    }
  }
}

// --- The product -----------------------------------------------------------------------------------------------------

// Adds n_units units of 8 rows to the tile's sums.
template <typename Dot, typename Unit, typename Tile, typename X>
[[gnu::always_inline]] inline void accumulate(const uint8_t* units, int64_t n_units, const X& x, Tile& tile) {
  for (int64_t i = 0; i < n_units; ++i) {
    const Unit unit(units + i * Unit::kBytes);
    for (int s = 0; s < Unit::kBlocks; ++s) {
      const int64_t block = i * Unit::kBlocks + s;
      const typename Dot::TokenScales x_scales = x.scales(block);
      tile.template clear_dots<Unit::kFraction>();
      tile.template multiply<0>(unit, s, x, block);
      if constexpr (Unit::kGroups == 2) {
        tile.template add_dots<Unit::kFraction>(Tile::scales(unit.scale(s, 0)), x_scales);
        tile.template clear_dots<Unit::kFraction>();
      }
      tile.template multiply<1>(unit, s, x, block);
      tile.template add_dots<Unit::kFraction>(Tile::scales(unit.scale(s, Unit::kGroups - 1)), x_scales);
      if constexpr (Unit::kHasOffset) {
        unroll<Unit::kGroups>([&](auto g) __attribute__((always_inline)) {
          tile.add_offset(Tile::scales(unit.offset(s, g.value)),
                          x.template weighted_sums<Unit::kGroups>(block, g.value));
        });
      }
    }
  }
}

inline RowFloats load_rows(const float* y, int n_rows) {
  return {{load_first(y, n_rows), load_first(y + 4, n_rows - 4)}};
}

inline void store_rows(float* y, int n_rows, RowFloats rows) {
  store_first(y, rows.v[0], n_rows);
  store_first(y + 4, rows.v[1], n_rows - 4);
}

template <typename Tile, int kTile>
inline void store_tile(const Tile& tile, float* y, int64_t y_stride, int n_tokens, int n_rows) {
  RowFloats rows[kTile];
  tile.store(rows);
  for (int t = 0; t < kTile && t < n_tokens; ++t) store_rows(y + t * y_stride, n_rows, rows[t]);
}

template <typename Tile, int kTile>
inline void load_tile(const float* y, int64_t y_stride, int n_tokens, int n_rows, Tile& tile) {
  RowFloats rows[kTile];
  for (int t = 0; t < kTile; ++t) rows[t] = load_rows(y + (t < n_tokens ? t : n_tokens - 1) * y_stride, n_rows);
  tile.load(rows);
}

inline int rows_of_panel(const MatMulArgs& args, int panel) {
  const int rest = args.n_rows - panel * kPanelRows;
  return rest < kPanelRows ? rest : kPanelRows;
}

template <DType kType>
const uint8_t* panel_at(const MatMulArgs& args, int panel) {
  return static_cast<const uint8_t*>(args.panels) + static_cast<size_t>(panel) * bytes_of_panel<kType>(args.k);
}

// One token: each panel goes straight from memory through the registers.
template <typename Dot, DType kType>
[[gnu::noinline]] void mat_mul_one(const MatMulArgs& args) {
  using Unit = PanelUnit<kType>;
  using Tile = typename Dot::template Tile<1>;
  const RowsX<Dot, 1> x(args, 0, 1);
  for (int panel = args.panel_begin; panel < args.panel_end; ++panel) {
    Tile tile{};
    accumulate<Dot, Unit>(panel_at<kType>(args, panel), args.k / (kBlock * Unit::kBlocks), x, tile);
    float* y = args.y + static_cast<int64_t>(panel) * kPanelRows;
    store_tile<Tile, 1>(tile, y, args.y_stride, 1, rows_of_panel(args, panel));
  }
}

// Sums of 8 rows × the tokens of a tile over n_units units, on top of what y holds unless they are the first.
template <typename Dot, typename Unit, int kTile>
[[gnu::noinline]] void mat_mul_tile(const uint8_t* units, int64_t n_units, const TileX<Dot, kTile>& x,
                                    const MatMulArgs& out, bool first) {
  typename Dot::template Tile<kTile> tile{};
  using Tile = decltype(tile);
  if (!first) load_tile<Tile, kTile>(out.y, out.y_stride, out.n_tokens, out.n_rows, tile);
  accumulate<Dot, Unit>(units, n_units, x, tile);
  store_tile<Tile, kTile>(tile, out.y, out.y_stride, out.n_tokens, out.n_rows);
}

// A few tokens, one tile: likewise, but their activations are arranged for all panels of the call.
template <typename Dot, DType kType, int kTile>
void mat_mul_few(const MatMulArgs& args) {
  using Unit = PanelUnit<kType>;
  constexpr int64_t kStretch = kCodes / Dot::kMaxTile;
  ArrangedX<Dot> x;
  for (int64_t k = 0; k < args.k; k += kStretch) {
    x.n_blocks = (args.k - k < kStretch ? args.k - k : kStretch) / kBlock;
    arrange_tokens<Dot, Unit::kGroups>(args, 0, args.n_tokens, k, x);
    for (int panel = args.panel_begin; panel < args.panel_end; ++panel) {
      MatMulArgs out = args;
      out.n_rows = rows_of_panel(args, panel);
      out.y += static_cast<int64_t>(panel) * kPanelRows;
      const uint8_t* units = panel_at<kType>(args, panel) + k / (kBlock * Unit::kBlocks) * Unit::kBytes;
      mat_mul_tile<Dot, Unit, kTile>(units, x.n_blocks / Unit::kBlocks, TileX<Dot, kTile>(x, 0, 0), out, k == 0);
    }
  }
}

template <typename Dot, typename Unit>
void mat_mul_tiles(const uint8_t* blocks, int n_blocks, const ArrangedX<Dot>& x, int64_t first_block,
                   const MatMulArgs& out, bool first) {
  for (int t = 0; t * Dot::kMaxTile < out.n_tokens; ++t) {
    MatMulArgs tile = out;
    tile.y += t * Dot::kMaxTile * out.y_stride;
    tile.n_tokens -= t * Dot::kMaxTile;
    const int size = tile.n_tokens < Dot::kMinArranged ? Dot::kMinArranged : tile.n_tokens;
    Dot::with_tile(size, [&](auto n) {
      if constexpr (n.value >= Dot::kMinArranged) {
        mat_mul_tile<Dot, Unit, n.value>(blocks, n_blocks, TileX<Dot, n.value>(x, t, first_block), tile, first);
      }
    });
  }
}

// Many tokens: arrange activations once for all panels, unpack weights once for all tokens.
template <typename Dot, DType kType>
void mat_mul_many(const MatMulArgs& args) {
  using Unit = PanelUnit<kType>;
  using Unpacked = UnpackedBlock<Dot, Unit::kGroups, Unit::kHasOffset>;
  ArrangedX<Dot> x;
  typename Unpacked::Data blocks[kStep / kBlock];
  for (int token = 0; token < args.n_tokens; token += kTokens) {
    const int n_tokens = args.n_tokens - token < kTokens ? args.n_tokens - token : kTokens;
    const int64_t stretch = kCodes / ((n_tokens + Dot::kMaxTile - 1) / Dot::kMaxTile * Dot::kMaxTile) / kStep * kStep;
    for (int64_t k_begin = 0; k_begin < args.k; k_begin += stretch) {
      const int64_t k_end = k_begin + stretch < args.k ? k_begin + stretch : args.k;
      x.n_blocks = (k_end - k_begin) / kBlock;
      arrange_tokens<Dot, Unit::kGroups>(args, token, n_tokens, k_begin, x);
      for (int panel = args.panel_begin; panel < args.panel_end; ++panel) {
        MatMulArgs out = args;
        out.n_tokens = n_tokens;
        out.n_rows = rows_of_panel(args, panel);
        out.y += token * args.y_stride + static_cast<int64_t>(panel) * kPanelRows;
        const uint8_t* units = panel_at<kType>(args, panel);
        for (int64_t k = k_begin; k < k_end; k += kStep) {
          const int n_blocks = static_cast<int>((k_end - k < kStep ? k_end - k : kStep) / kBlock);
          unpack_units<Dot, Unit>(units + k / (kBlock * Unit::kBlocks) * Unit::kBytes, n_blocks, blocks);
          mat_mul_tiles<Dot, Unpacked>(reinterpret_cast<const uint8_t*>(blocks), n_blocks, x, (k - k_begin) / kBlock,
                                       out, k == 0);
        }
      }
    }
  }
}

template <typename Dot, DType kType>
void mat_mul_q8(const MatMulArgs& args) noexcept {
  if (args.n_tokens > Dot::kMaxTile) return mat_mul_many<Dot, kType>(args);
  if (args.n_tokens == 1) return mat_mul_one<Dot, kType>(args);
  if (args.n_tokens > 0) {
    Dot::with_tile(args.n_tokens, [&](auto n) {
      if constexpr (n.value > 1) mat_mul_few<Dot, kType, n.value>(args);
    });
  }
}

template <typename Dot, int kType = 0>
constexpr void fill_mat_mul_q8(MatMulTable& table) {
  if constexpr (kType < kNumDTypes) {
    if constexpr (kType > static_cast<int>(DType::kBF16)) {
      table.by_type[kType] = mat_mul_q8<Dot, static_cast<DType>(kType)>;
    }
    fill_mat_mul_q8<Dot, kType + 1>(table);
  }
}

template <typename Dot>
constexpr MatMulTable mat_mul_q8_table() {
  MatMulTable table{};
  fill_mat_mul_q8<Dot>(table);
  return table;
}

}  // namespace
}  // namespace tenfold::kernels::neon
