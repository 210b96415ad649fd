// Products of every type and instruction set against double precision, and bit for bit against themselves when the work
// is cut in other ways.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/select.h"
#include "kernels/weights_testing.h"
#include "tensor/dequantize.h"

namespace tenfold::kernels {
namespace {

enum class Activations { kF32, kQ8 };

// n_tokens rows as one table makes them, and the numbers they stand for.
struct TestTokens {
  TestTokens(const KernelTable& table, Activations kind, const std::vector<float>& x, std::int64_t k)
      : n_tokens(static_cast<int>(x.size() / static_cast<std::size_t>(k))),
        stride(kind == Activations::kQ8 ? q8_row_bytes(k) : static_cast<std::size_t>(k) * 4),
        rows(stride * static_cast<std::size_t>(n_tokens)),
        values(x.begin(), x.end()) {
    for (int t = 0; t < n_tokens; ++t) {
      unsigned char* row = rows.data() + stride * static_cast<std::size_t>(t);
      const float* source = x.data() + t * k;
      if (kind == Activations::kF32) {
        std::memcpy(row, source, stride);
        continue;
      }
      table.quantize_q8(source, k, row);
      for (std::int64_t i = 0; i < k; ++i) {
        float scale;
        std::memcpy(&scale, row + q8_scales_offset(k) + i / 32 * 4, 4);
        values[static_cast<std::size_t>(t * k + i)] = static_cast<double>(scale) * static_cast<signed char>(row[i]);
      }
    }
  }

  int n_tokens;
  std::size_t stride;
  AlignedBytes rows;
  std::vector<double> values;
};

struct Output {
  std::vector<float> values;
  std::int64_t stride;

  Output(int n_tokens, int n, int gap)
      : values(static_cast<std::size_t>(n_tokens * (n + gap)) + 1, kUntouched), stride(n + gap) {}
  float* data() { return values.data() + 1; }  // + 1: outputs are not aligned
  float at(int token, int row) const { return values[static_cast<std::size_t>(1 + token * stride + row)]; }

