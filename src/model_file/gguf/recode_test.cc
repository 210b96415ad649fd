#include "model_file/gguf/recode.h"

#include "model_file/gguf/gguf_copy_testing.h"
#include "tensor/dequantize.h"
#include "tensor/quantize.h"

namespace tenfold {
namespace {

const std::string kModel = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-q4_0.gguf";

std::unique_ptr<GgufFile> open(const std::string& path) {
  auto file = GgufFile::open(path);
  EXPECT_TRUE(file.ok()) << file.status().to_string();
  return file.ok() ? std::move(file).value() : nullptr;
}

std::vector<float> floats_of(const GgufFile& file, const GgufTensor& tensor) {
  const std::string data = data_of(file, tensor);
  std::vector<float> values(tensor.n_elements());
  dequantize_row(tensor.dtype().value(), data.data(), static_cast<std::int64_t>(values.size()), values.data());
  return values;
}

TEST(Recode, GivesEveryMatrixTheTypeAndLeavesTheRest) {
  const TempFolder folder;
  const auto from = open(kModel);
  for (const DType type : {DType::kF32, DType::kQ8_0}) {
    const std::string path = folder.path(dtype_traits(type).name);
    ASSERT_TRUE(recode_gguf(*from, type, path, nullptr).ok());
    const auto to = open(path);
    ASSERT_EQ(to->tensors().size(), from->tensors().size());
    EXPECT_FALSE(to->metadata().has("general.file_type"));
    EXPECT_TRUE(to->metadata().has("tokenizer.ggml.tokens"));
    for (std::size_t i = 0; i < to->tensors().size(); ++i) {
      const GgufTensor &a = from->tensors()[i], &b = to->tensors()[i];
      SCOPED_TRACE(a.name);
      if (a.n_dims < 2) {
        EXPECT_EQ(data_of(*from, a), data_of(*to, b));
        continue;
      }
      ASSERT_EQ(b.ggml_type, dtype_traits(type).ggml_id);
      const std::vector<float> values = floats_of(*from, a);
      std::string expected(b.n_bytes, '\0');
      ASSERT_TRUE(quantize_row(type, values.data(), static_cast<std::int64_t>(values.size()), expected.data()).ok());
      EXPECT_EQ(data_of(*to, b), expected);
    }
  }
}

TEST(Recode, LeavesNothingWhenItIsStopped) {
  const TempFolder folder;
  const auto from = open(kModel);
  int n_asked = 0;
  const Status status = recode_gguf(*from, DType::kF32, folder.path("m.gguf"), [&](double) { return ++n_asked < 3; });
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_TRUE(files_in(folder).empty());
}

TEST(Recode, RefusesATypeThatItCannotMake) {
  const TempFolder folder;
  const auto from = open(kModel);
  EXPECT_EQ(recode_gguf(*from, DType::kQ4_K, folder.path("m.gguf"), nullptr).code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace tenfold
