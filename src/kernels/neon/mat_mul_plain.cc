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
  using TokenScales = float32x4_t;
  template <int kN>
  static TokenScales token_scales(float32x4_t tokens) {
    return tokens;
  }
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

    template <int kFraction>
    void clear_dots() {
      const int32x4_t start = vsetq_lane_s32(vgetq_lane_s32(float_start<kFraction>(), 0), vdupq_n_s32(0), 0);
      unroll<kN * kPanelRows>([&](auto i) { dots[i.value / 8][i.value % 8] = start; });
    }

    // |−128 · 127| · 2 fits 16 bits: two products may be added before they are widened, not more.
    template <int kWhichHalf, typename Unit, typename X>
    [[gnu::always_inline]] inline void multiply(const Unit& unit, int s, const X& x, int64_t block) {
      int8x16_t v[kN];
      x.vectors(block, kWhichHalf, v);
      int8x16_t low[kN], high[kN];  // twice each, for two rows
      unroll<kN>([&](auto t) __attribute__((always_inline)) {
        low[t.value] = twice<0>(v[t.value]);
        high[t.value] = twice<1>(v[t.value]);
      });
      unroll<kN * 4>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value % kN, kPair = i.value / kN;
        const int8x16_t w0 = unit.template codes<kWhichHalf * 8 + kPair * 2>(s);
        const int8x16_t w1 = unit.template codes<kWhichHalf * 8 + kPair * 2 + 1>(s);
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
      unroll<kN * 2>([&](auto i) { sums[i.value / 2][i.value % 2] = rows[i.value / 2].v[i.value % 2]; });
    }
    void store(RowFloats (&rows)[kN]) const {
      unroll<kN * 2>([&](auto i) { rows[i.value / 2].v[i.value % 2] = sums[i.value / 2][i.value % 2]; });
    }
  };
};

}  // namespace

constinit const MatMulTable kMatMulQ8Plain = mat_mul_q8_table<PlainDot>();

}  // namespace tenfold::kernels::neon
