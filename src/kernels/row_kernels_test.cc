// Kernels over one row, of every instruction set, against double precision.
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>

#include "kernels/select.h"
#include "kernels/weights_testing.h"

namespace tenfold::kernels {
namespace {

class RowKernelsTest : public testing::TestWithParam<const KernelTable*> {
 protected:
  const KernelTable& table() const { return *GetParam(); }
};

struct Q8Row {
  Q8Row(const KernelTable& table, const std::vector<float>& x)
      : k(static_cast<std::int64_t>(x.size())), bytes(q8_row_bytes(k), 0xA5) {
    table.quantize_q8(x.data(), k, bytes.data());
  }
  int code(std::int64_t i) const { return static_cast<signed char>(bytes.data()[i]); }
  template <typename T>
  T at(std::size_t offset, std::int64_t i) const {
    T value;
    std::memcpy(&value, bytes.data() + offset + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return value;
  }
  float scale(std::int64_t block) const { return at<float>(q8_scales_offset(k), block); }
  std::int32_t sum32(std::int64_t block) const { return at<std::int32_t>(q8_sums32_offset(k), block); }
  std::int32_t sum16(std::int64_t half) const { return at<std::int32_t>(q8_sums16_offset(k), half); }

  std::int64_t k;
  AlignedBytes bytes;
};

void expect_sums_and_padding(const Q8Row& row) {
  for (std::int64_t half = 0; half < row.k / 16; ++half) {
    int sum = 0;
    for (std::int64_t i = half * 16; i < half * 16 + 16; ++i) {
      ASSERT_GE(row.code(i), -127);
      sum += row.code(i);
    }
    ASSERT_EQ(row.sum16(half), sum);
    if (half % 2 == 1) {
      ASSERT_EQ(row.sum32(half / 2), row.sum16(half - 1) + sum);
    }
  }
  for (std::size_t i = static_cast<std::size_t>(row.k + row.k / 2); i < row.bytes.size(); ++i) {
    ASSERT_EQ(row.bytes.data()[i], 0) << "padding";
  }
}

TEST_P(RowKernelsTest, QuantizeRoundsToTheNearestCode) {
  Random random(1);
  for (const std::int64_t k : {32, 64, 96, 576, 4096}) {
    for (const float size : {1e-42F, 1e-37F, 1e-10F, 1.0F, 1e30F}) {
      const std::vector<float> x = random_floats(static_cast<std::size_t>(k), -size, size, random);
      const Q8Row row(table(), x);
      expect_sums_and_padding(row);
      for (std::int64_t i = 0; i < k; ++i) {
        const double value = static_cast<double>(row.scale(i / 32)) * row.code(i);
        // Half a step, and the roundings of scale, inverse and product on up to 127 steps. A scale below the smallest
        // normal float may count as 0.
        const double step = row.scale(i / 32);
        ASSERT_NEAR(value, x[static_cast<std::size_t>(i)], step * (0.5 + 127 * 4 * 0x1p-24) + 127.0 * FLT_MIN);
      }
    }
  }
}

TEST_P(RowKernelsTest, QuantizeUsesTheWholeRangeAndTiesToEven) {
  std::vector<float> x(32, 0.0F);
  x[0] = -127.0F;  // the scale is exactly 1
  const float inputs[] = {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 126.5F, 126.4F};
  const int codes[] = {0, 2, 2, 0, -2, 126, 126};
  for (std::size_t i = 0; i < std::size(inputs); ++i) x[i + 1] = inputs[i];
  const Q8Row row(table(), x);
  EXPECT_EQ(row.scale(0), 1.0F);
  EXPECT_EQ(row.code(0), -127);
  for (std::size_t i = 0; i < std::size(inputs); ++i) EXPECT_EQ(row.code(static_cast<std::int64_t>(i) + 1), codes[i]);
}

TEST_P(RowKernelsTest, QuantizeMarksBlocksThatAreNotFinite) {
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{13}, std::size_t{31}}) {
      std::vector<float> x(64, 1.0F);
      x[at] = bad;
      const Q8Row row(table(), x);
      EXPECT_TRUE(std::isnan(row.scale(0)));
      EXPECT_FALSE(std::isnan(row.scale(1)));
      expect_sums_and_padding(row);
    }
  }
  const Q8Row zeros(table(), std::vector<float>(32, 0.0F));
  EXPECT_EQ(zeros.scale(0), 0.0F);
  expect_sums_and_padding(zeros);
}

