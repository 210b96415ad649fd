#include "model_file/gguf/write_gguf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "model_file/gguf/gguf_copy_testing.h"
#include "tensor/dtype.h"

namespace tenfold {
namespace {

// Tensors of some rows of 4 numbers, each row the number of its tensor, handed out a row at a time.
class RowSource final : public TensorSource {
 public:
  explicit RowSource(std::vector<std::uint64_t> n_rows) : n_rows_(std::move(n_rows)) {}
  [[nodiscard]] std::vector<GgufTensor> tensors() const override {
    std::vector<GgufTensor> tensors;
    for (std::size_t i = 0; i < n_rows_.size(); ++i) {
      tensors.push_back(tenfold::tensor("t" + std::to_string(i), dtype_traits(DType::kF32).ggml_id, {4, n_rows_[i]}));
    }
    return tensors;
  }
  Status stream(std::size_t i, const Sink& sink) override {
    if (i == broken_) return corrupt_data("tensor t", i, ": expected rows, found none");
    const std::vector<float> row(4, static_cast<float>(i));
    for (std::uint64_t r = i == short_ ? 1 : 0; r < n_rows_[i]; ++r) {
      TENFOLD_RETURN_IF_ERROR(sink(std::as_bytes(std::span(row))));
    }
    return {};
  }

  std::size_t broken_ = 99;
  std::size_t short_ = 99;  // by a row

 private:
  std::vector<std::uint64_t> n_rows_;
};

const GgufMetadata kTestKeys({{"general.architecture", GgufScalar(std::string("test"))}});

TEST(WriteGguf, WritesAllTensorsOfASource) {
  const TempFolder folder;
  RowSource rows({1, 3});
  WriteProgress progress("test", nullptr);
  const auto writer = write_gguf(folder.path("m.gguf"), kTestKeys, rows, progress);
  ASSERT_TRUE(writer.ok()) << writer.status().to_string();
  EXPECT_TRUE(files_in(folder).empty()) << "before it is finished";
  ASSERT_TRUE((*writer)->finish().ok());
  const auto file = GgufFile::open(folder.path("m.gguf"));
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const std::vector<float> ones(12, 1.0F);
  EXPECT_EQ(data_of(**file, *(*file)->find_tensor("t1")), std::string(reinterpret_cast<const char*>(ones.data()), 48));
}

TEST(WriteGguf, SaysHowFarAlongAllFilesAre) {
  const TempFolder folder;
  RowSource first({1, 3}), second({4});
  std::vector<double> told;
  WriteProgress progress("test", [&](double fraction) {
    told.push_back(fraction);
    return true;
  });
  progress.expect(first);
  progress.expect(second);
  ASSERT_TRUE(write_gguf(folder.path("a.gguf"), kTestKeys, first, progress).ok());
  ASSERT_TRUE(write_gguf(folder.path("b.gguf"), kTestKeys, second, progress).ok());
  EXPECT_EQ(told, (std::vector<double>{0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1}));
}

TEST(WriteGguf, StopsWhenAskedToAndLeavesNothing) {
  const TempFolder folder;
  RowSource rows({1, 3});
  WriteProgress progress("test", [](double fraction) { return fraction < 0.5; });
  progress.expect(rows);
  const Status status = write_gguf(folder.path("m.gguf"), kTestKeys, rows, progress).status();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_EQ(status.message(), "test: stopped at tensor t1; its file was not written");
  EXPECT_TRUE(files_in(folder).empty());
}

TEST(WriteGguf, PassesOnWhatIsWrongWithASource) {
  const TempFolder folder;
  WriteProgress progress("test", nullptr);
  RowSource broken({1, 3});
  broken.broken_ = 1;
  EXPECT_EQ(write_gguf(folder.path("m.gguf"), kTestKeys, broken, progress).status().message(),
            "tensor t1: expected rows, found none");
  RowSource short_of_a_row({1, 3});
  short_of_a_row.short_ = 0;
  EXPECT_EQ(write_gguf(folder.path("m.gguf"), kTestKeys, short_of_a_row, progress).status().message(),
            "tensor t0: expected 16 bytes from its source, found 0");
  EXPECT_TRUE(files_in(folder).empty());
}

}  // namespace
}  // namespace tenfold
