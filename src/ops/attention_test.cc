// Attention to the bit, whatever the number of threads and of tokens in a step.
#include "ops/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/select.h"
#include "ops/kv_write.h"

namespace tenfold {
namespace {

constexpr int kHeadWidth = 64, kKvHeads = 3, kHeads = 6;
constexpr int kPositions = 9000;  // more spans than are shared out at a time

class AttentionTest : public testing::TestWithParam<const kernels::KernelTable*> {
 protected:
  void SetUp() override {
    const std::size_t head_stride = GetParam()->kv[static_cast<int>(kernels::KvType::kF16)].block_bytes(kHeadWidth);
    constexpr int kBlocks = (kPositions + kernels::kKvBlock - 1) / kernels::kKvBlock;
    memory_.resize(head_stride * kKvHeads * kBlocks);
    for (int b = 0; b < kBlocks; ++b) {
      blocks_.push_back(memory_.data() + head_stride * kKvHeads * static_cast<std::size_t>(b));
    }
    const KvSequenceView all{blocks_.data(), 0, kPositions, 0};
    kv_ = {{&all, 1}, kernels::KvType::kF16, 0, head_stride, kKvHeads, kHeadWidth};
    std::vector<float> k(kHeadWidth), v(kHeadWidth);
    for (int t = 0; t < kPositions; ++t) {
      for (int h = 0; h < kKvHeads; ++h) {
        for (float& x : k) x = random_(engine_);
        for (float& x : v) x = random_(engine_);
        kv_write_head(*GetParam(), kv_, t, h, k.data(), v.data());
      }
    }
    queries_.resize(static_cast<std::size_t>(kPositions) * kHeads * kHeadWidth);
    for (float& x : queries_) x = random_(engine_) / 4;
  }

  // The last n_tokens of the first `end` positions in one step.
  std::vector<float> attend(int n_threads, int end, int n_tokens, int window,
                            AttentionMask mask = AttentionMask::kCausal) {
    constexpr int kWidth = kHeads * kHeadWidth;
    const auto pool = std::move(TaskPool::create(n_threads)).value();
    const std::size_t n_bytes = attention_scratch_bytes(kHeads, kHeads / kKvHeads, kHeadWidth);
    std::vector<std::byte> scratch_bytes(n_bytes * static_cast<std::size_t>(n_threads));
    std::vector<WorkerScratch> scratch(static_cast<std::size_t>(n_threads));
    for (std::size_t w = 0; w < scratch.size(); ++w) scratch[w].data = scratch_bytes.data() + w * n_bytes;
    OpContext ctx;
    ctx.kernels = GetParam();
    ctx.pool = pool.get();
    ctx.n_active = n_threads;
    ctx.scratch = &scratch;

    const KvSequenceView sequence{blocks_.data(), 0, n_tokens, end - n_tokens};
    kv_.sequences = {&sequence, 1};
    std::vector<float> out(static_cast<std::size_t>(n_tokens) * kWidth);
    float* q = queries_.data() + static_cast<std::ptrdiff_t>(end - n_tokens) * kWidth;
    attention(ctx, kv_, {kHeads, window, 0, mask}, {q, kWidth, n_tokens, kWidth},
              {out.data(), kWidth, n_tokens, kWidth});
    return out;
  }

  std::mt19937 engine_{1};
  std::uniform_real_distribution<float> random_{-1, 1};
  std::vector<std::byte> memory_;
  std::vector<std::byte*> blocks_;
  std::vector<float> queries_;
  KvLayerView kv_;
};

TEST_P(AttentionTest, SpansSharedOutGiveTheSameBits) {
  for (const int window : {0, 700}) {
    for (const int end : {5, 512, 513, 1100, kPositions}) {
      const std::vector<float> together = attend(1, end, std::min(end, 40), window);
      for (const int n_threads : {1, 2, 3, 8}) {
        for (const int n_tokens : {1, 3, 5}) {
          const std::vector<float> some = attend(n_threads, end, n_tokens, window);
          ASSERT_EQ(0, std::memcmp(some.data(), together.data() + together.size() - some.size(), some.size() * 4))
              << n_threads << " threads, " << n_tokens << " tokens, window " << window << ", position " << end;
        }
      }
    }
  }
}

// Without a mask every token sees what a causal one in the last place would.
TEST_P(AttentionTest, WithoutAMaskEveryTokenSeesAll) {
  constexpr int kEnd = 700;
  constexpr std::size_t kWidth = std::size_t{kHeads} * kHeadWidth;
  for (const int n_threads : {1, 3}) {
    const std::vector<float> unmasked = attend(n_threads, kEnd, kEnd, 0, AttentionMask::kNone);
    for (const std::size_t t : {std::size_t{0}, std::size_t{63}, std::size_t{400}, std::size_t{kEnd - 1}}) {
      const std::vector<float> queries = queries_;
      std::copy_n(queries.data() + t * kWidth, kWidth, queries_.data() + (kEnd - 1) * kWidth);
      const std::vector<float> last = attend(n_threads, kEnd, 1, 0);
      queries_ = queries;
      EXPECT_EQ(0, std::memcmp(last.data(), unmasked.data() + t * kWidth, kWidth * sizeof(float))) << "token " << t;
    }
  }
}

// Variants of one instruction set have their attention in common.
std::vector<const kernels::KernelTable*> tables_of_different_attention() {
  std::vector<const kernels::KernelTable*> tables;
  for (const kernels::KernelTable* table : kernels::runnable_kernels()) {
    const auto is_twin = [&](const kernels::KernelTable* other) {
      return std::ranges::equal(other->kv, table->kv, {}, &kernels::KvKernels::attend, &kernels::KvKernels::attend) &&
             other->merge_attention == table->merge_attention;
    };
    if (std::ranges::none_of(tables, is_twin)) tables.push_back(table);
  }
  return tables;
}

INSTANTIATE_TEST_SUITE_P(All, AttentionTest, testing::ValuesIn(tables_of_different_attention()),
                         [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace tenfold
