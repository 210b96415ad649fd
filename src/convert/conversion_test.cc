#include "convert/conversion.h"

#include <gtest/gtest.h>

#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

std::vector<std::uint64_t> sources(const TensorPiece& piece) {
  std::vector<std::uint64_t> units;
  for (std::uint64_t i = 0; i < piece.n_units; ++i) units.push_back(piece.source_unit(i));
  return units;
}
using Units = std::vector<std::uint64_t>;

TEST(TensorPiece, OrdersTheRowsOfHeads) {
  TensorPiece piece = {.tensor = nullptr, .n_units = 12};
  EXPECT_EQ(sources(piece), (Units{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  piece.head_dim = 6;
  piece.n_rotated = 6;
  piece.order = HeadOrder::kHalvesToPairs;
  EXPECT_EQ(sources(piece), (Units{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  piece.order = HeadOrder::kPairsToHalves;
  EXPECT_EQ(sources(piece), (Units{0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11}));
  piece.n_rotated = 4;
  EXPECT_EQ(sources(piece), (Units{0, 2, 1, 3, 4, 5, 6, 8, 7, 9, 10, 11}));
}

TEST(TensorPiece, TakesPartsOfAnAxis) {
  const TensorPiece second_of_two_frames = {.tensor = nullptr, .n_units = 4, .first = 1, .block = 1, .stride = 2};
  EXPECT_EQ(sources(second_of_two_frames), (Units{1, 3, 5, 7}));
  const TensorPiece middle_third = {.tensor = nullptr, .n_units = 2, .first = 2, .block = 2, .stride = 6};
  EXPECT_EQ(sources(middle_third), (Units{2, 3}));
}

class ConversionTest : public testing::Test {
 protected:
  // Describes a checkpoint's tensors by one rule.
  Status take(const TensorRule& rule) {
    opened_ = std::move(Checkpoint::open(checkpoint_.write().folder()).value());
    conversion_.emplace(*opened_, ConfigView::of_text(opened_->config()), "test", DType::kQ8_0);
    conversion_->sizes.model_dim = 8;
    conversion_->sizes.n_experts = 2;
    conversion_->sizes.expert_ffn_dim = 4;
    conversion_->sizes.qkv_dim = 6;
    return conversion_->take(std::span(&rule, 1));
  }
  const GgufTensor& taken(std::size_t i = 0) { return conversion_->recipes().at(i).tensor; }

  using S = ModelSizes;
  TestCheckpoint checkpoint_;
  std::unique_ptr<Checkpoint> opened_;
  std::optional<Conversion> conversion_;
};

TEST_F(ConversionTest, StacksExperts) {
  checkpoint_.add("e.0.up.weight", {4, 8});
  checkpoint_.add("e.1.up.weight", {4, 8});
  const TensorRule rule = {"e.*.up", "up_exps", &S::expert_ffn_dim, &S::model_dim, kEveryExpert};
  ASSERT_TRUE(take(rule).ok());
  EXPECT_EQ(taken().name, "up_exps.weight");
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{8, 4, 2, 1}));
  EXPECT_EQ(conversion_->recipes()[0].pieces.size(), 2u);
  checkpoint_.tensors.erase("e.1.up.weight");
  EXPECT_NE(take(rule).message().find("e.1.up.weight: expected one for each of 2 experts"), std::string::npos);
}

TEST_F(ConversionTest, TakesAThirdOfAMatrixAndAFrameOfAConvolution) {
  checkpoint_.add("qkv.weight", {6, 8});
  ASSERT_TRUE(take({"qkv.weight", "k.weight", &S::qkv_dim, &S::model_dim, part_of(3, 1)}).ok());
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{8, 2, 1, 1}));
  checkpoint_.add("conv.weight", {8, 3, 2, 5, 5});
  ASSERT_TRUE(
      take({"conv.weight", "conv.weight.1", &S::model_dim, nullptr, part_of(2, 1, 2), Keep::kConvolution}).ok());
  EXPECT_EQ(taken().n_dims, 4);
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{5, 5, 3, 8}));
  EXPECT_EQ(conversion_->recipes()[0].type, DType::kF32);
  checkpoint_.add("conv.weight", {8, 3, 3, 5, 5});
  EXPECT_NE(take({"conv.weight", "conv.weight.1", &S::model_dim, nullptr, part_of(2, 1, 2), Keep::kConvolution})
                .message()
                .find("2 equal parts"),
            std::string::npos);
}

TEST_F(ConversionTest, TakesAConvolutionWhoseChannelsStayApartAsAMatrix) {
  checkpoint_.add("conv.weight", {8, 1, 4});
  const TensorRule rule = {"conv", "conv", &S::model_dim, &S::expert_ffn_dim, kChannelRows, Keep::kF32};
  ASSERT_TRUE(take(rule).ok());
  EXPECT_EQ(taken().n_dims, 2);
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{4, 8, 1, 1}));
  EXPECT_EQ(conversion_->recipes()[0].pieces[0].n_units, 8u);
  EXPECT_EQ(conversion_->recipes()[0].type, DType::kF32);
  for (const auto& shape : {std::vector<std::uint64_t>{8, 2, 4}, {8, 4}, {8, 1, 4, 1}, {8}}) {
    checkpoint_.add("conv.weight", shape);
    EXPECT_NE(take(rule).message().find("expected the shape [8, 1, 4]"), std::string::npos);
  }
}

TEST_F(ConversionTest, TakesABiasWhereThereIsOne) {
  checkpoint_.add("proj.weight", {6, 8});
  const TensorRule rule = {"proj", "out", &S::qkv_dim, &S::model_dim};
  ASSERT_TRUE(take(rule).ok());
  EXPECT_EQ(conversion_->recipes().size(), 1u);
  checkpoint_.add("proj.bias", {6});
  ASSERT_TRUE(take(rule).ok());
  ASSERT_EQ(conversion_->recipes().size(), 2u);
  EXPECT_EQ(taken(1).name, "out.bias");
  checkpoint_.add("proj.bias", {8});
  EXPECT_FALSE(take(rule).ok());
}

TEST_F(ConversionTest, RefusesTwoTensorsThatMeanOne) {
  checkpoint_.add("model.language_model.norm.weight", {8});
  const auto opened = Checkpoint::open(checkpoint_.write().folder());
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.status().message().find("expected one of the two"), std::string::npos);
}

}  // namespace
}  // namespace tenfold
