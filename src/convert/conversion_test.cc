#include "convert/conversion.h"

#include <gtest/gtest.h>

#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

class ConversionTest : public testing::Test {
 protected:
  using Shape = std::vector<std::uint64_t>;
  // A tensor that the file has to have, with its shape in the checkpoint's order.
  struct Wanted {
    std::string name;
    Shape shape;
  };

  // Describes a checkpoint's tensors by one rule, for a file that wants these.
  Status take(const TensorRule& rule, const std::vector<Wanted>& wanted) {
    opened_ = std::move(Checkpoint::open(checkpoint_.write().folder()).value());
    conversion_.emplace(*opened_, ConfigView::of_text(opened_->config()), "test", DType::kQ8_0);
    conversion_->sizes.head_dim = 4;
    conversion_->sizes.n_experts = 2;
    conversion_->order_heads(HeadOrder::kHalvesToPairs, 4);
    TENFOLD_RETURN_IF_ERROR(conversion_->take(std::span(&rule, 1)));
    return fit(wanted);
  }
  Status fit(const std::vector<Wanted>& wanted) {
    std::vector<GgufTensor> tensors;
    for (const Wanted& one : wanted) {
      GgufTensor& tensor = tensors.emplace_back();
      tensor.name = one.name;
      tensor.n_dims = static_cast<int>(one.shape.size());
      tensor.dims = {1, 1, 1, 1};
      std::copy(one.shape.rbegin(), one.shape.rend(), tensor.dims.begin());
    }
    return conversion_->fit(tensors);
  }
  std::string error(const TensorRule& rule, const std::vector<Wanted>& wanted) {
    return std::string(take(rule, wanted).message());
  }
  const GgufTensor& taken(std::size_t i = 0) { return conversion_->recipes().at(i).tensor; }

  TestCheckpoint checkpoint_;
  std::unique_ptr<Checkpoint> opened_;
  std::optional<Conversion> conversion_;
};

TEST_F(ConversionTest, StacksExperts) {
  checkpoint_.add("e.0.up.weight", {4, 8});
  checkpoint_.add("e.1.up.weight", {4, 8});
  const TensorRule rule = {"e.*.up", "up_exps", kEveryExpert};
  const std::vector<Wanted> wanted = {{"up_exps.weight", {2, 4, 8}}};
  ASSERT_TRUE(take(rule, wanted).ok()) << error(rule, wanted);
  EXPECT_EQ(taken().name, "up_exps.weight");
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{8, 4, 2, 1}));
  EXPECT_EQ(conversion_->recipes()[0].rows.pieces.size(), 2u);
  EXPECT_EQ(error(rule, {{"up_exps.weight", {3, 4, 8}}}), "tensor up_exps.weight: expected 3 experts, found 2");
  checkpoint_.add("e.1.up.weight", {8, 4});  // of as many elements
  EXPECT_EQ(error(rule, wanted), "tensor e.1.up.weight: expected the shape [4, 8] by config.json, found [8, 4]");
  checkpoint_.tensors.erase("e.1.up.weight");
  EXPECT_TRUE(contains(error(rule, wanted), "e.1.up.weight: expected one for each of 2 experts"));
}

TEST_F(ConversionTest, TakesAThirdOfAMatrix) {
  checkpoint_.add("qkv.weight", {6, 8});
  const TensorRule rule = {"qkv.weight", "k.weight", part_of(3, 1)};
  ASSERT_TRUE(take(rule, {{"k.weight", {2, 8}}}).ok());
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{8, 2, 1, 1}));
  EXPECT_EQ(error(rule, {{"k.weight", {3, 8}}}),
            "tensor qkv.weight: expected the shape [9, 8] by config.json, found [6, 8]");
}

TEST_F(ConversionTest, TakesAFrameOfAConvolution) {
  checkpoint_.add("conv.weight", {8, 3, 2, 5, 5});
  const TensorRule rule = {"conv.weight", "conv.weight.1", slice_of(2, 1, 2), Keep::kConvolution};
  const std::vector<Wanted> wanted = {{"conv.weight.1", {8, 3, 5, 5}}};
  ASSERT_TRUE(take(rule, wanted).ok());
  EXPECT_EQ(taken().n_dims, 4);
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{5, 5, 3, 8}));
  EXPECT_EQ(conversion_->recipes()[0].type, DType::kF32);
  for (const auto& shape : {Shape{8, 3, 3, 5, 5}, {8, 3, 4, 5, 5}, {8, 3, 5, 5}, {8, 3, 2, 5, 5, 1}, {8}}) {
    checkpoint_.add("conv.weight", shape);
    EXPECT_TRUE(
        contains(error(rule, wanted), "conv.weight: expected the shape [8, 3, 2, 5, 5] by config.json, found ["))
        << error(rule, wanted);
  }
}

