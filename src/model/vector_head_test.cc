#include "model/vector_head.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/cat.h"
#include "model/vector_settings.h"
#include "model_file/gguf/gguf_writer.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

class VectorHeadTest : public testing::Test {
 protected:
  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> dims;  // the row's length first
    std::vector<float> values;
  };

  // A file with these tensors, opened, and the head of a model of 2 numbers a row.
  Result<VectorHead> bind(const std::vector<Tensor>& tensors, std::vector<GgufEntry> entries = {}) {
    std::vector<GgufTensor> records;
    for (const Tensor& tensor : tensors) {
      GgufTensor record = {};
      record.name = tensor.name;
      record.n_dims = static_cast<int>(tensor.dims.size());
      record.dims = {1, 1, 1, 1};
      std::copy(tensor.dims.begin(), tensor.dims.end(), record.dims.begin());
      records.push_back(record);
    }
    auto writer = GgufWriter::create(folder_.path("x.gguf"), GgufMetadata(std::move(entries)), records).value();
    for (const Tensor& tensor : tensors) EXPECT_TRUE(writer->write(std::as_bytes(std::span(tensor.values))).ok());
    EXPECT_TRUE(writer->finish().ok());
    file_ = GgufFile::open(folder_.path("x.gguf")).value();
    auto binder = TensorBinder::create(*file_);
    EXPECT_TRUE(binder.ok()) << binder.status().to_string();
    TENFOLD_ASSIGN_OR_RETURN(VectorHead head, VectorHead::bind(*binder, file_->metadata(), 2));
    binder->ignore("other");
    TENFOLD_RETURN_IF_ERROR(binder->expect_all_bound());
    return head;
  }
  // The vector of the row (1, −2).
  std::vector<float> apply(const std::vector<Tensor>& tensors, std::vector<GgufEntry> entries = {}) {
    auto head = bind(tensors, std::move(entries));
    EXPECT_TRUE(head.ok()) << head.status().to_string();
    if (!head.ok()) return {};
    const Status loaded = head->load(*file_);
    EXPECT_TRUE(loaded.ok()) << loaded.to_string();
    const std::vector<float> vector = head->apply({1, -2});
    EXPECT_EQ(vector.size(), static_cast<std::size_t>(head->dim()));
    return vector;
  }

  TempFolder folder_;
  std::unique_ptr<GgufFile> file_;
};

GgufEntry activation(const char* projection, std::string name) {
  return {VectorKeys::activation(projection), GgufScalar(std::move(name))};
}

TEST_F(VectorHeadTest, WithoutProjectionsAVectorIsTheRow) {
  EXPECT_EQ(apply({{"other", {2}, {1, 2}}}), (std::vector<float>{1, -2}));
}

TEST_F(VectorHeadTest, ProjectsOneAfterTheOther) {
  const Tensor first = {"dense_2.weight", {2, 3}, {1, 2, 3, 4, 5, 6}};
  const Tensor bias = {"dense_2.bias", {3}, {0.5, 0.25, 0.125}};
  EXPECT_EQ(apply({first}), (std::vector<float>{-3, -5, -7}));
  EXPECT_EQ(apply({first, bias}), (std::vector<float>{-2.5, -4.75, -6.875}));
  const Tensor second = {"dense_3.weight", {3, 1}, {1, -1, 1}};
  EXPECT_EQ(apply({first, second}), (std::vector<float>{-5}));
}

TEST_F(VectorHeadTest, OnlyTheFirstNumbersMayCount) {
  const auto only = [](std::uint32_t n) { return std::vector<GgufEntry>{{VectorKeys::kDim, GgufScalar(n)}}; };
  const Tensor weight = {"dense_2.weight", {2, 3}, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(apply({{"other", {2}, {1, 2}}}, only(1)), (std::vector<float>{1}));
  EXPECT_EQ(apply({weight}, only(2)), (std::vector<float>{-3, -5}));
  EXPECT_EQ(apply({weight}, only(3)), (std::vector<float>{-3, -5, -7}));
  for (const std::uint32_t n : {0U, 4U}) {
    const Status status = bind({weight}, only(n)).status();
    EXPECT_NE(status.message().find(cat("expected 1…3, found ", n)), std::string_view::npos) << status.to_string();
  }
}

TEST_F(VectorHeadTest, AppliesTheActivation) {
  const Tensor weight = {"dense_2.weight", {2, 2}, {1, 0, 0, 1}};
  const auto with = [&](const char* name) { return apply({weight}, {activation("dense_2", name)}); };
  EXPECT_EQ(with("none"), (std::vector<float>{1, -2}));
  EXPECT_EQ(with("relu"), (std::vector<float>{1, 0}));
  // By the functions' definitions in double precision; a float's few roundings.
  const std::pair<const char*, double (*)(double)> smooth[] = {
      {"tanh", [](double x) { return std::tanh(x); }},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"gelu", [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }},
  };
  for (const auto& [name, function] : smooth) {
    const std::vector<float> found = with(name);
    EXPECT_NEAR(found[0], function(1), 4e-7) << name;
    EXPECT_NEAR(found[1], function(-2), 4e-7) << name;
  }
}

TEST_F(VectorHeadTest, RefusesWhatDoesNotFit) {
  const auto error = [&](const std::vector<Tensor>& tensors, std::vector<GgufEntry> entries = {}) {
    return std::string(bind(tensors, std::move(entries)).status().message());
  };
  EXPECT_NE(error({{"dense_2.weight", {3, 1}, {1, 2, 3}}}).find("dense_2.weight: expected shape [2, 1], found [3, 1]"),
            std::string::npos);
  const Tensor weight = {"dense_2.weight", {2, 1}, {1, 2}};
  EXPECT_NE(error({weight, {"dense_2.bias", {2}, {1, 2}}}).find("dense_2.bias: expected shape [1]"), std::string::npos);
  EXPECT_NE(error({weight, {"dense_4.weight", {1, 1}, {1}}}).find("dense_4.weight"), std::string::npos)
      << "one that no other leads to";
  EXPECT_NE(error({weight}, {activation("dense_2", "softsign")}).find("dense_2_activation: expected none, tanh"),
            std::string::npos);
  EXPECT_NE(error({weight}, {{VectorKeys::activation("dense_2"), GgufScalar(true)}}).find("dense_2_activation"),
            std::string::npos);
}

}  // namespace
}  // namespace tenfold
