// Products of codes with armv8-a alone: 8 × 8 → 16 bits, two at a time, then pairwise into 32 bits.
#include "kernels/neon/mat_mul_q8.h"
#include "kernels/neon/neon_parts.h"

namespace tenfold::kernels::neon {

namespace {

struct PlainDot {
  static constexpr int kMaxTile = 2;
  static constexpr int kMinArranged = 1;
  using Scales = RowFloats;
  static Scales scales(RowFloats rows) { return rows; }
  template <int kN>
  static void arrange(int8x16_t (&)[kN]) {}

  template <typename Body>
  [[gnu::always_inline]] static inline void with_tile(int n, Body&& body) {
    return n == 1 ? body(Index<1>{}) : body(Index<2>{});
  }

  template <int kN>
  struct Tile {
    static Scales scales(RowFloats rows) { return rows; }

    float32x4_t sums[kN][2];
    int32x4_t dots[kN][kPanelRows];  // four partial sums of each row

    void clear_dots() {
      unroll<kN * kPanelRows>([&](auto i) { dots[i.value / 8][i.value % 8] = vdupq_n_s32(0); });
    }

    // |−128 · 127| · 2 fits 16 bits: two products may be added before they are widened, not more.
    template <typename X>
    [[gnu::always_inline]] inline void multiply(const int8x16_t (&codes)[8], const X& x, int64_t block, int half) {
      int8x16_t v[kN];
      x.vectors(block, half, v);
      int8x16_t low[kN], high[kN];  // twice each, for two rows
      unroll<kN>([&](auto t) __attribute__((always_inline)) {
        low[t.value] = vcombine_s8(vget_low_s8(v[t.value]), vget_low_s8(v[t.value]));
        high[t.value] = vcombine_s8(vget_high_s8(v[t.value]), vget_high_s8(v[t.value]));
      });
      unroll<kN * 4>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 4, kPair = i.value % 4;
        const int8x16_t w0 = codes[kPair * 2], w1 = codes[kPair * 2 + 1];
        int16x8_t even = vmull_s8(vget_low_s8(w0), vget_low_s8(low[kT]));
        int16x8_t odd = vmull_high_s8(w0, low[kT]);
        even = vmlal_s8(even, vget_low_s8(w1), vget_low_s8(high[kT]));
        odd = vmlal_high_s8(odd, w1, high[kT]);
        dots[kT][kPair * 2] = vpadalq_s16(dots[kT][kPair * 2], even);
        dots[kT][kPair * 2 + 1] = vpadalq_s16(dots[kT][kPair * 2 + 1], odd);
      });
    }

    template <int kFraction>
    [[gnu::always_inline]] inline void add_dots(Scales scales, float32x4_t x_scales) {
      unroll<kN * 2>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 2, kQuad = i.value % 2;
        const int32x4_t* d = dots[kT] + kQuad * 4;
        const int32x4_t rows = vpaddq_s32(vpaddq_s32(d[0], d[1]), vpaddq_s32(d[2], d[3]));
        const float32x4_t factor = vmulq_laneq_f32(scales.v[kQuad], x_scales, kT);
        sums[kT][kQuad] = vfmaq_f32(sums[kT][kQuad], to_float<kFraction>(rows), factor);
      });
    }

    [[gnu::always_inline]] inline void add_offset(Scales offset, float32x4_t weighted_sums) {
      unroll<kN * 2>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 2, kQuad = i.value % 2;
        sums[kT][kQuad] = vfmaq_laneq_f32(sums[kT][kQuad], offset.v[kQuad], weighted_sums, kT);
      });
    }

    void load(const RowFloats (&rows)[kN]) {
      for (int t = 0; t < kN; ++t) sums[t][0] = rows[t].v[0], sums[t][1] = rows[t].v[1];
    }
    void store(RowFloats (&rows)[kN]) const {
      for (int t = 0; t < kN; ++t) rows[t] = {{sums[t][0], sums[t][1]}};
    }
  };
};

}  // namespace

constinit const MatMulTable kMatMulQ8Plain = mat_mul_q8_table<PlainDot>();

}  // namespace tenfold::kernels::neon