TEST_F(ConversionTest, TakesAConvolutionWhoseChannelsStayApartAsAMatrix) {
  checkpoint_.add("conv.weight", {8, 1, 4});
  const TensorRule rule = {"conv", "conv", kChannelRows, Keep::kF32};
  const std::vector<Wanted> wanted = {{"conv.weight", {8, 4}}};
  ASSERT_TRUE(take(rule, wanted).ok());
  EXPECT_EQ(taken().n_dims, 2);
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{4, 8, 1, 1}));
  EXPECT_EQ(conversion_->recipes()[0].rows.pieces[0].n_units, 8u);
  EXPECT_EQ(conversion_->recipes()[0].type, DType::kF32);
  for (const auto& shape : {Shape{8, 2, 4}, {8, 4}, {8, 1, 4, 1}, {8}}) {
    checkpoint_.add("conv.weight", shape);
    EXPECT_TRUE(contains(error(rule, wanted), "expected the shape [8, 1, 4]")) << error(rule, wanted);
  }
}

TEST_F(ConversionTest, TakesTheRowsOfHeads) {
  for (const RowPick& heads : {kQueryRows, kKeyRows}) {
    const TensorRule rule = {"proj", "out", heads};
    checkpoint_.add("proj.weight", {8, 6});
    ASSERT_TRUE(take(rule, {{"out.weight", {8, 6}}}).ok());
    EXPECT_EQ(conversion_->recipes()[0].rows.pieces[0].heads.order, HeadOrder::kHalvesToPairs);
    EXPECT_EQ(error(rule, {{"out.weight", {4, 6}}}),
              "tensor proj.weight: expected the shape [4, 6] by config.json, found [8, 6]");
    checkpoint_.add("proj.weight", {6, 8});
    EXPECT_TRUE(contains(error(rule, {{"out.weight", {6, 8}}}), "proj.weight: expected rows of whole heads of 4"));
  }
}

TEST_F(ConversionTest, TakesABiasWhereThereIsOne) {
  checkpoint_.add("proj.weight", {6, 8});
  const TensorRule rule = {"proj", "out"};
  ASSERT_TRUE(take(rule, {{"out.weight", {6, 8}}}).ok());
  EXPECT_EQ(conversion_->recipes().size(), 1u);
  checkpoint_.add("proj.bias", {6});
  const std::vector<Wanted> both = {{"out.bias", {6}}, {"out.weight", {6, 8}}};
  ASSERT_TRUE(take(rule, both).ok());
  ASSERT_EQ(conversion_->recipes().size(), 2u);
  EXPECT_EQ(taken(1).name, "out.bias") << "in the order of the table";
  EXPECT_TRUE(contains(error(rule, {{"out.weight", {6, 8}}}), "tensor proj.bias: expected none"));
  checkpoint_.add("proj.bias", {8});
  EXPECT_EQ(error(rule, both), "tensor proj.bias: expected the shape [6] by config.json, found [8]");
}

TEST_F(ConversionTest, NamesWhatTheFileWantsAndNothingBecomes) {
  checkpoint_.add("proj.weight", {6, 8});
  EXPECT_TRUE(contains(error({"proj", "out"}, {{"out.weight", {6, 8}}, {"out.bias", {6}}}),
                       "tensor out.bias: expected in the file of a test model, found nothing"));
  EXPECT_TRUE(contains(error({"proj", "out"}, {}), "tensor proj.weight: expected none but those of a test model"));
  checkpoint_.add("proj.weight", {0, 8});
  EXPECT_EQ(error({"proj", "out"}, {{"out.weight", {0, 8}}}),
            "tensor proj.weight: expected elements, found the shape [0, 8]");
}

TEST_F(ConversionTest, HoldsValuesToTheirShapes) {
  const auto add = [&](const std::vector<Wanted>& wanted) {
    opened_ = std::move(Checkpoint::open(checkpoint_.write().folder()).value());
    conversion_.emplace(*opened_, ConfigView::of_text(opened_->config()), "test", DType::kQ8_0);
    conversion_->add_values("dense.weight", std::vector<float>(32), {1, 32});
    EXPECT_TRUE(conversion_->describes("dense.weight"));
    EXPECT_EQ(conversion_->n_rows("dense.weight"), 1u);
    return fit(wanted);
  };
  ASSERT_TRUE(add({{"dense.weight", {1, 32}}}).ok());
  EXPECT_EQ(taken().dims, (std::array<std::uint64_t, 4>{32, 1, 1, 1}));
  EXPECT_EQ(taken().n_dims, 2);
  EXPECT_EQ(conversion_->recipes()[0].type, DType::kF32);
  EXPECT_EQ(add({{"dense.weight", {32}}}).message(),
            "tensor dense.weight: expected the shape [32] by config.json, found [1, 32]");
  EXPECT_TRUE(contains(add({}).message(), "tensor dense.weight: expected none"));
}

TEST_F(ConversionTest, RefusesTwoTensorsThatMeanOne) {
  checkpoint_.add("model.language_model.norm.weight", {8});
  const auto opened = Checkpoint::open(checkpoint_.write().folder());
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.status().message().find("expected one of the two"), std::string::npos);
}

}  // namespace
}  // namespace tenfold
