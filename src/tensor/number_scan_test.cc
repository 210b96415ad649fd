#include "tensor/number_scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tensor/dequantize.h"

namespace tenfold {
namespace {

// What dequantisation makes of the block says what its numbers are.
Numbers by_values(DType type, const std::vector<unsigned char>& row, int n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  dequantize_row(type, row.data(), n, values.data());
  Numbers numbers = Numbers::kAllZero;
  for (const float x : values) {
    if (!std::isfinite(x)) return Numbers::kNotFinite;
    if (x != 0) numbers = Numbers::kFinite;
  }
  return numbers;
}

TEST(NumberScan, ZerosAreZeros) {
  for (int i = 0; i < kNumDTypes; ++i) {
    const auto type = static_cast<DType>(i);
    const int n = 3 * dtype_traits(type).block_elems;
    EXPECT_EQ(scan_numbers(type, std::vector<unsigned char>(row_bytes(type, n)).data(), n), Numbers::kAllZero) << i;
    EXPECT_EQ(scan_numbers(type, nullptr, 0), Numbers::kAllZero) << i;
  }
}

// Any two bytes of a row set to F16's, BF16's or an upper half of F32's infinity: seen if and only if a value shows it.
TEST(NumberScan, SeesWhatIsNotFiniteWhereverItStands) {
  for (int i = 0; i < kNumDTypes; ++i) {
    const auto type = static_cast<DType>(i);
    const int n = 3 * dtype_traits(type).block_elems;
    int n_seen = 0;
    for (const unsigned char high : {0x7C, 0x7F, 0xFC, 0x3C, 0x80}) {
      for (const unsigned char low : {0x00, 0x80, 0x01}) {
        for (std::size_t at = 0; at + 2 <= row_bytes(type, n); ++at) {
          // Codes and small scales of one, so that no factor of zero hides the scale.
          std::vector<unsigned char> row(row_bytes(type, n), 0x11);
          row[at] = low;
          row[at + 1] = high;
          const bool found = scan_numbers(type, row.data(), n) == Numbers::kNotFinite;
          EXPECT_EQ(found, by_values(type, row, n) == Numbers::kNotFinite)
              << dtype_traits(type).name << " byte " << at << ": " << int{high} << " " << int{low};
          n_seen += found ? 1 : 0;
        }
      }
    }
    EXPECT_GT(n_seen, 0) << dtype_traits(type).name;
  }
}

TEST(NumberScan, OneNumberIsEnoughToBeNoZero) {
  for (int i = 0; i < kNumDTypes; ++i) {
    const auto type = static_cast<DType>(i);
    const int n = 5 * dtype_traits(type).block_elems;
    std::vector<unsigned char> row(row_bytes(type, n));
    // The last block's bytes become those of ones.
    for (std::size_t at = row.size() - dtype_traits(type).block_bytes; at < row.size(); ++at) row[at] = 0x11;
    EXPECT_EQ(scan_numbers(type, row.data(), n), Numbers::kFinite) << dtype_traits(type).name;
  }
}

TEST(NumberScan, FloatsOfAnySize) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (std::size_t n = 1; n < 70; ++n) {
    std::vector<float> values(n, -0.0F);
    EXPECT_TRUE(all_finite(values));
    for (const float bad : {std::nanf(""), -std::nanf(""), infinity, -infinity}) {
      values.back() = bad;
      EXPECT_FALSE(all_finite(values)) << n;
    }
    values.back() = -std::numeric_limits<float>::max();
    EXPECT_TRUE(all_finite(values)) << n;
  }
}

}  // namespace
}  // namespace tenfold
