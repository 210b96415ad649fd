#include "convert/checkpoint_tensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

constexpr std::uint64_t kUnitElems = (std::uint64_t{5} << 20) / 2 + 32;
constexpr std::uint64_t kUnits = 2;

// Two units, each much longer than what is read at once.
std::string long_rows(std::vector<float>& values) {
  values.resize(kUnits * kUnitElems);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1021) / 8;
  const std::string n_bytes = std::to_string(values.size() * sizeof(float));
  std::string header = R"({"t":{"dtype":"F32","shape":[)" + std::to_string(kUnits) + "," + std::to_string(kUnitElems) +
                       R"(],"data_offsets":[0,)" + n_bytes + "]}}";
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + header + std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

TEST(CheckpointTensors, HandsOutALongRowInParts) {
  const TempFolder folder;
  std::vector<float> values;
  const auto file = SafetensorsFile::open(folder.write("t.safetensors", long_rows(values)));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  TensorRecipe recipe;
  recipe.type = DType::kF32;
  recipe.rows.unit_elems = kUnitElems;
  recipe.rows.pieces = {{.tensor = (*file)->find_tensor("t"), .n_units = kUnits}};
  CheckpointTensors tensors(**file, std::span(&recipe, 1));
  for (const float plus : {0.0F, 1.0F}) {
    recipe.plus = plus;
    std::vector<float> written;
    std::size_t largest = 0;
    const Status status = tensors.stream(0, [&](std::span<const std::byte> piece) {
      largest = std::max(largest, piece.size());
      const std::size_t at = written.size();
      written.resize(at + piece.size() / sizeof(float));
      std::memcpy(written.data() + at, piece.data(), piece.size());
      return Status();
    });
    ASSERT_TRUE(status.ok()) << status.to_string();
    std::vector<float> expected = values;
    for (float& value : expected) value += plus;
    EXPECT_TRUE(written == expected);
    EXPECT_LE(largest, std::size_t{4} << 20);
  }
}

TEST(CheckpointTensors, PartsOfARowAreWholeBlocks) {
  const TempFolder folder;
  std::vector<float> values;
  const auto file = SafetensorsFile::open(folder.write("t.safetensors", long_rows(values)));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  TensorRecipe recipe;
  recipe.type = DType::kQ8_0;
  recipe.rows.unit_elems = kUnitElems;
  recipe.rows.pieces = {{.tensor = (*file)->find_tensor("t"), .n_units = kUnits}};
  std::size_t n_bytes = 0;
  const Status status =
      CheckpointTensors(**file, std::span(&recipe, 1)).stream(0, [&](std::span<const std::byte> piece) {
        n_bytes += piece.size();
        return Status();
      });
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(n_bytes, row_bytes(DType::kQ8_0, static_cast<std::int64_t>(values.size())));
}

}  // namespace
}  // namespace tenfold