  static constexpr float kUntouched = -12345.0F;
};

struct Part {
  int panel_begin, panel_end, token_begin, token_end;
  int prefetch_bytes = 0;
};

void multiply(const TestMatrix& w, const TestTokens& x, Activations kind, const Part& part, Output& y) {
  MatMulArgs args{};
  args.panels = w.panels.data();
  args.k = w.k;
  args.panel_begin = part.panel_begin;
  args.panel_end = part.panel_end;
  args.n_rows = w.n;
  args.n_tokens = part.token_end - part.token_begin;
  args.x = x.rows.data() + x.stride * static_cast<std::size_t>(part.token_begin);
  args.x_stride_bytes = x.stride;
  args.y = y.data() + part.token_begin * y.stride;
  args.y_stride = y.stride;
  args.prefetch_bytes = part.prefetch_bytes;
  (kind == Activations::kQ8 ? w.kernels->mat_mul_q8 : w.kernels->mat_mul_f32)(args);
}

// y[token][row] and Σ |terms|, in double: a term is scale·code·x, and min·x apart, since they are summed apart.
struct Expected {
  double value = 0, magnitude = 0;
};

std::vector<Expected> reference_row(const TestMatrix& w, int row, const TestTokens& x) {
  const unsigned char* file = w.rows.data() + row_bytes(w.type, w.k) * static_cast<std::size_t>(row);
  std::vector<float> weights(static_cast<std::size_t>(w.k));
  dequantize_row(w.type, file, w.k, weights.data());
  std::vector<double> sizes(weights.begin(), weights.end());
  for (std::int64_t i = 0; is_quantized(w.type) && i < w.k / 32; ++i) {
    scalar::CodeBlock block;
    scalar::decode_block(w.type, file, i, block);
    for (std::size_t e = 0; e < 32; ++e) {
      sizes[static_cast<std::size_t>(i) * 32 + e] =
          std::fabs(static_cast<double>(block.scale[e / 16]) * block.codes[e]) + std::fabs(block.min[e / 16]);
    }
  }
  std::vector<Expected> out(static_cast<std::size_t>(x.n_tokens));
  for (int t = 0; t < x.n_tokens; ++t) {
    for (std::int64_t i = 0; i < w.k; ++i) {
      const double value = x.values[static_cast<std::size_t>(t * w.k + i)];
      out[static_cast<std::size_t>(t)].value += weights[static_cast<std::size_t>(i)] * value;
      out[static_cast<std::size_t>(t)].magnitude += std::fabs(sizes[static_cast<std::size_t>(i)] * value);
    }
  }
  return out;
}

// A sum of n terms in F32, each a product of at most 4 rounded factors, is off by at most (n + 4)·2^-24·Σ|terms|, in
// whatever order (Higham, Accuracy and Stability of Numerical Algorithms, 3.1). Q8 kernels sum at most 4 terms for each
// 32 elements; 2 more roundings are in the reference's own weights.
double tolerance(const Expected& expected, std::int64_t k, Activations kind) {
  const double n_terms = static_cast<double>(kind == Activations::kQ8 ? k / 32 * 4 : k);
  return (n_terms + 6) * 0x1p-24 * expected.magnitude + 1e-30;
}

struct Case {
  const KernelTable* table;
  DType type;
  Activations kind;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const KernelTable* table : runnable_kernels()) {
    for (const DType type : all_types()) {
      cases.push_back({table, type, Activations::kF32});
      if (is_quantized(type)) cases.push_back({table, type, Activations::kQ8});
    }
  }
  return cases;
}

TEST(MatMul, OnlyQuantisedTypesTakeQ8Activations) {
  for (const KernelTable* table : runnable_kernels()) {
    for (const DType type : all_types()) {
      EXPECT_EQ(table->weights[static_cast<int>(type)].mat_mul_q8 != nullptr, is_quantized(type));
    }
  }
}

class MatMulTest : public testing::TestWithParam<Case> {
 protected:
  const KernelTable& table() const { return *GetParam().table; }
  DType type() const { return GetParam().type; }
  Activations kind() const { return GetParam().kind; }
  bool whole_blocks(std::int64_t k) const {
    return k % dtype_traits(type()).block_elems == 0 && (kind() == Activations::kF32 || k % 32 == 0);
  }

  void expect_near_reference(const TestMatrix& w, const TestTokens& x) {
    Output y(x.n_tokens, w.n, 3);
    multiply(w, x, kind(), {0, w.n_panels, 0, x.n_tokens}, y);
    for (int row = 0; row < w.n; ++row) {
      const std::vector<Expected> expected = reference_row(w, row, x);
      for (int t = 0; t < x.n_tokens; ++t) {
        const Expected& e = expected[static_cast<std::size_t>(t)];
        ASSERT_NEAR(y.at(t, row), e.value, tolerance(e, w.k, kind()))
            << "row " << row << " token " << t << " k " << w.k;
      }
    }
    for (int t = 0; t < x.n_tokens; ++t) {
      for (int gap = 0; gap < 3; ++gap) ASSERT_EQ(y.at(t, w.n + gap), Output::kUntouched) << "past the last row";
    }
    ASSERT_EQ(y.values[0], Output::kUntouched);
  }

  // 40 tokens at once against the same in chunks.
  void expect_equal_in_chunks(std::int64_t k, int n, const std::vector<int>& chunks) {
    Random random(4);
    const int n_tokens = 40;
    const TestMatrix w = random_matrix(n, k, random);
    const TestTokens x = random_tokens(n_tokens, k, random);
    Output whole(n_tokens, w.n, 0);
    multiply(w, x, kind(), {0, w.n_panels, 0, n_tokens}, whole);
    for (const int chunk : chunks) {
      Output parts(n_tokens, w.n, 0);
      for (int t = 0; t < n_tokens; t += chunk) {
        const int end = t + chunk < n_tokens ? t + chunk : n_tokens;
        multiply(w, x, kind(), {0, w.n_panels, t, end}, parts);
      }
      ASSERT_EQ(0, std::memcmp(whole.values.data(), parts.values.data(), whole.values.size() * 4))
          << "k " << k << " chunk " << chunk;
    }
  }

