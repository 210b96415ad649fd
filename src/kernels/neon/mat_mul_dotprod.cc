// Products of codes by sdot: 4 rows × 4 elements with 4 elements of a token.
#include "kernels/neon/mat_mul_q8.h"
#include "kernels/neon/neon_parts.h"

namespace tenfold::kernels::neon {

namespace {

struct QuadDot {
  static constexpr int kMaxTile = 4;
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
    switch (n) {
      case 1: return body(Index<1>{});
      case 2: return body(Index<2>{});
      case 3: return body(Index<3>{});
      default: return body(Index<4>{});
    }
  }

  template <int kN>
  struct Tile {
    static Scales scales(RowFloats rows) { return rows; }

    float32x4_t sums[kN][2];
    int32x4_t dots[kN][2];

    template <int kFraction>
    void clear_dots() {
      unroll<kN * 2>([&](auto i) { dots[i.value / 2][i.value % 2] = float_start<kFraction>(); });
    }

    template <int kWhichHalf, typename Unit, typename X>
    [[gnu::always_inline]] inline void multiply(const Unit& unit, int s, const X& x, int64_t block) {
      int8x16_t v[kN];
      x.vectors(block, kWhichHalf, v);
      unroll<8>([&](auto c) __attribute__((always_inline)) {
        constexpr int kC = c.value;
        const int8x16_t codes = unit.template codes<kWhichHalf * 8 + kC>(s);  // serves all tokens in turn
        unroll<kN>([&](auto t) __attribute__((always_inline)) {
          dots[t.value][kC / 4] = vdotq_laneq_s32(dots[t.value][kC / 4], codes, v[t.value], kC % 4);
        });
      });
    }

    template <int kFraction>
    [[gnu::always_inline]] inline void add_dots(Scales scales, float32x4_t x_scales) {
      unroll<kN * 2>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 2, kQuad = i.value % 2;
        const float32x4_t factor = vmulq_laneq_f32(scales.v[kQuad], x_scales, kT);
        sums[kT][kQuad] = vfmaq_f32(sums[kT][kQuad], to_float<kFraction>(dots[kT][kQuad]), factor);
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

constinit const MatMulTable kMatMulQ8Dotprod = mat_mul_q8_table<QuadDot>();

}  // namespace tenfold::kernels::neon
