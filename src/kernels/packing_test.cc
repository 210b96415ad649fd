// Panels hold exactly what the file holds, whatever its bytes are.
#include <gtest/gtest.h>

#include "kernels/select.h"
#include "kernels/weights_testing.h"
#include "tensor/dequantize.h"

namespace tenfold::kernels {
namespace {

class PackingTest : public testing::TestWithParam<std::tuple<const KernelTable*, DType>> {
 protected:
  const KernelTable& table() const { return *std::get<0>(GetParam()); }
  DType type() const { return std::get<1>(GetParam()); }
  const WeightKernels& kernels() const { return table().weights[static_cast<int>(type())]; }
  std::vector<std::int64_t> lengths() const {
    if (!is_quantized(type())) return {1, 7, 32, 576};
    if (dtype_traits(type()).block_elems == 256) return {256, 768};
    return {32, 96, 576};
  }
};

TEST_P(PackingTest, UnpackGivesTheFilesBytes) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    for (const std::int64_t k : lengths()) {
      const int n_rows = 1 + random.below(table().panel_rows);
      std::vector<unsigned char> rows(row_bytes(type(), k) * static_cast<std::size_t>(n_rows) + 1);
      for (unsigned char& byte : rows) byte = static_cast<unsigned char>(random.bits() >> 56);  // NaN scales and all
      AlignedBytes panel(kernels().panel_bytes(k), 0xA5);
      ASSERT_EQ(panel.size() % 64, 0U);
      kernels().pack(rows.data() + 1, n_rows, k, panel.data());  // + 1: file rows are not aligned
      std::vector<unsigned char> back(rows.size(), 0x5A);
      kernels().unpack(panel.data(), n_rows, k, back.data() + 1);
      ASSERT_EQ(0, std::memcmp(rows.data() + 1, back.data() + 1, rows.size() - 1)) << "k " << k << " seed " << seed;
      ASSERT_EQ(back[0], 0x5A);
    }
  }
}

TEST_P(PackingTest, PanelsAreNotMuchLargerThanTheFile) {
  const std::int64_t k = 2048;
  const std::size_t file = row_bytes(type(), k) * static_cast<std::size_t>(table().panel_rows);
  EXPECT_GE(kernels().panel_bytes(k), file);
  EXPECT_LE(kernels().panel_bytes(k), file + file / 20 + 64);
}

TEST_P(PackingTest, RowToF32IsTheReferenceBitForBit) {
  for (const std::int64_t k : lengths()) {
    Random random(static_cast<std::uint64_t>(k));
    const int n = table().panel_rows;
    const TestMatrix matrix(table(), type(), n, k, random_rows(type(), n, k, random));
    std::vector<float> expected(static_cast<std::size_t>(k)), actual(static_cast<std::size_t>(k));
    for (int row = 0; row < n; ++row) {
      dequantize_row(type(), matrix.rows.data() + row_bytes(type(), k) * static_cast<std::size_t>(row), k,
                     expected.data());
      kernels().row_to_f32(matrix.panels.data(), row, k, actual.data());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(expected[i], actual[i]) << "row " << row << " element " << i << " of " << k;
      }
    }
  }
}

TEST_P(PackingTest, MissingRowsAreZero) {
  if (table().panel_rows == 1) GTEST_SKIP() << "panels of one row have none missing";
  const std::int64_t k = lengths().back();
  Random random(5);
  const TestMatrix matrix(table(), type(), 1, k, random_rows(type(), 1, k, random));
  // A row of zero bytes has the scale 0: its product with anything finite is 0, and so is what it unpacks to.
  const int missing = table().panel_rows - 1;
  std::vector<unsigned char> back(row_bytes(type(), k) * static_cast<std::size_t>(table().panel_rows));
  kernels().unpack(matrix.panels.data(), table().panel_rows, k, back.data());
  std::vector<float> row(static_cast<std::size_t>(k));
  kernels().row_to_f32(matrix.panels.data(), missing, k, row.data());
  for (const float value : row) ASSERT_EQ(value, 0.0F);
}

INSTANTIATE_TEST_SUITE_P(All, PackingTest,
                         testing::Combine(testing::ValuesIn(runnable_kernels().begin(), runnable_kernels().end()),
                                          testing::ValuesIn(all_types())),
                         [](const auto& info) { return test_name(std::get<0>(info.param), std::get<1>(info.param)); });

}  // namespace
}  // namespace tenfold::kernels