TEST_P(RowKernelsTest, RmsNorm) {
  Random random(2);
  for (const int n : {1, 2, 8, 15, 16, 17, 63, 64, 65, 100, 576, 2048}) {
    const auto size = static_cast<std::size_t>(n);
    const std::vector<float> x = random_floats(size, -4, 4, random), weight = random_floats(size, -2, 2, random);
    double squares = 0;
    for (const float v : x) squares += static_cast<double>(v) * v;
    const double factor = 1 / std::sqrt(squares / n + 1e-5);
    std::vector<float> out(size), in_place = x;
    table().rms_norm(x.data(), weight.data(), n, 1e-5F, out.data());
    table().rms_norm(in_place.data(), weight.data(), n, 1e-5F, in_place.data());
    EXPECT_EQ(out, in_place);
    for (std::size_t i = 0; i < size; ++i) {
      const double expected = x[i] * factor * weight[i];
      // n positive terms: relative error ≤ n·2^-24 of the sum, half of it after the root; then a few more roundings.
      ASSERT_NEAR(out[i], expected, (n / 2.0 + 8) * 0x1p-24 * std::fabs(expected)) << n;
    }
  }
}

TEST_P(RowKernelsTest, RmsNormOfWhatIsTooLargeIsNoNumber) {
  for (const float large : {2e19F, 3e38F, -3e38F, INFINITY, std::nanf("")}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{7}, std::size_t{70}}) {
      std::vector<float> x(71, 1.0F), out(71);
      x[at] = large;
      table().rms_norm(x.data(), std::vector<float>(71, 1.0F).data(), 71, 1e-5F, out.data());
      for (const float v : out) EXPECT_TRUE(std::isnan(v)) << large;
    }
  }
}

TEST_P(RowKernelsTest, RopeTurnsPairsAndLeavesTheRest) {
  Random random(3);
  for (int n_pairs = 0; n_pairs < 40; ++n_pairs) {
    const auto pairs = static_cast<std::size_t>(n_pairs);
    const std::vector<float> x = random_floats(2 * pairs + 3, -3, 3, random);
    const std::vector<float> cos = random_floats(pairs, -1, 1, random), sin = random_floats(pairs, -1, 1, random);
    std::vector<float> interleaved = x, neox = x;
    table().rope_interleaved(interleaved.data(), cos.data(), sin.data(), n_pairs);
    table().rope_neox(neox.data(), cos.data(), sin.data(), n_pairs);
    for (std::size_t i = 0; i < pairs; ++i) {
      const auto expect_pair = [&](const std::vector<float>& out, std::size_t ia, std::size_t ib) {
        const double a = x[ia], b = x[ib], c = cos[i], s = sin[i];
        const double tolerance = 2 * 0x1p-24 * (std::fabs(a) + std::fabs(b));
        ASSERT_NEAR(out[ia], a * c - b * s, tolerance);
        ASSERT_NEAR(out[ib], a * s + b * c, tolerance);
      };
      ASSERT_NO_FATAL_FAILURE(expect_pair(interleaved, 2 * i, 2 * i + 1)) << n_pairs;
      ASSERT_NO_FATAL_FAILURE(expect_pair(neox, i, i + pairs)) << n_pairs;
    }
    for (std::size_t i = 2 * pairs; i < x.size(); ++i) {
      ASSERT_EQ(interleaved[i], x[i]);
      ASSERT_EQ(neox[i], x[i]);
    }
  }
}

double silu(double x) { return x / (1 + std::exp(-x)); }
double gelu_tanh(double x) {
  const double u = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * u));
}

TEST_P(RowKernelsTest, GeluByErfIsAccurateForAnyLength) {
  const auto expect_near = [](float found, float x) {
    const double expected = 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    // erf by two polynomials of 5 rounded steps each, a quotient and two products: 13 roundings of 2^−24.
    ASSERT_NEAR(found, expected, 4e-7 * std::fabs(x) + 3e-7 * std::fabs(expected)) << x;
  };
  Random random(6);
  for (int n = 0; n < 70; ++n) {
    const std::vector<float> x = random_floats(static_cast<std::size_t>(n), -9, 9, random);
    std::vector<float> out = x;
    out.push_back(77.0F);
    table().gelu_erf(out.data(), n);
    for (std::size_t i = 0; i < x.size(); ++i) expect_near(out[i], x[i]);
    ASSERT_EQ(out.back(), 77.0F);
  }
  for (const float x : {0.0F, -0.0F, 1e-30F, 5.5F, -5.5F, 5.59F, -5.59F, 1e30F, -1e30F}) {
    float out = x;
    table().gelu_erf(&out, 1);
    expect_near(out, x);
  }
  float nan = std::nanf("");
  table().gelu_erf(&nan, 1);
  EXPECT_TRUE(std::isnan(nan));
}