  TestMatrix random_matrix(int n, std::int64_t k, Random& random) const {
    return {table(), type(), n, k, random_rows(type(), n, k, random)};
  }
  TestTokens random_tokens(int n_tokens, std::int64_t k, Random& random) const {
    return {table(), kind(), random_floats(static_cast<std::size_t>(n_tokens * k), -3, 3, random), k};
  }
};

TEST_P(MatMulTest, AgreesWithDoublePrecision) {
  Random random(1);
  for (const std::int64_t k : {1, 12, 32, 64, 96, 256, 512, 576, 768, 1536}) {
    if (!whole_blocks(k)) continue;
    for (const int n : {1, 19, 32}) {
      const int n_tokens = k < 600 ? 5 : 2;
      ASSERT_NO_FATAL_FAILURE(expect_near_reference(random_matrix(n, k, random), random_tokens(n_tokens, k, random)));
    }
  }
}

TEST_P(MatMulTest, AnyNumberOfTokens) {
  Random random(2);
  const TestMatrix w = random_matrix(17, 256, random);
  for (const int n_tokens : {3, 4, 6, 9, 16, 17, 33, 40}) {
    ASSERT_NO_FATAL_FAILURE(expect_near_reference(w, random_tokens(n_tokens, 256, random)));
  }
}

// Nor does it matter that there is nothing behind the last panel.
TEST_P(MatMulTest, AskingForMemoryAheadChangesNothing) {
  Random random(3);
  const TestMatrix w = random_matrix(40, 512, random);
  const TestTokens x = random_tokens(2, 512, random);
  Output plain(2, w.n, 0);
  multiply(w, x, kind(), {0, w.n_panels, 0, 2}, plain);
  for (const int ahead : {64, 4096, 65536}) {
    Output y(2, w.n, 0);
    multiply(w, x, kind(), {0, w.n_panels, 0, 2, ahead}, y);
    ASSERT_EQ(0, std::memcmp(plain.values.data(), y.values.data(), y.values.size() * 4)) << ahead;
  }
}

TEST_P(MatMulTest, RandomShapes) {
  for (std::uint64_t seed = 100; seed < 130; ++seed) {
    Random random(seed);
    const std::int64_t k =
        dtype_traits(type()).block_elems == 256 ? 256 * (1 + random.below(3)) : 32 * (1 + random.below(20));
    const int n = 1 + random.below(50), n_tokens = 1 + random.below(20);
    ASSERT_NO_FATAL_FAILURE(expect_near_reference(random_matrix(n, k, random), random_tokens(n_tokens, k, random)))
        << "seed " << seed;
  }
}

// k so long that kernels which work through it in chunks need several.
TEST_P(MatMulTest, ChunksOfALongRow) {
  Random random(3);
  for (const int n_tokens : {1, 9, 16}) {
    const std::int64_t k = n_tokens == 1 ? 32768 : n_tokens == 9 ? 22528 : 5632;
    ASSERT_NO_FATAL_FAILURE(expect_near_reference(random_matrix(17, k, random), random_tokens(n_tokens, k, random)));
  }
}

TEST_P(MatMulTest, ATokenDoesNotSeeItsNeighbours) {
  std::vector<int> chunks;
  for (int chunk = 1; chunk <= 40; ++chunk) chunks.push_back(chunk);
  ASSERT_NO_FATAL_FAILURE(expect_equal_in_chunks(256, 17, chunks));
  ASSERT_NO_FATAL_FAILURE(expect_equal_in_chunks(2560, 3, {1, 2, 7, 13, 16, 20}));
}

TEST_P(MatMulTest, ARowDoesNotSeeItsNeighbours) {
  Random random(5);
  const TestMatrix w = random_matrix(129, 256, random);
  for (const int n_tokens : {1, 7}) {
    const TestTokens x = random_tokens(n_tokens, 256, random);
    Output whole(n_tokens, w.n, 2);
    multiply(w, x, kind(), {0, w.n_panels, 0, n_tokens}, whole);
    for (const int chunk : {1, 2, 3, 5}) {
      Output parts(n_tokens, w.n, 2);
      for (int p = 0; p < w.n_panels; p += chunk) {
        const int end = p + chunk < w.n_panels ? p + chunk : w.n_panels;
        multiply(w, x, kind(), {p, end, 0, n_tokens}, parts);
      }
      ASSERT_EQ(0, std::memcmp(whole.values.data(), parts.values.data(), whole.values.size() * 4)) << "chunk " << chunk;
    }
  }
}

// Every code at one end of its range, every activation at ±127: the largest sums that integers must hold.
TEST_P(MatMulTest, Extremes) {
  if (!is_quantized(type())) return;  // no codes
  const std::int64_t k = 512;
  for (const unsigned char fill : {0x00, 0xFF, 0x7F, 0x80, 0xF0, 0x0F}) {
    std::vector<unsigned char> rows(row_bytes(type(), k) * 5, fill);
    for (std::size_t block = 0; block < rows.size(); block += dtype_traits(type()).block_bytes) {
      for (const std::size_t offset : half_offsets(type())) std::memcpy(&rows[block + offset], "\x00\x3C", 2);  // 1.0
    }
    const TestMatrix w(table(), type(), 5, k, rows);
    for (const int pattern : {0, 1, 2, 3}) {
      std::vector<float> x(static_cast<std::size_t>(k));
      for (std::size_t i = 0; i < x.size(); ++i) {
        const bool negative = pattern == 1 || (pattern == 2 && i % 2 == 1) || (pattern == 3 && i % 64 >= 32);
        x[i] = negative ? -127.0F : 127.0F;
      }
      ASSERT_NO_FATAL_FAILURE(expect_near_reference(w, TestTokens(table(), kind(), x, k)))
          << int{fill} << " " << pattern;
    }
  }
}

TEST_P(MatMulTest, NaNStaysInItsRowAndItsToken) {
  const std::int64_t k = 256;
  Random random(6);
  std::vector<unsigned char> rows = random_rows(type(), 3, k, random);
  const float nan = std::nanf("");
  const std::uint16_t half_nan = 0x7E00;
  unsigned char* bad_row = rows.data() + row_bytes(type(), k);
  if (type() == DType::kF32) {
    std::memcpy(bad_row, &nan, 4);
  } else if (is_quantized(type())) {
    std::memcpy(bad_row + half_offsets(type())[0], &half_nan, 2);
  } else {
    const std::uint16_t bits = type() == DType::kF16 ? half_nan : 0x7FC0;
    std::memcpy(bad_row, &bits, 2);
  }
  const TestMatrix w(table(), type(), 3, k, rows);
  std::vector<float> x = random_floats(static_cast<std::size_t>(3 * k), -1, 1, random);
  x[static_cast<std::size_t>(2 * k + 40)] = nan;
  const TestTokens tokens(table(), kind(), x, k);
  Output y(3, 3, 0);
  multiply(w, tokens, kind(), {0, w.n_panels, 0, 3}, y);
  for (int t = 0; t < 3; ++t) {
    for (int row = 0; row < 3; ++row) EXPECT_EQ(std::isnan(y.at(t, row)), row == 1 || t == 2) << t << " " << row;
  }
}

INSTANTIATE_TEST_SUITE_P(All, MatMulTest, testing::ValuesIn(all_cases()), [](const auto& info) {
  const bool q8 = info.param.kind == Activations::kQ8;
  return test_name(info.param.table, info.param.type) + (q8 ? "_q8" : "_f32");
});

}  // namespace
}  // namespace tenfold::kernels
