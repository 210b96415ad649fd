#include "convert/checkpoint_tensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

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

// Its tensor as a recipe that takes all of it.
class CheckpointTensorsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto file = SafetensorsFile::open(folder_.write("t.safetensors", long_rows(values_)));
    ASSERT_TRUE(file.ok()) << file.status().to_string();
    file_ = std::move(file).value();
    recipe_.type = DType::kF32;
    recipe_.rows.unit_elems = kUnitElems;
    recipe_.rows.pieces = {{.tensor = file_->find_tensor("t"), .n_units = kUnits}};
  }
  Status stream(const TensorSource::Sink& sink) {
    return CheckpointTensors(*file_, std::span(&recipe_, 1)).stream(0, sink);
  }

  const TempFolder folder_;
  std::vector<float> values_;
  std::unique_ptr<SafetensorsFile> file_;
  TensorRecipe recipe_;
};

TEST_F(CheckpointTensorsTest, HandsOutALongRowInParts) {
  for (const float plus : {0.0F, 1.0F}) {
    recipe_.plus = plus;
    std::vector<float> written;
    std::size_t largest = 0;
    const Status status = stream([&](std::span<const std::byte> piece) {
      largest = std::max(largest, piece.size());
      const std::size_t at = written.size();
      written.resize(at + piece.size() / sizeof(float));
      std::memcpy(written.data() + at, piece.data(), piece.size());
      return Status();
    });
    ASSERT_TRUE(status.ok()) << status.to_string();
    std::vector<float> expected = values_;
    for (float& value : expected) value += plus;
    EXPECT_TRUE(written == expected);
    EXPECT_LE(largest, std::size_t{4} << 20);
  }
}

TEST_F(CheckpointTensorsTest, PartsOfARowAreWholeBlocks) {
  recipe_.type = DType::kQ8_0;
  std::size_t n_bytes = 0;
  const Status status = stream([&](std::span<const std::byte> piece) {
    n_bytes += piece.size();
    return Status();
  });
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(n_bytes, row_bytes(DType::kQ8_0, static_cast<std::int64_t>(values_.size())));
}

}  // namespace
}  // namespace tenfold