TEST_P(RowKernelsTest, GatesAreAccurateForAnyLength) {
  Random random(4);
  for (int n = 0; n < 70; ++n) {
    const auto size = static_cast<std::size_t>(n);
    const std::vector<float> gate = random_floats(size, -12, 12, random), up = random_floats(size, -3, 3, random);
    std::vector<float> silu_out(size + 1, 77.0F), gelu_out = up, capped = gate;
    gelu_out.push_back(77.0F);
    table().silu_mul(gate.data(), up.data(), n, silu_out.data());
    table().gelu_mul(gate.data(), gelu_out.data(), n, gelu_out.data());
    table().softcap(capped.data(), 3.0F, n);
    for (std::size_t i = 0; i < size; ++i) {
      // 1 + tanh may lose bits where the result is far below x; the sigmoid's exponent is rounded, too.
      const double lost = 3e-7 * std::fabs(static_cast<double>(gate[i]) * up[i]);
      ASSERT_NEAR(silu_out[i], silu(gate[i]) * up[i], 1e-6 * std::fabs(silu(gate[i]) * up[i]) + 1e-37) << gate[i];
      ASSERT_NEAR(gelu_out[i], gelu_tanh(gate[i]) * up[i], 1e-6 * std::fabs(gelu_tanh(gate[i]) * up[i]) + lost);
      const double expected = 3.0 * std::tanh(gate[i] / 3.0);
      ASSERT_NEAR(capped[i], expected, 1e-6 * std::fabs(expected)) << gate[i];
    }
    ASSERT_EQ(silu_out[size], 77.0F);
    ASSERT_EQ(gelu_out[size], 77.0F);
  }
}

TEST_P(RowKernelsTest, GatesAtTheEdges) {
  const float x[] = {0.0F, -0.0F, 1e-30F, -1e-30F, 200.0F, -200.0F, 1e10F, -1e10F, 90.0F, -90.0F, INFINITY};
  constexpr int kN = std::size(x);
  const std::vector<float> ones(kN, 1.0F);
  float silu_out[kN], gelu_out[kN], capped[kN];
  table().silu_mul(x, ones.data(), kN, silu_out);
  table().gelu_mul(x, ones.data(), kN, gelu_out);
  std::copy(std::begin(x), std::end(x), capped);
  table().softcap(capped, 50.0F, kN);
  for (int i = 0; i < kN; ++i) {
    EXPECT_NEAR(capped[i], 50.0 * std::tanh(x[i] / 50.0), std::fabs(x[i]) < 1 ? 1e-6 * std::fabs(x[i]) : 1e-4) << x[i];
    if (!std::isfinite(x[i])) continue;
    EXPECT_NEAR(silu_out[i], silu(x[i]), 1e-6 * std::fabs(silu(x[i])) + 1e-30) << x[i];
    EXPECT_NEAR(gelu_out[i], x[i] > 0 ? x[i] * (x[i] < 1 ? 0.5 : 1.0) : 0.0, 1e-6 * std::fabs(x[i]) + 1e-30) << x[i];
  }
  const float nan = std::nanf("");
  float out = 0, cap = nan;
  table().silu_mul(&nan, ones.data(), 1, &out);
  EXPECT_TRUE(std::isnan(out));
  table().gelu_mul(&nan, ones.data(), 1, &out);
  EXPECT_TRUE(std::isnan(out));
  table().softcap(&cap, 50.0F, 1);
  EXPECT_TRUE(std::isnan(cap));
}

TEST_P(RowKernelsTest, AddAndScale) {
  Random random(5);
  for (int n = 0; n < 40; ++n) {
    const auto size = static_cast<std::size_t>(n);
    const std::vector<float> x = random_floats(size + 1, -3, 3, random), y = random_floats(size + 1, -3, 3, random);
    std::vector<float> sum = y, product = y;
    table().add(sum.data(), x.data(), n);
    table().scale(product.data(), 1.7F, n);
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_EQ(sum[i], y[i] + x[i]);
      ASSERT_EQ(product[i], y[i] * 1.7F);
    }
    ASSERT_EQ(sum[size], y[size]);
    ASSERT_EQ(product[size], y[size]);
  }
}

INSTANTIATE_TEST_SUITE_P(All, RowKernelsTest, testing::ValuesIn(runnable_kernels().begin(), runnable_kernels().end()),
                         [](const auto& info) {
                           std::string name = info.param->isa;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace tenfold::kernels
