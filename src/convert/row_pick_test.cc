#include "convert/row_pick.h"

#include <gtest/gtest.h>

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
  piece.heads = {HeadOrder::kHalvesToPairs, 6, 6};
  EXPECT_EQ(sources(piece), (Units{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  piece.heads.order = HeadOrder::kPairsToHalves;
  EXPECT_EQ(sources(piece), (Units{0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11}));
  piece.heads.n_rotated = 4;
  EXPECT_EQ(sources(piece), (Units{0, 2, 1, 3, 4, 5, 6, 8, 7, 9, 10, 11}));
}

TEST(TensorPiece, TakesPartsOfAnAxis) {
  const TensorPiece second_of_two_frames = {.tensor = nullptr, .n_units = 4, .first = 1, .block = 1, .stride = 2};
  EXPECT_EQ(sources(second_of_two_frames), (Units{1, 3, 5, 7}));
  const TensorPiece middle_third = {.tensor = nullptr, .n_units = 2, .first = 2, .block = 2, .stride = 6};
  EXPECT_EQ(sources(middle_third), (Units{2, 3}));
}

using Shape = std::vector<std::uint64_t>;

GgufTensor wanted(std::vector<std::uint64_t> shape) {
  GgufTensor tensor = {};
  tensor.n_dims = static_cast<int>(shape.size());
  tensor.dims = {1, 1, 1, 1};
  std::copy(shape.rbegin(), shape.rend(), tensor.dims.begin());
  return tensor;
}

SafetensorsTensor source(Shape shape) {
  std::uint64_t n = 1;
  for (const std::uint64_t size : shape) n *= size;
  return {.name = "t",
          .type = "F32",
          .shape = std::move(shape),
          .n_elements = n,
          .offset = 0,
          .n_bytes = 4 * n,
          .shard = 0};
}

TEST(RowPick, SaysWhatShapeTheCheckpointMustHave) {
  EXPECT_EQ(source_shape(kAllRows, wanted({6, 8})), (Shape{6, 8}));
  EXPECT_EQ(source_shape(kQueryRows, wanted({6})), (Shape{6}));
  EXPECT_EQ(source_shape(part_of(3, 1), wanted({2, 8})), (Shape{6, 8}));
  EXPECT_EQ(source_shape(part_of(3, 1), wanted({2})), (Shape{6}));
  EXPECT_EQ(source_shape(slice_of(2, 1, 2), wanted({8, 3, 5, 5})), (Shape{8, 3, 2, 5, 5}));
  EXPECT_EQ(source_shape(kChannelRows, wanted({8, 3})), (Shape{8, 1, 3}));
  EXPECT_EQ(source_shape(kEveryExpert, wanted({2, 4, 8})), (Shape{4, 8}));
}

TEST(RowPick, TakesUnitsByThePick) {
  const HeadRows pairs = {HeadOrder::kHalvesToPairs, 4, 4};
  const auto pick = [&](const RowPick& rows, Shape shape) {
    const SafetensorsTensor tensor = source(std::move(shape));
    const SafetensorsTensor* const tensors[] = {&tensor};
    const PickedRows picked = pick_rows(rows, pairs, tensors).value();
    return std::pair(picked.unit_elems, sources(picked.pieces.at(0)));
  };
  EXPECT_EQ(pick(kAllRows, {4, 8}), (std::pair<std::uint64_t, Units>(8, {0, 1, 2, 3})));
  EXPECT_EQ(pick(kQueryRows, {4, 8}), (std::pair<std::uint64_t, Units>(8, {0, 2, 1, 3})));
  EXPECT_EQ(pick(kKeyRows, {4}), (std::pair<std::uint64_t, Units>(1, {0, 2, 1, 3})));
  EXPECT_EQ(pick(part_of(3, 1), {6, 8}), (std::pair<std::uint64_t, Units>(8, {2, 3})));
  EXPECT_EQ(pick(slice_of(2, 1, 2), {2, 2, 2, 5, 5}), (std::pair<std::uint64_t, Units>(25, {1, 3, 5, 7})));
  EXPECT_EQ(pick(kChannelRows, {3, 1, 4}), (std::pair<std::uint64_t, Units>(4, {0, 1, 2})));
}

TEST(RowPick, RefusesAPartOfAHead) {
  const SafetensorsTensor tensor = source({6, 8});
  const SafetensorsTensor* const tensors[] = {&tensor};
  const HeadRows pairs = {HeadOrder::kHalvesToPairs, 4, 4};
  const auto picked = pick_rows(kQueryRows, pairs, tensors);
  ASSERT_FALSE(picked.ok());
  EXPECT_EQ(picked.status().message(), "tensor t: expected rows of whole heads of 4, found the shape [6, 8]");
  EXPECT_TRUE(pick_rows(kAllRows, pairs, tensors).ok()) << "only rows of heads";
  EXPECT_TRUE(pick_rows(kQueryRows, {}, tensors).ok()) << "only where they are reordered";
}

}  // namespace
}  // namespace tenfold
