#include "cpu/kv_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/select.h"

namespace tenfold {
namespace {

const kernels::KernelTable& any_kernels() { return *kernels::runnable_kernels().front(); }

KvLayout make_layout(const kernels::KernelTable& table, kernels::KvType type, const KvClass& of, int max_tokens) {
  return std::move(KvLayout::create(table, type, {of}, {}, {max_tokens, max_tokens})).value();
}

std::unique_ptr<KvPool> make_pool(int n_blocks) {
  const KvClass of{.n_layers = 2, .n_kv_heads = 1, .head_dim = 8};
  return std::move(KvPool::create(make_layout(any_kernels(), kernels::KvType::kF32, of, 64), n_blocks)).value();
}

TEST(KvLayout, Q8NeedsBlocksOf32) {
  const auto code = [](int head_dim) {
    const KvClass of{.n_layers = 1, .n_kv_heads = 1, .head_dim = head_dim};
    return KvLayout::create(any_kernels(), kernels::KvType::kQ8_0, {of}, {}, {64, 64}).status().code();
  };
  EXPECT_EQ(code(24), StatusCode::kUnsupported);
  EXPECT_EQ(code(64), StatusCode::kOk);
}

TEST(KvSequence, TakesBlocksAsItGrowsAndGivesThemBack) {
  const auto pool = make_pool(4);
  {
    KvSequence sequence(*pool, 256);
    ASSERT_TRUE(sequence.reserve(64).ok());
    sequence.commit(64);
    EXPECT_EQ(pool->blocks(0).n_free(), 3);
    ASSERT_TRUE(sequence.reserve(1).ok());
    sequence.commit(1);
    EXPECT_EQ(pool->blocks(0).n_free(), 2);
    sequence.truncate(64);
    EXPECT_EQ(pool->blocks(0).n_free(), 3);
  }
  EXPECT_EQ(pool->blocks(0).n_free(), 4);
}

TEST(KvSequence, RefusesMoreThanItsContextAndThePool) {
  const auto pool = make_pool(2);
  KvSequence sequence(*pool, 256);
  EXPECT_EQ(sequence.reserve(257).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(sequence.reserve(129).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(pool->blocks(0).n_free(), 2) << "a refused reserve must give back what it took";
  EXPECT_TRUE(sequence.reserve(128).ok());
}

// Blocks that are filled with `before`, then hold the same 70 positions.
void hold_70(KvSequence& sequence, int before) {
  const KvClassLayout& kv = sequence.layout().classes[0];
  ASSERT_TRUE(sequence.reserve(70).ok());
  for (int block = 0; block < 2; ++block) std::memset(sequence.blocks(0)[block], before, kv.block_bytes);
  std::vector<float> row(static_cast<std::size_t>(kv.of.head_dim));
  for (int position = 0; position < 128; ++position) {
    for (int head = 0; head < kv.of.n_layers * kv.of.n_kv_heads; ++head) {
      std::byte* const at = sequence.blocks(0)[position / 64] + static_cast<std::size_t>(head) * kv.head_stride;
      const int value = position < 70 ? position : before;
      for (std::size_t i = 0; i < row.size(); ++i)
        row[i] = static_cast<float>(value * (head + 1)) + static_cast<float>(i);
      sequence.layout().kernels->store(row.data(), row.data(), kv.of.head_dim, position % 64, at);
    }
  }
  sequence.commit(70);
}

TEST(KvSequence, CopiesOfLayersHaveNothingOfPositionsWithoutATokenInThem) {
  for (const kernels::KernelTable* const table : kernels::runnable_kernels()) {
    for (const auto type : {kernels::KvType::kF32, kernels::KvType::kF16, kernels::KvType::kQ8_0}) {
      const KvClass of{.n_layers = 3, .n_kv_heads = 2, .head_dim = 32};
      const auto pool = std::move(KvPool::create(make_layout(*table, type, of, 128), 2)).value();
      const KvClassLayout* const layout = &pool->layout().classes[0];
      KvSequence first(*pool, 128), second(*pool, 128);
      hold_70(first, 0);
      hold_70(second, 99);
      EXPECT_NE(std::memcmp(first.blocks(0)[1], second.blocks(0)[1], layout->block_bytes), 0);
      std::vector<std::byte> mine(layout->layer_bytes()), its(layout->layer_bytes());
      for (int layer = 0; layer < 3; ++layer) {
        first.copy_layer(0, 0, layer, mine);
        EXPECT_EQ(std::memcmp(mine.data(), first.blocks(0)[0] + layout->layer_offset(layer), mine.size()), 0);
        first.copy_layer(0, 1, layer, mine);
        second.copy_layer(0, 1, layer, its);
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
  const std::byte* const block = first.blocks(0)[1];
  {
    KvSequence second(*pool, 256);
    ASSERT_TRUE(second.reserve(10).ok());
    second.commit(10);
    second.swap(first);
    EXPECT_EQ(second.blocks(0)[1], block);
    EXPECT_EQ(second.n_tokens(), 100);
  }
  EXPECT_EQ(first.n_tokens(), 10);
  EXPECT_EQ(pool->blocks(0).n_free(), 3);
}

TEST(KvSequence, SharedBlocksAreCopiedBeforeTheyAreWritten) {
  const auto pool = make_pool(6);
  KvSequence first(*pool, 256), second(*pool, 256);
  ASSERT_TRUE(first.reserve(100).ok());
  first.commit(100);
  std::memset(first.blocks(0)[0], 1, pool->layout().classes[0].block_bytes);
  std::memset(first.blocks(0)[1], 2, pool->layout().classes[0].block_bytes);

  second.share_prefix(first, 80);
  EXPECT_EQ(second.n_tokens(), 80);
  EXPECT_EQ(second.blocks(0)[0], first.blocks(0)[0]);
  EXPECT_EQ(second.blocks(0)[1], first.blocks(0)[1]);
  EXPECT_EQ(pool->blocks(0).n_free(), 4);

  ASSERT_TRUE(second.reserve(1).ok());
  EXPECT_EQ(second.blocks(0)[0], first.blocks(0)[0]) << "a full block stays shared";
  EXPECT_NE(second.blocks(0)[1], first.blocks(0)[1]);
  EXPECT_EQ(std::memcmp(second.blocks(0)[1], first.blocks(0)[1], pool->layout().classes[0].block_bytes), 0);

  first.truncate(0);
  EXPECT_EQ(static_cast<int>(*second.blocks(0)[0]), 1) << "what second shares outlives first";
}

// A class with a window of 100 beside one without, and a state of two layers.
std::unique_ptr<KvPool> make_mixed_pool(int n_texts) {
  const KvClass all{.n_layers = 1, .n_kv_heads = 1, .head_dim = 8};
  const KvClass seen{.n_layers = 2, .n_kv_heads = 1, .head_dim = 8, .window = 100};
  const ConvState state{.n_layers = 2, .n_taps = 3, .width = 4};
  KvLayout layout =
      std::move(KvLayout::create(any_kernels(), kernels::KvType::kF32, {all, seen}, state, {4096, 50})).value();
  return std::move(KvPool::create(std::move(layout), n_texts)).value();
}

// A step as the executor does it: each row of the state is the number of its token.
void append(KvSequence& sequence, int n, int mark = 0) {
  ASSERT_TRUE(sequence.reserve(n, mark).ok());
  const StateLayout& its = sequence.layout().state;
  const auto fill = [&](float* block, int end) {
    for (int layer = 0; block != nullptr && layer < its.of.n_layers; ++layer) {
      for (int token = std::max(0, end - its.n_rows()); token < end; ++token) {
        std::fill_n(its.row(block, layer, end, token), its.of.width, static_cast<float>(token + 1000 * layer));
      }
    }
  };
  fill(sequence.state_after(), sequence.n_tokens() + n);
  fill(sequence.state_at_mark(), sequence.n_tokens() + mark);
  for (int block = sequence.n_tokens() / 64; block < kv_blocks_for(sequence.n_tokens() + n); ++block) {
    for (const std::size_t c : {0, 1}) {
      std::memset(sequence.blocks(c)[block], block, sequence.layout().classes[c].block_bytes);
    }
  }
  sequence.commit(n);
}

// Whatever was done before, the next token finds what it needs.
void expect_complete(const KvSequence& sequence) {
  const int n = sequence.n_tokens();
  for (const std::size_t c : {0, 1}) {
    const KvClassLayout& its = sequence.layout().classes[c];
    for (int block = its.first_block(n); block < kv_blocks_for(n); ++block) {
      ASSERT_NE(sequence.blocks(c)[block], nullptr) << n << " tokens, class " << c << ", block " << block;
      EXPECT_EQ(std::to_integer<int>(sequence.blocks(c)[block][7]), block);
    }
  }
  const StateLayout& its = sequence.layout().state;
  const int n_back = sequence.saved_back();
  std::vector<float> rows(its.needed_bytes(n_back) / sizeof(float));
  sequence.copy_state(std::as_writable_bytes(std::span(rows)));
  for (int layer = 0; layer < 2; ++layer) {
    for (int i = 0; i < 2 + n_back; ++i) {
      const int token = n - n_back - 2 + i;
      const float expected = token < 0 ? 0 : static_cast<float>(token + 1000 * layer);
      EXPECT_EQ(rows[static_cast<std::size_t>((layer * (2 + n_back) + i) * 4)], expected) << n << " tokens";
    }
  }
}

TEST(KvSequence, GivesBackWhatItsWindowHasLeftBehind) {
  const auto pool = make_mixed_pool(1);
  const int promised = pool->layout().classes[1].text_blocks;
  EXPECT_LT(promised, 20);
  EXPECT_EQ(pool->layout().classes[0].text_blocks, 64);
  KvSequence sequence(*pool, 4096);
  int n_most = 0;
  for (int i = 0; i < 80; ++i) {
    append(sequence, 50, i % 3 == 0 ? 30 : 0);
    expect_complete(sequence);
    n_most = std::max(n_most, promised - pool->blocks(1).n_free());
  }
  EXPECT_EQ(pool->blocks(0).n_free(), 64 - kv_blocks_for(4000));
  EXPECT_LE(n_most, promised);
  EXPECT_LE(sequence.bytes_held(), pool->layout().text_bytes());
  sequence.truncate(0);
  EXPECT_EQ(pool->blocks(1).n_free(), promised);
  EXPECT_EQ(pool->state_blocks().n_free(), pool->layout().state.text_blocks);
}

TEST(KvSequence, GoesBackToWhatItStillHasOrToAMark) {
  const auto pool = make_mixed_pool(2);
  for (int back = 0; back <= kMaxRewind; ++back) {
    KvSequence sequence(*pool, 4096);
    for (int i = 0; i < 10; ++i) append(sequence, 50);
    EXPECT_EQ(sequence.truncate(500 - back), 500 - back) << "a step of drafts can always be taken back";
    expect_complete(sequence);
    append(sequence, 3);
    expect_complete(sequence);
  }
  KvSequence sequence(*pool, 4096);
  for (int i = 0; i < 10; ++i) append(sequence, 50, i == 2 || i == 6 ? 20 : 0);  // marks at 120 and 320
  EXPECT_EQ(sequence.truncate(400), 320);
  expect_complete(sequence);
  append(sequence, 7);
  EXPECT_EQ(sequence.truncate(321), 321);
  expect_complete(sequence);
  EXPECT_EQ(sequence.truncate(320), 320);
  EXPECT_EQ(sequence.truncate(319), 319) << "the rows before the mark are in its block";
  expect_complete(sequence);
  EXPECT_EQ(sequence.truncate(200), 120);
  expect_complete(sequence);
  EXPECT_EQ(sequence.truncate(60), 0);
  EXPECT_EQ(sequence.bytes_held(), 0U);
}

TEST(KvSequence, OnlyTheLastMarksHold) {
  const auto pool = make_mixed_pool(1);
  KvSequence sequence(*pool, 4096);
  for (int i = 0; i < 8; ++i) append(sequence, 50, 10);
  for (int i = 0; i < 10; ++i) append(sequence, 50);
  EXPECT_EQ(sequence.truncate(800), 360);
  EXPECT_EQ(sequence.truncate(350), 310);
  EXPECT_EQ(sequence.truncate(300), 260);
  EXPECT_EQ(sequence.truncate(200), 0) << "those before are gone";
}

// What a step wrote is nobody's if it was cancelled.
TEST(KvSequence, AStepThatIsNotCommittedChangesNothing) {
  const auto pool = make_mixed_pool(1);
  KvSequence sequence(*pool, 4096);
  append(sequence, 50, 20);
  const std::uint64_t before = sequence.bytes_held();
  ASSERT_TRUE(sequence.reserve(50, 50).ok());
  std::memset(sequence.state_after(), 0xff, pool->layout().state.block_bytes());
  std::memset(sequence.state_at_mark(), 0xff, pool->layout().state.block_bytes());
  EXPECT_EQ(sequence.truncate(50), 50);
  EXPECT_EQ(sequence.bytes_held(), before);
  expect_complete(sequence);
  append(sequence, 1);
  expect_complete(sequence);
}

TEST(KvSequence, SharesAPrefixWithWindowsAndStateOfAnyPlaceThatIsThere) {
  const auto pool = make_mixed_pool(3);
  KvSequence first(*pool, 4096);
  for (int i = 0; i < 10; ++i) append(first, 50, i == 4 ? 20 : 0);  // a mark at 220
  KvSequence second(*pool, 4096), third(*pool, 4096);
  EXPECT_EQ(second.share_prefix(first, 495), 495);
  expect_complete(second);
  EXPECT_EQ(third.share_prefix(first, 300), 220);
  expect_complete(third);
  append(third, 50);
  append(second, 1);
  expect_complete(first);
  first.truncate(0);
  expect_complete(second);
  expect_complete(third);
  EXPECT_EQ(third.share_prefix(second, 100), 0) << "marks are not shared";
}

TEST(KvSequence, IsRestoredFromWhatTheNextTokenNeeds) {
  const auto pool = make_mixed_pool(2);
  for (const int n : {1, 2, 63, 64, 150, 500}) {
    KvSequence first(*pool, 4096), second(*pool, 4096);
    for (int left = n; left > 0; left -= 50) append(first, std::min(left, 50));
    const int n_back = first.saved_back();
    EXPECT_EQ(n_back, std::min(n, kMaxRewind));
    std::vector<std::byte> state(pool->layout().state.needed_bytes(n_back));
    first.copy_state(state);
    ASSERT_TRUE(second.begin_restore(n, n_back).ok());
    for (const std::size_t c : {0, 1}) {
      const KvClassLayout& its = pool->layout().classes[c];
      for (int block = its.first_block(n - n_back); block < kv_blocks_for(n); ++block) {
        std::memcpy(second.blocks(c)[block], first.blocks(c)[block], its.block_bytes);
      }
    }
    second.finish_restore(n, n_back, state);
    EXPECT_EQ(second.n_tokens(), n);
    expect_complete(second);
    append(second, 1);
    expect_complete(second);
    EXPECT_EQ(second.truncate(n - n_back + 1), n - n_back + 1);
    expect_complete(second);
  }
}

// A text that has gone back to a mark is saved without the tokens before it.
TEST(KvSequence, KnowsWhenItCannotGoBack) {
  const auto pool = make_mixed_pool(1);
  KvSequence sequence(*pool, 4096);
  for (int i = 0; i < 10; ++i) append(sequence, 50, i == 4 ? 25 : 0);
  ASSERT_EQ(sequence.truncate(300), 225);
  append(sequence, 3);
  EXPECT_EQ(sequence.truncate(226), 226);
  expect_complete(sequence);
  const int n_back = sequence.saved_back();
  EXPECT_EQ(sequence.truncate(226 - n_back), 226 - n_back);
}

}  // namespace
}  // namespace tenfold
