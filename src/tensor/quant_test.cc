// De-quantisation and quantisation against tools/make_quant_goldens.py, bit for bit.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "tensor/dequantize.h"
#include "tensor/quantize.h"

namespace tenfold {
namespace {

enum Direction : std::uint32_t { kDequantize = 0, kQuantize = 1 };

struct Golden {
  DType type;
  std::vector<float> floats;
  std::string blocks;
};

std::vector<Golden> goldens(Direction direction) {
  std::ifstream file(TENFOLD_SOURCE_DIR "/src/tensor/testdata/quant_goldens.bin", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<Golden> found;
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::uint32_t head[4];
    std::memcpy(head, bytes.data() + at, sizeof(head));
    at += sizeof(head);
    Golden golden{dtype_from_ggml_id(head[0]).value(), std::vector<float>(head[2]), std::string(head[3], '\0')};
    std::memcpy(golden.floats.data(), bytes.data() + at, golden.floats.size() * sizeof(float));
    at += golden.floats.size() * sizeof(float);
    golden.blocks = bytes.substr(at, head[3]);
    at += head[3];
    if (head[1] == direction) found.push_back(std::move(golden));
  }
  return found;
}

std::string name_of(DType type) { return dtype_traits(type).name; }

TEST(Dequantize, EveryTypeIsBitExact) {
  std::set<DType> seen;
  for (const Golden& golden : goldens(kDequantize)) {
    seen.insert(golden.type);
    const auto n = static_cast<std::int64_t>(golden.floats.size());
    ASSERT_EQ(golden.blocks.size(), row_bytes(golden.type, n)) << name_of(golden.type);
    std::vector<float> out(golden.floats.size(), -1.0f);
    dequantize_row(golden.type, golden.blocks.data(), n, out.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(out[i]), std::bit_cast<std::uint32_t>(golden.floats[i]))
          << name_of(golden.type) << " element " << i;
    }
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kNumDTypes));
}

TEST(Dequantize, TakesBlocksAtAnyAddress) {
  for (const Golden& golden : goldens(kDequantize)) {
    const std::string shifted = "x" + golden.blocks;
    std::vector<float> out(golden.floats.size());
    dequantize_row(golden.type, shifted.data() + 1, static_cast<std::int64_t>(out.size()), out.data());
    EXPECT_EQ(std::memcmp(out.data(), golden.floats.data(), out.size() * sizeof(float)), 0) << name_of(golden.type);
  }
}

TEST(Quantize, EveryTypeIsBitExact) {
  std::set<DType> seen;
  for (const Golden& golden : goldens(kQuantize)) {
    seen.insert(golden.type);
    std::string out(golden.blocks.size(), '\x55');
    const auto n = static_cast<std::int64_t>(golden.floats.size());
    ASSERT_TRUE(quantize_row(golden.type, golden.floats.data(), n, out.data()).ok());
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_EQ(out[i], golden.blocks[i]) << name_of(golden.type) << " byte " << i;
    }
  }
  EXPECT_EQ(seen.size(), 7u);
}

TEST(Quantize, F32IsACopy) {
  const float values[2] = {1.5f, -0.0f};
  float out[2] = {};
  ASSERT_TRUE(quantize_row(DType::kF32, values, 2, out).ok());
  EXPECT_EQ(std::memcmp(values, out, sizeof(values)), 0);
}

TEST(Quantize, RefusesTypesThatNeedASearch) {
  const std::vector<float> values(256, 1.0f);
  std::string out(256, '\0');
  const Status status = quantize_row(DType::kQ4_K, values.data(), 256, out.data());
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("q4_k"), std::string_view::npos);
  for (int i = 0; i < kNumDTypes; ++i) {
    const auto type = static_cast<DType>(i);
    EXPECT_EQ(quantize_row(type, values.data(), 0, out.data()).ok(), can_quantize(type)) << name_of(type);
  }
}

// The sanitizers watch: no float of any size may be converted out of an integer's range.
TEST(Quantize, SurvivesValuesThatNoModelHas) {
  const float extremes[] = {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::max()};
  for (const float extreme : extremes) {
    std::vector<float> values(32, -extreme);
    values[7] = extreme;
    for (const DType type : {DType::kQ4_0, DType::kQ4_1, DType::kQ5_0, DType::kQ5_1, DType::kQ8_0}) {
      std::string out(row_bytes(type, 32), '\0');
      ASSERT_TRUE(quantize_row(type, values.data(), 32, out.data()).ok());
      if (!std::isfinite(extreme)) {
        float back[32];
        dequantize_row(type, out.data(), 32, back);
        EXPECT_FALSE(std::isfinite(back[7])) << name_of(type) << ' ' << extreme;
      }
    }
  }
}

}  // namespace
}  // namespace tenfold
