#include "sampler/random.h"

#include <gtest/gtest.h>

#include <set>

namespace tenfold {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers that the authors publish for ten rounds.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
  EXPECT_EQ(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}), (Block{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}));
  EXPECT_EQ(philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}),
            (Block{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

TEST(UniformRandom, FollowsFromTheFirstTwoWords) {
  EXPECT_EQ(uniform_random(0, 0), static_cast<double>(0x6627E8D5E169C58DULL >> 11) / static_cast<double>(1ULL << 53));
  EXPECT_NE(uniform_random(0, 1), uniform_random(0, 0));
  EXPECT_NE(uniform_random(1, 0), uniform_random(0, 0));
  EXPECT_NE(uniform_random(1ULL << 32, 0), uniform_random(0, 0));
  EXPECT_NE(uniform_random(0, 1ULL << 32), uniform_random(0, 0));
}

TEST(UniformRandom, IsUniform) {
  constexpr int kBins = 64, kDraws = 64000;
  for (const std::uint64_t seed : {0ULL, 1ULL, 123456789ULL}) {
    std::array<int, kBins> hits{};
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const double u = uniform_random(seed, i);
      ASSERT_TRUE(u >= 0 && u < 1);
      ++hits[static_cast<std::size_t>(u * kBins)];
    }
    double chi_square = 0;
    for (const int h : hits) chi_square += (h - 1000.0) * (h - 1000.0) / 1000.0;
    EXPECT_LT(chi_square, 103.4);  // 63 degrees of freedom, one in a thousand
  }
}

TEST(FreshSeed, DiffersEachTime) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 100; ++i) seeds.insert(fresh_seed());
  EXPECT_EQ(seeds.size(), 100U);
}

}  // namespace
}  // namespace tenfold
