// A cancel must end an operator inside a chunk, too: a chunk of many tokens or positions can take long.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <vector>

#include "kernels/select.h"
#include "ops/attention.h"
#include "ops/projection.h"
#include "ops/tile.h"

namespace tenfold {
namespace {

std::atomic<bool> cancel;
std::atomic<int> n_calls;

// Kernels that ask for a cancel when they are first called, as somebody else might just then.
void mat_mul_then_cancel(const kernels::MatMulArgs&) noexcept {
  ++n_calls;
  cancel = true;
}
void attend_then_cancel(const kernels::AttentionArgs&) noexcept {
  ++n_calls;
  cancel = true;
}

class CancelTest : public testing::Test {
 protected:
  void SetUp() override {
    cancel = false;
    n_calls = 0;
    table_ = *kernels::runnable_kernels().front();
    pool_ = std::move(TaskPool::create(1)).value();
    scratch_bytes_.resize(1 << 20);
    scratch_.resize(1);
    scratch_[0].data = scratch_bytes_.data();
    ops_.kernels = &table_;
    ops_.pool = pool_.get();
    ops_.begin_step(&cancel);
    ops_.scratch = &scratch_;
  }

  kernels::KernelTable table_;
  std::unique_ptr<TaskPool> pool_;
  std::vector<std::byte> scratch_bytes_;
  std::vector<WorkerScratch> scratch_;
  OpContext ops_;
};

TEST_F(CancelTest, EndsAMatrixProductBetweenTilesOfTokens) {
  constexpr int kTokens = 10 * kTileTokens, kDim = 32;
  table_.weights[static_cast<int>(DType::kF32)].mat_mul_f32 = mat_mul_then_cancel;
  PackedMatrix matrix = describe_packed(table_, DType::kF32, table_.panel_rows, kDim);
  std::vector<std::byte> panel(matrix.panel_bytes);
  matrix.panels = panel.data();
  std::vector<float> x(std::size_t{kTokens} * kDim), y(static_cast<std::size_t>(kTokens * matrix.n));
  const RegionInput input(ops_, as_activations({x.data(), kDim, kTokens, kDim}));
  project(ops_, input, matrix, nullptr, {y.data(), matrix.n, kTokens, matrix.n});
  EXPECT_EQ(n_calls, 1);
}

TEST_F(CancelTest, EndsAttentionBetweenSpansOfPositions) {
  constexpr int kBlocks = 20, kHeadDim = 32;
  table_.kv[static_cast<int>(kernels::KvType::kF32)].attend = attend_then_cancel;
  std::vector<std::byte> memory(table_.kv[static_cast<int>(kernels::KvType::kF32)].block_bytes(kHeadDim));
  std::array<std::byte*, kBlocks> blocks;
  blocks.fill(memory.data());
  const KvSequenceView sequence{blocks.data(), 0, 1, kBlocks * kernels::kKvBlock - 1};
  const KvLayerView kv{{&sequence, 1}, kernels::KvType::kF32, 0, memory.size(), 1, kHeadDim};
  std::vector<float> q(kHeadDim), out(kHeadDim);
  AttentionShape shape;
  shape.n_heads = 1;
  attention(ops_, kv, shape, {q.data(), kHeadDim, 1, kHeadDim}, {out.data(), kHeadDim, 1, kHeadDim});
  EXPECT_EQ(n_calls, 1);
}

// A caller may clear its flag at any moment: for the step the word stands.
TEST_F(CancelTest, StaysWhenTheFlagIsClearedAfterChunksWereSkipped) {
  int n_run = 0;
  ops_.parallel(8, [&](int, int) noexcept {
    ++n_run;
    cancel = true;
  });
  cancel = false;
  EXPECT_EQ(n_run, 1);
  EXPECT_TRUE(ops_.cancelled());
  ops_.begin_step(&cancel);
  EXPECT_FALSE(ops_.cancelled());
}

TEST_F(CancelTest, StaysWhenTheFlagIsClearedAfterAChunkWasCutShort) {
  int n_tiles = 0;
  ops_.parallel(1, [&](int, int) noexcept {
    for_token_tiles(ops_, 10 * kTileTokens, [&](int, int) {
      ++n_tiles;
      cancel = true;
    });
    cancel = false;  // before anybody but the chunk has seen it
  });
  EXPECT_EQ(n_tiles, 1);
  EXPECT_TRUE(ops_.cancelled());
}

TEST_F(CancelTest, EndsBetweenTheRowsOfAChunk) {
  int n_rows = 0;
  parallel_rows(ops_, 100, [&](int, int) noexcept {
    ++n_rows;
    cancel = true;
  });
  EXPECT_EQ(n_rows, 1);
}

}  // namespace
}  // namespace tenfold
