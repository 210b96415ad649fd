// What PackedWeights refuses to load, and how it tells one layout of the same tensors from another.
#include "cpu/packed_weights.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/cat.h"
#include "kernels/select.h"
#include "model/tensor_binder.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

// Binds every tensor of a file as what its dimensions say, then loads.
class PackedWeightsTest : public testing::Test {
 protected:
  void open(const RawGguf& raw) {
    file_ = std::move(GgufFile::open(folder_.write("model.gguf", serialize(raw)))).value();
  }

  Status load(const RawGguf& raw, FloatMatrices floats = FloatMatrices::kKeep) {
    open(raw);
    TENFOLD_ASSIGN_OR_RETURN(TensorBinder binder, TensorBinder::create(*file_));
    for (const GgufTensor& tensor : file_->tensors()) {
      const auto k = static_cast<int>(tensor.dims[0]), n = static_cast<int>(tensor.dims[1]);
      if (tensor.n_dims == 1) {
        TENFOLD_RETURN_IF_ERROR(binder.vector(tensor.name, k).status());
      } else if (tensor.n_dims == 2) {
        TENFOLD_RETURN_IF_ERROR(binder.matrix(tensor.name, n, k).status());
      } else {
        TENFOLD_RETURN_IF_ERROR(binder.experts(tensor.name, static_cast<int>(tensor.dims[2]), n, k).status());
      }
    }
    TENFOLD_ASSIGN_OR_RETURN(PackedWeights weights, PackedWeights::create(binder.weights(), kernels_, floats));
    return weights.load(*file_, *pool_, nullptr);
  }

  std::uint64_t layout_of(std::initializer_list<const char*> names) {
    TensorBinder binder = std::move(TensorBinder::create(*file_)).value();
    for (const char* name : names) EXPECT_TRUE(binder.matrix(name, 32, 32).ok());
    return std::move(PackedWeights::create(binder.weights(), kernels_)).value().layout_sum();
  }

  const TempFolder folder_;
  const kernels::KernelTable& kernels_ = **kernels::select_kernels();
  std::unique_ptr<TaskPool> pool_ = std::move(TaskPool::create(3)).value();
  std::unique_ptr<GgufFile> file_;
};

void expect_corrupt(const Status& status, const std::string& expected) {
  EXPECT_EQ(status.code(), StatusCode::kCorruptData) << expected;
  EXPECT_NE(status.message().find(expected), std::string_view::npos) << expected << "; found: " << status.to_string();
}

TEST_F(PackedWeightsTest, LoadsAWholeFile) { EXPECT_TRUE(load(tiny_gguf()).ok()); }

// Bits of NaN or infinity where the last row of the tensor begins: its first element, or the scale of its first block.
TEST_F(PackedWeightsTest, NamesTensorAndRowOfWhatIsNotFinite) {
  for (const RawTensor& tensor : tiny_gguf().tensors) {
    const DType type = *dtype_from_ggml_id(tensor.type);
    const std::size_t row = row_bytes(type, static_cast<std::int64_t>(tensor.dims[0]));
    for (const std::uint32_t bits : {0x7FC00000U, 0x7F800000U, 0xFF800000U}) {
      RawGguf raw = tiny_gguf();
      std::string& data = raw.tensor(tensor.name).data;
      const std::uint32_t half = (bits >> 16 & 0x8000U) | 0x7C00U | (bits >> 13 & 0x03FFU);
      const std::uint32_t bad = type == DType::kF32 ? bits : type == DType::kBF16 ? bits >> 16 : half;
      std::memcpy(data.data() + data.size() - row, &bad, type == DType::kF32 ? 4 : 2);
      expect_corrupt(load(raw), cat("tensor ", tensor.name, ": row ", data.size() / row - 1,
                                    ": expected finite numbers, found NaN or infinity"));
    }
  }
}

TEST_F(PackedWeightsTest, LargeNumbersAreNumbers) {
  RawGguf raw = tiny_gguf();
  const float largest = 3e38F;
  std::memcpy(raw.tensor("output_norm.weight").data.data(), &largest, sizeof(largest));
  EXPECT_TRUE(load(raw).ok());
}

TEST_F(PackedWeightsTest, RefusesNumbersThatEightBitsCannotHold) {
  RawGguf raw = tiny_gguf();
  const std::uint16_t large = 0x7E00;  // 4e37 as BF16
  std::memcpy(raw.tensor("blk.0.ffn_down.weight").data.data(), &large, sizeof(large));
  EXPECT_TRUE(load(raw).ok());
  const Status status = load(raw, FloatMatrices::kToEightBits);
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("tensor blk.0.ffn_down.weight: "), std::string_view::npos) << status.to_string();
}

