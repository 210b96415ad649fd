#include "cpu/block_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace tenfold {
namespace {

constexpr std::size_t kBlockBytes = 1 << 18;

std::unique_ptr<BlockPool> make_blocks(int max_blocks, int arena_blocks) {
  return std::move(BlockPool::create({kBlockBytes, max_blocks, arena_blocks})).value();
}

TEST(BlockPool, MapsAnArenaAtATime) {
  const auto pool = make_blocks(7, 3);
  EXPECT_EQ(pool->n_free(), 7);
  EXPECT_EQ(pool->bytes_mapped(), 3 * kBlockBytes);
  std::vector<int> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(*pool->allocate());
  EXPECT_EQ(pool->bytes_mapped(), 6 * kBlockBytes);
  EXPECT_EQ(pool->n_free(), 3);
  ASSERT_TRUE(pool->reserve(100).ok());
  EXPECT_EQ(pool->bytes_mapped(), 7 * kBlockBytes);
  EXPECT_EQ(pool->bytes_touched(), 4 * kBlockBytes);
  for (int i = 0; i < 3; ++i) blocks.push_back(*pool->allocate());
  EXPECT_EQ(pool->allocate().status().code(), StatusCode::kResourceExhausted);
  for (const int block : blocks) std::memset(pool->data(block), block, kBlockBytes);
  for (const int block : blocks) EXPECT_EQ(std::to_integer<int>(pool->data(block)[kBlockBytes - 1]), block);
  for (const int block : blocks) pool->release(block);
  EXPECT_EQ(pool->n_free(), 7);
  EXPECT_EQ(pool->bytes_touched(), 7 * kBlockBytes) << "released memory is kept";
}

TEST(BlockPool, GivesMemoryOfFreeBlocksBack) {
  const auto pool = make_blocks(9, 3);
  std::vector<int> blocks;
  for (int i = 0; i < 9; ++i) {
    blocks.push_back(*pool->allocate());
    std::memset(pool->data(blocks.back()), 1 + i, kBlockBytes);
  }
  const int in_use[] = {blocks[2], blocks[4]};
  for (const int block : blocks) {
    if (block != in_use[0] && block != in_use[1]) pool->release(block);
  }
  pool->keep(20);
  EXPECT_EQ(pool->bytes_touched(), 9 * kBlockBytes);
  pool->keep(4);
  EXPECT_EQ(pool->bytes_touched(), 4 * kBlockBytes);
  EXPECT_EQ(pool->n_free(), 7);
  pool->keep(0);
  EXPECT_EQ(pool->bytes_touched(), 2 * kBlockBytes) << "those that are in use";
  EXPECT_EQ(std::to_integer<int>(pool->data(in_use[0])[0]), 3);
  EXPECT_EQ(std::to_integer<int>(pool->data(in_use[1])[kBlockBytes - 1]), 5);
  for (int i = 0; i < 7; ++i) {
    const int block = *pool->allocate();
    EXPECT_EQ(std::to_integer<int>(pool->data(block)[kBlockBytes / 2]), 0) << "pages that were given back are zeros";
    EXPECT_EQ(pool->bytes_touched(), static_cast<std::size_t>(3 + i) * kBlockBytes);
  }
  EXPECT_FALSE(pool->allocate().ok());
}

// However many blocks there are that have none.
TEST(BlockPool, TakesBlocksFirstThatHaveMemory) {
  const auto pool = make_blocks(6, 3);
  const int first = *pool->allocate(), second = *pool->allocate();
  pool->release(first);
  ASSERT_TRUE(pool->reserve(6).ok());
  EXPECT_EQ(*pool->allocate(), first);
  pool->release(first);
  pool->release(second);
  pool->keep(1);
  EXPECT_EQ(*pool->allocate(), second) << "it was released last";
  EXPECT_EQ(pool->bytes_touched(), kBlockBytes);
}

}  // namespace
}  // namespace tenfold
