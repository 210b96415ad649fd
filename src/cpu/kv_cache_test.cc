#include "cpu/kv_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/select.h"

namespace tenfold {
namespace {

const kernels::KernelTable& any_kernels() { return *kernels::runnable_kernels().front(); }

std::unique_ptr<KvPool> make_pool(int n_blocks) {
  const auto layout = KvLayout::create(any_kernels(), kernels::KvType::kF32, 2, 1, 8);
  return std::move(KvPool::create(*layout, n_blocks)).value();
}

TEST(KvPool, MapsAnArenaAtATime) {
  const auto layout = KvLayout::create(any_kernels(), kernels::KvType::kF32, 2, 1, 8);
  const auto pool = std::move(KvPool::create(*layout, 7, 3)).value();
  EXPECT_EQ(pool->n_free(), 7);
  EXPECT_EQ(pool->bytes_mapped(), 3 * layout->block_bytes);
  std::vector<int> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(*pool->allocate());
  EXPECT_EQ(pool->bytes_mapped(), 6 * layout->block_bytes);
  EXPECT_EQ(pool->n_free(), 3);
  ASSERT_TRUE(pool->reserve(100).ok());
  EXPECT_EQ(pool->bytes_mapped(), 7 * layout->block_bytes);
  EXPECT_EQ(pool->bytes_touched(), 4 * layout->block_bytes);
  for (int i = 0; i < 3; ++i) blocks.push_back(*pool->allocate());
  EXPECT_EQ(pool->allocate().status().code(), StatusCode::kResourceExhausted);
  for (const int block : blocks) std::memset(pool->data(block), block, layout->block_bytes);
  for (const int block : blocks) EXPECT_EQ(std::to_integer<int>(pool->data(block)[layout->block_bytes - 1]), block);
  for (const int block : blocks) pool->release(block);
  EXPECT_EQ(pool->n_free(), 7);
  EXPECT_EQ(pool->bytes_touched(), 7 * layout->block_bytes) << "released memory is kept";
}

TEST(KvPool, GivesMemoryOfFreeBlocksBack) {
  const auto layout = KvLayout::create(any_kernels(), kernels::KvType::kF32, 2, 4, 64);
  const std::size_t n_bytes = layout->block_bytes;
  const auto pool = std::move(KvPool::create(*layout, 9, 3)).value();
  std::vector<int> blocks;
  for (int i = 0; i < 9; ++i) {
    blocks.push_back(*pool->allocate());
    std::memset(pool->data(blocks.back()), 1 + i, n_bytes);
  }
  const int in_use[] = {blocks[2], blocks[4]};
  for (const int block : blocks) {
    if (block != in_use[0] && block != in_use[1]) pool->release(block);
  }
  pool->keep(20);
  EXPECT_EQ(pool->bytes_touched(), 9 * n_bytes);
  pool->keep(4);
  EXPECT_EQ(pool->bytes_touched(), 4 * n_bytes);
  EXPECT_EQ(pool->n_free(), 7);
  pool->keep(0);
  EXPECT_EQ(pool->bytes_touched(), 2 * n_bytes) << "those that are in use";
  EXPECT_EQ(std::to_integer<int>(pool->data(in_use[0])[0]), 3);
  EXPECT_EQ(std::to_integer<int>(pool->data(in_use[1])[n_bytes - 1]), 5);
  for (int i = 0; i < 7; ++i) {
    const int block = *pool->allocate();
    EXPECT_EQ(std::to_integer<int>(pool->data(block)[n_bytes / 2]), 0) << "pages that were given back are zeros";
    EXPECT_EQ(pool->bytes_touched(), static_cast<std::size_t>(3 + i) * n_bytes);
  }
  EXPECT_FALSE(pool->allocate().ok());
}

// However many blocks there are that have none.
TEST(KvPool, TakesBlocksFirstThatHaveMemory) {
  const auto layout = KvLayout::create(any_kernels(), kernels::KvType::kF32, 2, 4, 64);
  const auto pool = std::move(KvPool::create(*layout, 6, 3)).value();
  const int first = *pool->allocate(), second = *pool->allocate();
  pool->release(first);
  ASSERT_TRUE(pool->reserve(6).ok());
  EXPECT_EQ(*pool->allocate(), first);
  pool->release(first);
  pool->release(second);
  pool->keep(1);
  EXPECT_EQ(*pool->allocate(), second) << "it was released last";
  EXPECT_EQ(pool->bytes_touched(), layout->block_bytes);
}

TEST(KvLayout, Q8NeedsBlocksOf32) {
  EXPECT_EQ(KvLayout::create(any_kernels(), kernels::KvType::kQ8_0, 1, 1, 24).status().code(),
            StatusCode::kUnsupported);
  EXPECT_TRUE(KvLayout::create(any_kernels(), kernels::KvType::kQ8_0, 1, 1, 64).ok());
}

TEST(KvSequence, TakesBlocksAsItGrowsAndGivesThemBack) {
  const auto pool = make_pool(4);
  {
    KvSequence sequence(*pool, 256);
    ASSERT_TRUE(sequence.reserve(64).ok());
    sequence.commit(64);
    EXPECT_EQ(pool->n_free(), 3);
    ASSERT_TRUE(sequence.reserve(1).ok());
    sequence.commit(1);
    EXPECT_EQ(pool->n_free(), 2);
    sequence.truncate(64);
    EXPECT_EQ(pool->n_free(), 3);
  }
  EXPECT_EQ(pool->n_free(), 4);
}

TEST(KvSequence, RefusesMoreThanItsContextAndThePool) {
  const auto pool = make_pool(2);
  KvSequence sequence(*pool, 256);
  EXPECT_EQ(sequence.reserve(257).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(sequence.reserve(129).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(pool->n_free(), 2) << "a refused reserve must give back what it took";
  EXPECT_TRUE(sequence.reserve(128).ok());
}

// Blocks that are filled with `before`, then hold the same 70 positions.
void hold_70(KvSequence& sequence, int before) {
  const KvLayout& kv = sequence.layout();
  ASSERT_TRUE(sequence.reserve(70).ok());
  for (int block = 0; block < 2; ++block) std::memset(sequence.blocks()[block], before, kv.block_bytes);
  std::vector<float> row(static_cast<std::size_t>(kv.head_dim));
  for (int position = 0; position < 128; ++position) {
    for (int head = 0; head < kv.n_layers * kv.n_kv_heads; ++head) {
      std::byte* const at = sequence.blocks()[position / 64] + static_cast<std::size_t>(head) * kv.head_stride;
      const int value = position < 70 ? position : before;
      for (std::size_t i = 0; i < row.size(); ++i)
        row[i] = static_cast<float>(value * (head + 1)) + static_cast<float>(i);
      kv.kernels->store(row.data(), row.data(), kv.head_dim, position % 64, at);
    }
  }
  sequence.commit(70);
}

TEST(KvSequence, CopiesOfLayersHaveNothingOfPositionsWithoutATokenInThem) {
  for (const kernels::KernelTable* const table : kernels::runnable_kernels()) {
    for (const auto type : {kernels::KvType::kF32, kernels::KvType::kF16, kernels::KvType::kQ8_0}) {
      const auto layout = KvLayout::create(*table, type, 3, 2, 32);
      const auto pool = std::move(KvPool::create(*layout, 4)).value();
      KvSequence first(*pool, 128), second(*pool, 128);
      hold_70(first, 0);
      hold_70(second, 99);
      EXPECT_NE(std::memcmp(first.blocks()[1], second.blocks()[1], layout->block_bytes), 0);
      std::vector<std::byte> mine(layout->layer_bytes()), its(layout->layer_bytes());
      for (int layer = 0; layer < 3; ++layer) {
        first.copy_layer(0, layer, mine);
        EXPECT_EQ(std::memcmp(mine.data(), first.blocks()[0] + layout->layer_offset(layer), mine.size()), 0);
        first.copy_layer(1, layer, mine);
        second.copy_layer(1, layer, its);
        EXPECT_EQ(mine, its) << table->isa << " type " << static_cast<int>(type) << " layer " << layer;
      }
    }
  }
}

TEST(KvSequence, SwapsBlocks) {
  const auto pool = make_pool(4);
  KvSequence first(*pool, 256);
  ASSERT_TRUE(first.reserve(100).ok());
  first.commit(100);
  const std::byte* const block = first.blocks()[1];
  {
    KvSequence second(*pool, 256);
    ASSERT_TRUE(second.reserve(10).ok());
    second.commit(10);
    second.swap(first);
    EXPECT_EQ(second.blocks()[1], block);
    EXPECT_EQ(second.n_tokens(), 100);
  }
  EXPECT_EQ(first.n_tokens(), 10);
  EXPECT_EQ(pool->n_free(), 3);
}

TEST(KvSequence, SharedBlocksAreCopiedBeforeTheyAreWritten) {
  const auto pool = make_pool(6);
  KvSequence first(*pool, 256), second(*pool, 256);
  ASSERT_TRUE(first.reserve(100).ok());
  first.commit(100);
  std::memset(first.blocks()[0], 1, pool->layout().block_bytes);
  std::memset(first.blocks()[1], 2, pool->layout().block_bytes);

  second.share_prefix(first, 80);
  EXPECT_EQ(second.n_tokens(), 80);
  EXPECT_EQ(second.blocks()[0], first.blocks()[0]);
  EXPECT_EQ(second.blocks()[1], first.blocks()[1]);
  EXPECT_EQ(pool->n_free(), 4);

  ASSERT_TRUE(second.reserve(1).ok());
  EXPECT_EQ(second.blocks()[0], first.blocks()[0]) << "a full block stays shared";
  EXPECT_NE(second.blocks()[1], first.blocks()[1]);
  EXPECT_EQ(std::memcmp(second.blocks()[1], first.blocks()[1], pool->layout().block_bytes), 0);

  first.truncate(0);
  EXPECT_EQ(static_cast<int>(*second.blocks()[0]), 1) << "what second shares outlives first";
}

}  // namespace
}  // namespace tenfold
