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

    void clear_dots() {
      unroll<kN * 2>([&](auto i) { dots[i.value / 4][i.value % 4] = vdupq_n_s32(0); });
    }

    template <typename X>
    [[gnu::always_inline]] inline void multiply(const int8x16_t (&codes)[8], const X& x, int64_t block, int half) {
      int8x16_t v[kN];
      x.vectors(block, half, v);
      unroll<kN * 4>([&](auto i) __attribute__((always_inline)) {
        constexpr int kC = i.value / (kN / 2), kT = i.value % (kN / 2);
        dots[kT][kC / 2] = vmmlaq_s32(dots[kT][kC / 2], codes[kC], v[kT * 2 + kC % 2]);
      });
    }

    template <int kFraction>
    [[gnu::always_inline]] inline void add_dots(const Scales& scales, float32x4_t x_scales) {
      unroll<kN * 2>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 4, kPair = i.value % 4;
        const float32x4_t factor = vmulq_f32(scales.v[kPair], of_pair<kT>(x_scales));
        sums[kT][kPair] = vfmaq_f32(sums[kT][kPair], to_float<kFraction>(dots[kT][kPair]), factor);
      });
    }

    [[gnu::always_inline]] inline void add_offset(const Scales& offset, float32x4_t weighted_sums) {
      unroll<kN * 2>([&](auto i) __attribute__((always_inline)) {
        constexpr int kT = i.value / 4, kPair = i.value % 4;
        sums[kT][kPair] = vfmaq_f32(sums[kT][kPair], offset.v[kPair], of_pair<kT>(weighted_sums));
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

   private:
    template <int kT>
    static float32x4_t of_pair(float32x4_t tokens) {
      const float32x2_t pair = kT == 0 ? vget_low_f32(tokens) : vget_high_f32(tokens);
      return vcombine_f32(pair, pair);
    }
  };
};

// A lone token would waste half of each smmla.
template <>
struct PairDot::Tile<1> {
  static RowFloats scales(RowFloats rows) { return rows; }

  float32x4_t sums[2];
  int32x4_t dots[4];  // two partial sums of two rows

  void clear_dots() {
    unroll<4>([&](auto i) { dots[i.value] = vdupq_n_s32(0); });
  }

  template <typename X>
  [[gnu::always_inline]] inline void multiply(const int8x16_t (&codes)[8], const X& x, int64_t block, int half) {
    int8x16_t v[1];
    x.vectors(block, half, v);
    const int8x16_t low = vcombine_s8(vget_low_s8(v[0]), vget_low_s8(v[0]));
    const int8x16_t high = vcombine_s8(vget_high_s8(v[0]), vget_high_s8(v[0]));
    unroll<8>([&](auto c) __attribute__((always_inline)) {
      dots[c.value / 2] = vdotq_s32(dots[c.value / 2], codes[c.value], c.value % 2 == 0 ? low : high);
    });
  }

  template <int kFraction>
  [[gnu::always_inline]] inline void add_dots(RowFloats scales, float32x4_t x_scales) {
    unroll<2>([&](auto q) __attribute__((always_inline)) {
      const int32x4_t rows = vpaddq_s32(dots[q.value * 2], dots[q.value * 2 + 1]);
      const float32x4_t factor = vmulq_laneq_f32(scales.v[q.value], x_scales, 0);
      sums[q.value] = vfmaq_f32(sums[q.value], to_float<kFraction>(rows), factor);
    });
  }

  [[gnu::always_inline]] inline void add_offset(RowFloats offset, float32x4_t weighted_sums) {
    unroll<2>([&](auto q) __attribute__((always_inline)) {
      sums[q.value] = vfmaq_laneq_f32(sums[q.value], offset.v[q.value], weighted_sums, 0);
    });
  }

  void store(RowFloats (&rows)[1]) const { rows[0] = {{sums[0], sums[1]}}; }
};

}  // namespace

constinit const MatMulTable kMatMulQ8I8mm = mat_mul_q8_table<PairDot>();

}  // namespace tenfold::kernels::neon
