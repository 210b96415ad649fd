// Attention of every KV type and instruction set against double precision, and bit for bit against itself when queries
// come in other company.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/select.h"
#include "kernels/weights_testing.h"

namespace tenfold::kernels {
namespace {

// Keys and values of a sequence in the blocks of one table; `keys` and `values` are what the blocks can hold of them.
struct TestCache {
  TestCache(const KernelTable& table, KvType kv_type, int dim, int positions, Random& random)
      : kv(&table.kv[static_cast<int>(kv_type)]), type(kv_type), head_dim(dim), n_positions(positions) {
    keys = random_floats(static_cast<std::size_t>(dim * positions), -2, 2, random);
    values = random_floats(static_cast<std::size_t>(dim * positions), -2, 2, random);
    for (int p = 0; p < positions; ++p) {
      // All bits set is NaN in every type: what is not visible must not be touched.
      if (p % kKvBlock == 0) blocks.emplace_back(kv->block_bytes(dim), 0xFF);
      float* k = keys.data() + p * dim;
      float* v = values.data() + p * dim;
      kv->store(k, v, dim, p % kKvBlock, blocks.back().data());
      as_stored(k);
      as_stored(v);
    }
  }

  void as_stored(float* x) const {
    if (type == KvType::kF16 && kv->arithmetic == KvArithmetic::kInt16) {
      float largest = 0;
      for (int d = 0; d < head_dim; ++d) largest = std::max(largest, std::fabs(x[d]));
      const float scale = largest / 8191.0F;
      for (int d = 0; d < head_dim; ++d) x[d] = std::nearbyint(x[d] / scale) * scale;
    } else if (type == KvType::kF16) {
      for (int d = 0; d < head_dim; ++d) x[d] = half_to_float(float_to_half(x[d]));
    }
    if (type != KvType::kQ8_0) return;
    for (int block = 0; block < head_dim; block += 32) {
      float largest = 0;
      for (int d = block; d < block + 32; ++d) largest = std::max(largest, std::fabs(x[d]));
      const float scale = half_to_float(float_to_half(largest / 127.0F));
      for (int d = block; d < block + 32; ++d) {
        x[d] = scale > 0 ? std::clamp(std::nearbyint(x[d] / scale), -127.0F, 127.0F) * scale : 0.0F;
      }
    }
  }

  const KvKernels* kv;
  KvType type;
  int head_dim;
  int n_positions;
  std::vector<float> keys, values;
  std::vector<AlignedBytes> blocks;
};

struct Visible {
  int first, last;  // positions of the sequence
};

struct Queries {
  int group;
  std::int64_t token_stride;
  std::vector<float> q;
  std::vector<Visible> visible;  // of each token

  // size: about the largest score
  Queries(int heads, int head_dim, std::vector<Visible> spans, Random& random, double size = 5)
      : group(heads), token_stride(heads * head_dim + 5), visible(std::move(spans)) {
    const auto largest = static_cast<float>(size / std::sqrt(head_dim));
    q = random_floats(visible.size() * static_cast<std::size_t>(token_stride), -largest, largest, random);
  }
  int n_tokens() const { return static_cast<int>(visible.size()); }
};

struct State {
  std::vector<float> m, l, acc;