TEST_F(PackedWeightsTest, RefusesATensorOfNothingButZeros) {
  for (const RawTensor& tensor : tiny_gguf().tensors) {
    RawGguf raw = tiny_gguf();
    std::string& data = raw.tensor(tensor.name).data;
    data.assign(data.size(), '\0');
    const bool may_add_nothing = tensor.name == "blk.0.attn_output.weight" || tensor.name == "blk.0.ffn_down.weight";
    if (may_add_nothing) {
      EXPECT_TRUE(load(raw).ok()) << tensor.name;
    } else {
      expect_corrupt(load(raw), cat("tensor ", tensor.name, ": expected weights, found nothing but zeros"));
    }
  }
}

TEST_F(PackedWeightsTest, NothingButZerosAtTheEndOfAFileIsACutDownload) {
  RawGguf raw = tiny_gguf();
  while (raw.tensors.back().name != "blk.0.ffn_down.weight") raw.tensors.pop_back();
  raw.tensors.back().data.assign(raw.tensors.back().data.size(), '\0');
  expect_corrupt(load(raw), "tensor blk.0.ffn_down.weight: expected weights, found nothing but zeros");
}

// Where a download was cut is where the file's zeros begin: mostly inside a row, and of 32 elements here.
TEST_F(PackedWeightsTest, ZerosFromInsideARowToTheEndOfAFileAreACutDownload) {
  for (const std::uint32_t type : {0U, 8U}) {  // F32, Q8_0
    RawGguf raw = tiny_gguf();
    const std::size_t row = type == 0 ? 128 : 34;
    raw.tensors.push_back({"blk.1.ffn_gate.weight", {32, 48}, type, std::string(48 * row, '\1'), {}});
    std::string& data = raw.tensors.back().data;
    ASSERT_TRUE(load(raw).ok());
    std::fill(data.begin() + static_cast<std::ptrdiff_t>(30 * row), data.end(), '\0');
    EXPECT_TRUE(load(raw).ok());  // whole rows may be filled up
    std::fill(data.begin() + static_cast<std::ptrdiff_t>(20 * row + 10), data.end(), '\0');
    expect_corrupt(load(raw), "tensor blk.1.ffn_gate.weight: row 20: expected weights, found zeros from its byte 10 ");
    for (std::size_t i = 0; i < 20; ++i) data.replace(i * row + 10, row - 10, row - 10, '\0');
    EXPECT_TRUE(load(raw).ok());  // every row ends like that
  }
}

TEST_F(PackedWeightsTest, BiasesMayBeZeroAndSomeExpertsToo) {
  RawGguf raw = tiny_gguf();
  raw.tensors.push_back({"blk.0.attn_q.bias", {32}, 0, std::string(128, '\0'), {}});
  RawTensor experts{"blk.0.ffn_gate_exps.weight", {32, 4, 3}, 0, std::string(3 * 4 * 128, '\0'), {}};
  raw.tensors.push_back(experts);
  expect_corrupt(load(raw), "tensor blk.0.ffn_gate_exps.weight: expected weights, found nothing but zeros");
  raw.tensors.back().data[2 * 4 * 128] = 1;
  EXPECT_TRUE(load(raw).ok());
}

TEST_F(PackedWeightsTest, AnotherOrderOfTheSameSizesIsAnotherLayout) {
  open(tiny_gguf());
  const char* const q = "blk.0.attn_q.weight";
  const std::uint64_t q_up = layout_of({q, "blk.0.ffn_up.weight"});
  EXPECT_EQ(layout_of({q, "blk.0.ffn_up.weight"}), q_up);
  EXPECT_NE(layout_of({"blk.0.ffn_up.weight", q}), q_up);
  EXPECT_NE(layout_of({q}), q_up);
  EXPECT_NE(layout_of({q, "blk.0.ffn_gate.weight"}), q_up);
}

// Parts of one vector are as long as each other, and lie at the same places whichever comes first.
TEST_F(PackedWeightsTest, OtherNumbersOfAVectorAreAnotherLayout) {
  open(tiny_gguf());
  const auto sum_of_part = [&](int first) {
    TensorBinder binder = std::move(TensorBinder::create(*file_)).value();
    EXPECT_TRUE(binder.vector_part("output_norm.weight", 32, first, 8).ok());
    return std::move(PackedWeights::create(binder.weights(), kernels_)).value().layout_sum();
  };
  EXPECT_EQ(sum_of_part(8), sum_of_part(8));
  EXPECT_NE(sum_of_part(8), sum_of_part(16));
}

}  // namespace
}  // namespace tenfold
