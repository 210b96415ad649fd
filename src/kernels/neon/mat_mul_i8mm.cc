// Products of codes by smmla: 2 rows × 8 elements with 2 tokens × 8 elements; one token alone by sdot.
#include "kernels/neon/mat_mul_q8.h"
#include "kernels/neon/neon_parts.h"

namespace tenfold::kernels::neon {

namespace {

struct PairDot {
  static constexpr int kMaxTile = 4;
  static constexpr int kMinArranged = 2;

  // Twice each, since a sum of two rows and two tokens lies as [row 0: t0 t1, row 1: t0 t1].
  struct Scales {
    float32x4_t v[4];
  };
  static Scales scales(RowFloats r) {
    return {{vzip1q_f32(r.v[0], r.v[0]), vzip2q_f32(r.v[0], r.v[0]), vzip1q_f32(r.v[1], r.v[1]),
             vzip2q_f32(r.v[1], r.v[1])}};
  }

  // Both twice: of tokens 0 and 1, then of 2 and 3.
  struct TokenScales {
    float32x4_t v[2];
  };
  template <int kN>
  static TokenScales token_scales(float32x4_t tokens) {
    if constexpr (kN == 1) return {{tokens, tokens}};
    return {{twice<0>(tokens), twice<1>(tokens)}};
  }

  template <int kN>
  [[gnu::always_inline]] static inline void arrange(int8x16_t (&v)[kN]) {
    unroll<kN / 2>([&](auto p) __attribute__((always_inline)) {
      const int64x2_t even = vreinterpretq_s64_s8(v[p.value * 2]), odd = vreinterpretq_s64_s8(v[p.value * 2 + 1]);
      v[p.value * 2] = vreinterpretq_s8_s64(vzip1q_s64(even, odd));
      v[p.value * 2 + 1] = vreinterpretq_s8_s64(vzip2q_s64(even, odd));
    });
  }

  template <typename Body>
  [[gnu::always_inline]] static inline void with_tile(int n, Body&& body) {
    switch (n) {
      case 1: return body(Index<1>{});
      case 2: return body(Index<2>{});
      default: return body(Index<4>{});
    }
  }

  template <int kN>
  struct Tile {
    static Scales scales(RowFloats rows) { return PairDot::scales(rows); }
    static const Scales& scales(const Scales& scales) { return scales; }

    float32x4_t sums[kN / 2][4];
    int32x4_t dots[kN / 2][4];

    template <int kFraction>
    void clear_dots() {
      unroll<kN * 2>([&](auto i) { dots[i.value / 4][i.value % 4] = float_start<kFraction>(); });
    }

    template <int kWhichHalf, typename Unit, typename X>
    [[gnu::always_inline]] inline void multiply(const Unit& unit, int s, const X& x, int64_t block) {
      int8x16_t v[kN];
      x.vectors(block, kWhichHalf, v);
      unroll<8>([&](auto c) __attribute__((always_inline)) {
        constexpr int kC = c.value;
        const int8x16_t codes = unit.template codes<kWhichHalf * 8 + kC>(s);
        unroll<kN / 2>([&](auto t) __attribute__((always_inline)) {
          dots[t.value][kC / 2] = vmmlaq_s32(dots[t.value][kC / 2], codes, v[t.value * 2 + kC % 2]);
        });
      });
    }

    template <int kFraction>
    [[gnu::always_inline]] inline void add_dots(const Scales& scales, const TokenScales& x_scales) {
      unroll<kN * 2>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 4, kPair = i.value % 4;
        const float32x4_t factor = vmulq_f32(scales.v[kPair], x_scales.v[kT]);
        sums[kT][kPair] = vfmaq_f32(sums[kT][kPair], to_float<kFraction>(dots[kT][kPair]), factor);
      });
    }

    [[gnu::always_inline]] inline void add_offset(const Scales& offset, const TokenScales& weighted_sums) {
      unroll<kN * 2>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 4, kPair = i.value % 4;
        sums[kT][kPair] = vfmaq_f32(sums[kT][kPair], offset.v[kPair], weighted_sums.v[kT]);
      });
    }

    void load(const RowFloats (&rows)[kN]) {
      unroll<kN * 2>([&](auto i) {
        constexpr int kT = i.value / 4, kPair = i.value % 4;
        const float32x4_t even = rows[kT * 2].v[kPair / 2], odd = rows[kT * 2 + 1].v[kPair / 2];
        sums[kT][kPair] = kPair % 2 == 0 ? vzip1q_f32(even, odd) : vzip2q_f32(even, odd);
      });
    }
    void store(RowFloats (&rows)[kN]) const {
      unroll<kN>([&](auto i) {
        constexpr int kT = i.value / 2, kQuad = i.value % 2;
        rows[kT * 2].v[kQuad] = vuzp1q_f32(sums[kT][kQuad * 2], sums[kT][kQuad * 2 + 1]);
        rows[kT * 2 + 1].v[kQuad] = vuzp2q_f32(sums[kT][kQuad * 2], sums[kT][kQuad * 2 + 1]);
      });
    }
  };
};

// A lone token would waste half of each smmla.
template <>
struct PairDot::Tile<1> {
  static RowFloats scales(RowFloats rows) { return rows; }

  float32x4_t sums[2];
  int32x4_t dots[4];  // two partial sums of two rows

  template <int kFraction>
  void clear_dots() {  // one of the two begins at zero
    const int32x4_t start = vzip1q_s32(float_start<kFraction>(), vdupq_n_s32(0));
    unroll<4>([&](auto i) { dots[i.value] = start; });
  }

  template <int kWhichHalf, typename Unit, typename X>
  [[gnu::always_inline]] inline void multiply(const Unit& unit, int s, const X& x, int64_t block) {
    int8x16_t v[1];
    x.vectors(block, kWhichHalf, v);
    const int8x16_t low = twice<0>(v[0]), high = twice<1>(v[0]);
    unroll<8>([&](auto c) __attribute__((always_inline)) {
      const int8x16_t codes = unit.template codes<kWhichHalf * 8 + c.value>(s);
      dots[c.value / 2] = vdotq_s32(dots[c.value / 2], codes, c.value % 2 == 0 ? low : high);
    });
  }

  template <int kFraction>
  [[gnu::always_inline]] inline void add_dots(RowFloats scales, const TokenScales& x_scales) {
    unroll<2>([&](auto q) __attribute__((always_inline)) {
      const int32x4_t rows = vpaddq_s32(dots[q.value * 2], dots[q.value * 2 + 1]);
      const float32x4_t factor = vmulq_laneq_f32(scales.v[q.value], x_scales.v[0], 0);
      sums[q.value] = vfmaq_f32(sums[q.value], to_float<kFraction>(rows), factor);
    });
  }

  [[gnu::always_inline]] inline void add_offset(RowFloats offset, const TokenScales& weighted_sums) {
    unroll<2>([&](auto q) __attribute__((always_inline)) {
      sums[q.value] = vfmaq_laneq_f32(sums[q.value], offset.v[q.value], weighted_sums.v[0], 0);
    });
  }

  void store(RowFloats (&rows)[1]) const { rows[0] = {{sums[0], sums[1]}}; }
};

}  // namespace

constinit const MatMulTable kMatMulQ8I8mm = mat_mul_q8_table<PairDot>();

}  // namespace tenfold::kernels::neon