  State(int n_queries, int head_dim)
      : m(static_cast<std::size_t>(n_queries), -std::numeric_limits<float>::infinity()),
        l(static_cast<std::size_t>(n_queries), 0),
        acc(static_cast<std::size_t>(n_queries * head_dim), 0) {}
  AttentionState view() { return {m.data(), l.data(), acc.data()}; }
};

// Heads [head, head + heads) of tokens [token, token + tokens), all blocks in order.
State attend(const TestCache& cache, const Queries& queries, float softcap, int token, int tokens, int head,
             int heads) {
  State state(tokens * heads, cache.head_dim);
  std::vector<const void*> blocks;
  for (const AlignedBytes& block : cache.blocks) blocks.push_back(block.data());
  std::vector<std::int32_t> first, last;
  for (int t = token; t < token + tokens; ++t) {
    first.push_back(queries.visible[static_cast<std::size_t>(t)].first);
    last.push_back(queries.visible[static_cast<std::size_t>(t)].last);
  }
  AttentionArgs args{};
  args.q = queries.q.data() + token * queries.token_stride + head * cache.head_dim;
  args.q_token_stride = queries.token_stride;
  args.n_tokens = tokens;
  args.group = heads;
  args.head_dim = cache.head_dim;
  args.kv_blocks = blocks.data();
  args.n_blocks = static_cast<std::int32_t>(blocks.size());
  args.first = first.data();
  args.last = last.data();
  args.softcap = softcap;
  args.state = state.view();
  cache.kv->attend(args);
  return state;
}

State attend(const TestCache& cache, const Queries& queries, float softcap) {
  return attend(cache, queries, softcap, 0, queries.n_tokens(), 0, queries.group);
}

// The answer in double, and how far F32 may be from it.
struct ExpectedRow {
  std::vector<double> out;
  double tolerance;
};

// A query as the kernel multiplies it, and by how much an element of it may be off: where the code lies that close to
// the middle of two, the kernel may take the other.
struct Multiplied {
  std::vector<double> q;
  std::vector<double> error;
};

Multiplied as_multiplied(const TestCache& cache, const float* q) {
  const auto n = static_cast<std::size_t>(cache.head_dim);
  Multiplied m{{q, q + n}, std::vector<double>(n, 0.0)};
  if (cache.kv->arithmetic != KvArithmetic::kInt16) return m;
  double largest = 0, sum = 0;
  for (const double x : m.q) {
    largest = std::max(largest, std::fabs(x));
    sum += std::fabs(x);
  }
  const double sum_of_codes = cache.type == KvType::kF16 ? 0x1p18 : 0x1p24;
  const double unit = std::max(largest / 32767, sum / (sum_of_codes - cache.head_dim));
  for (std::size_t d = 0; d < n; ++d) {
    const double code = m.q[d] / unit;
    // The unit is a sum of head_dim / 8 + 3 F32 additions (as many as 8 lanes need) and four more roundings; so is the
    // code off.
    const double code_error = std::fabs(code) * (cache.head_dim / 8.0 + 7) * 0x1p-24;
    m.error[d] = 0.5 - std::fabs(code - std::nearbyint(code)) < code_error ? unit : 0;
    m.q[d] = std::nearbyint(code) * unit;
  }
  return m;
}

// A score is a chain of head_dim FMAs (and for Q8_0 one more for each scale): off by at most (head_dim +
// 8)·2^-24·Σ|q·k|. exp turns an absolute error into a relative one; the vector exp adds 4e-7 and the subtraction of the
// maximum its own rounding; sums of 64 terms and their merging add (64 + 8)·2^-24. Numerator and denominator err alike,
// hence twice. Whole numbers: 64 weights, of which the largest is 1, are each off by at most half of 1/32767.
ExpectedRow expected_output(const TestCache& cache, const Queries& queries, float softcap, int token, int head) {
  const Visible& span = queries.visible[static_cast<std::size_t>(token)];
  const Multiplied query =
      as_multiplied(cache, queries.q.data() + token * queries.token_stride + head * cache.head_dim);
  std::vector<double> scores;
  double score_error = 0, largest = -INFINITY, smallest = INFINITY;
  for (int p = span.first; p < span.last; ++p) {
    double score = 0, size = 0, query_error = 0;
    for (int d = 0; d < cache.head_dim; ++d) {
      const double key = cache.keys[static_cast<std::size_t>(p * cache.head_dim + d)];
      const double term = query.q[static_cast<std::size_t>(d)] * key;
      score += term;
      size += std::fabs(term);
      query_error += query.error[static_cast<std::size_t>(d)] * std::fabs(key);
    }
    score_error = std::max(score_error, (cache.head_dim + 8) * 0x1p-24 * size + query_error);
    if (softcap > 0) {
      score = softcap * std::tanh(score / softcap);
      score_error += 6e-7 * std::fabs(score);
    }
    scores.push_back(score);
    largest = std::max(largest, score);
    smallest = std::min(smallest, score);
  }
  ExpectedRow expected{std::vector<double>(static_cast<std::size_t>(cache.head_dim), 0.0), 0};
  double sum = 0, largest_value = 0;
  for (int p = span.first; p < span.last; ++p) {
    const double weight = std::exp(scores[static_cast<std::size_t>(p - span.first)] - largest);
    sum += weight;
    for (int d = 0; d < cache.head_dim; ++d) {
      const double value = cache.values[static_cast<std::size_t>(p * cache.head_dim + d)];
      expected.out[static_cast<std::size_t>(d)] += weight * value;
      largest_value = std::max(largest_value, std::fabs(value));
    }
  }
  for (double& x : expected.out) x /= sum;
  const double relative = 2 * score_error + (largest - smallest) * 0x1p-23 + 4e-7 * 3 + 72 * 0x1p-24;
  const double weight_error = cache.kv->arithmetic == KvArithmetic::kInt16 ? 64 * 0.5 / 32767 : 0;
  expected.tolerance = (2 * relative + weight_error) * largest_value;
  return expected;
}

void expect_near_reference(const TestCache& cache, const Queries& queries, float softcap) {
  const State state = attend(cache, queries, softcap);
  for (int t = 0; t < queries.n_tokens(); ++t) {
    const Visible& span = queries.visible[static_cast<std::size_t>(t)];
    for (int h = 0; h < queries.group; ++h) {
      const auto i = static_cast<std::size_t>(t * queries.group + h);
      const float* acc = state.acc.data() + i * static_cast<std::size_t>(cache.head_dim);
      if (span.first >= span.last) {
        ASSERT_EQ(state.l[i], 0.0F);
        ASSERT_EQ(state.m[i], -INFINITY);
        continue;
      }
      const ExpectedRow expected = expected_output(cache, queries, softcap, t, h);
      ASSERT_LT(expected.tolerance, 0.01) << "the test data is too wild to mean anything";
      for (int d = 0; d < cache.head_dim; ++d) {
        ASSERT_NEAR(acc[d] / state.l[i], expected.out[static_cast<std::size_t>(d)], expected.tolerance)
            << "token " << t << " head " << h << " dimension " << d << " of " << cache.head_dim;
      }
    }
  }
}

std::vector<Visible> causal(int n_tokens, int n_positions) {
  std::vector<Visible> spans;
  for (int t = 0; t < n_tokens; ++t) spans.push_back({0, n_positions - n_tokens + 1 + t});
  return spans;
}

DType dtype_of(KvType type) {
  return type == KvType::kF32 ? DType::kF32 : type == KvType::kF16 ? DType::kF16 : DType::kQ8_0;
}

class AttentionTest : public testing::TestWithParam<std::tuple<const KernelTable*, KvType>> {
 protected:
  const KernelTable& table() const { return *std::get<0>(GetParam()); }
  KvType type() const { return std::get<1>(GetParam()); }
  std::vector<int> head_dims() const {
    if (type() == KvType::kQ8_0) return {32, 64, 96, 128, 256};
    return {2, 8, 10, 12, 16, 24, 32, 64, 80, 128, 192};
  }
};

TEST_P(AttentionTest, AgreesWithDoublePrecision) {
  Random random(1);
  for (const int head_dim : head_dims()) {
    for (const int n_positions : {1, 64, 150}) {
      const TestCache cache(table(), type(), head_dim, n_positions, random);
      // Codes of large queries are so coarse that the scores must be smaller for the tolerance to mean anything.
      const double size = cache.kv->arithmetic == KvArithmetic::kInt16 && head_dim > 64 ? 3 : 5;
      for (const int group : {1, 3, 4, 7}) {
        const Queries queries(group, head_dim, causal(n_positions == 1 ? 1 : 5, n_positions), random, size);
        ASSERT_NO_FATAL_FAILURE(expect_near_reference(cache, queries, 0));
      }
    }
  }
}

TEST_P(AttentionTest, Windows) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    const TestCache cache(table(), type(), 64, 200, random);
    std::vector<Visible> spans;
    for (int t = 0; t < 1 + random.below(6); ++t) {
      const int first = random.below(200), last = random.below(201);
      spans.push_back({first, last});  // nothing where last ≤ first
    }
    const Queries queries(1 + random.below(5), 64, spans, random);
    ASSERT_NO_FATAL_FAILURE(expect_near_reference(cache, queries, seed % 2 == 0 ? 0.0F : 5.0F)) << "seed " << seed;
  }
}

TEST_P(AttentionTest, AQueryDoesNotSeeItsNeighbours) {
  Random random(2);
  for (const int head_dim : {32, 64, 96}) {
    const TestCache cache(table(), type(), head_dim, 130, random);
    std::vector<Visible> spans = causal(6, 130);
    spans[2] = {70, 100};
    spans[4] = {5, 5};
    const int group = 5;
    const Queries queries(group, head_dim, spans, random);
    const State together = attend(cache, queries, 0);
    for (int t = 0; t < queries.n_tokens(); ++t) {
      for (int h = 0; h < group; ++h) {
        const State alone = attend(cache, queries, 0, t, 1, h, 1);
        const auto i = static_cast<std::size_t>(t * group + h);
        const auto dim = static_cast<std::size_t>(head_dim);
        ASSERT_EQ(alone.m[0], together.m[i]);
        ASSERT_EQ(alone.l[0], together.l[i]);
        ASSERT_EQ(0, std::memcmp(alone.acc.data(), together.acc.data() + i * dim, dim * 4)) << t << " " << h;
      }
    }
  }
}

TEST_P(AttentionTest, LargeScoresDoNotOverflow) {
  Random random(3);
  const TestCache cache(table(), type(), 64, 100, random);
  const Queries queries(3, 64, causal(2, 100), random, 10000);
  const State state = attend(cache, queries, 0);
  for (std::size_t i = 0; i < state.l.size(); ++i) {
    ASSERT_TRUE(std::isfinite(state.l[i]) && state.l[i] >= 1.0F) << state.l[i];
    for (std::size_t d = 0; d < 64; ++d) ASSERT_LE(std::fabs(state.acc[i * 64 + d]), state.l[i] * 2.001F);
  }
}

TEST_P(AttentionTest, NaNInAVisibleValueShows) {
  Random random(4);
  TestCache cache(table(), type(), 32, 10, random);
  std::vector<float> bad(32, std::nanf(""));
  cache.kv->store(bad.data(), bad.data(), 32, 3, cache.blocks[0].data());
  const Queries queries(2, 32, {{0, 3}, {0, 4}}, random);
  const State state = attend(cache, queries, 0);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(std::isnan(state.acc[i * 32] / state.l[i]), i >= 2) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, AttentionTest,
                         testing::Combine(testing::ValuesIn(runnable_kernels().begin(), runnable_kernels().end()),
                                          testing::Values(KvType::kF32, KvType::kF16, KvType::kQ8_0)),
                         [](const auto& info) {
                           return test_name(std::get<0>(info.param), dtype_of(std::get<1>(info.param)));
                         });

}  // namespace
}  // namespace tenfold::kernels
