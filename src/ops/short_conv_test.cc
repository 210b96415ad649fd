#include "ops/short_conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "kernels/select.h"

namespace tenfold {
namespace {

constexpr int kWidth = 20, kTaps = 4, kTokens = 40, kStateRows = kTaps - 1 + 8;
constexpr std::size_t kLayerFloats = std::size_t{kStateRows} * kWidth;

// One layer of a text, which is the second of two.
class ShortConvTest : public testing::Test {
 protected:
  ShortConvTest() {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    for (float& x : in_) x = normal(random);
    for (float& tap : taps_) tap = normal(random);
    ops_.kernels = kernels::runnable_kernels().front();
    ops_.pool = pool_.get();
    ops_.n_active = 2;
  }

  // Reads tokens [begin, begin + n) behind `before`, whose last row is that of token before_end − 1.
  struct State {
    std::vector<float> block;
    int end = 0;
  };
  State step(const State& before, int begin, int n, int n_to_mark = 0, State* mark = nullptr) {
    State after{std::vector<float>(2 * kLayerFloats), begin + n};
    if (mark != nullptr) *mark = {std::vector<float>(2 * kLayerFloats), begin + n_to_mark};
    const StateSequenceView sequence{before.block.empty() ? nullptr : before.block.data(),
                                     before.end,
                                     after.block.data(),
                                     mark != nullptr ? mark->block.data() : nullptr,
                                     n_to_mark,
                                     0,
                                     n,
                                     begin};
    const Rows in{in_.data() + static_cast<std::size_t>(begin) * 3 * kWidth, 3 * kWidth, n, 3 * kWidth};
    const Rows out{out_.data() + static_cast<std::size_t>(begin) * kWidth, kWidth, n, kWidth};
    short_conv(ops_, {{&sequence, 1}, kLayerFloats, kStateRows, kWidth}, taps_.data(), kTaps, in, out);
    return after;
  }

  std::vector<float> in_ = std::vector<float>(kTokens * 3 * kWidth);
  std::vector<float> taps_ = std::vector<float>(kTaps * kWidth);
  std::vector<float> out_ = std::vector<float>(kTokens * kWidth);
  std::unique_ptr<TaskPool> pool_ = std::move(TaskPool::create(2)).value();
  OpContext ops_;
};

TEST_F(ShortConvTest, IsTheFormula) {
  step({}, 0, kTokens);
  for (int t = 0; t < kTokens; ++t) {
    for (int i = 0; i < kWidth; ++i) {
      double sum = 0;
      for (int j = 0; j < kTaps; ++j) {
        const int from = t - (kTaps - 1) + j;
        if (from < 0) continue;
        const float* row = in_.data() + static_cast<std::size_t>(from) * 3 * kWidth;
        sum += static_cast<double>(taps_[static_cast<std::size_t>(j * kWidth + i)]) * static_cast<double>(row[i]) *
               static_cast<double>(row[2 * kWidth + i]);
      }
      const double c = in_[static_cast<std::size_t>((t * 3 + 1) * kWidth + i)];
      EXPECT_NEAR(out_[static_cast<std::size_t>(t * kWidth + i)], c * sum, 1e-5) << "token " << t;
    }
  }
}

TEST_F(ShortConvTest, HasTheSameBitsHoweverATextIsCut) {
  step({}, 0, kTokens);
  const std::vector<float> expected = out_;
  for (const int n_step : {1, 2, 3, 7, 16}) {
    std::fill(out_.begin(), out_.end(), 0.0F);
    State state;
    for (int at = 0; at < kTokens; at += n_step) state = step(state, at, std::min(n_step, kTokens - at));
    EXPECT_EQ(out_, expected) << "steps of " << n_step;
  }
}

TEST_F(ShortConvTest, GoesOnBehindTokensThatWereTakenBackAndBehindAMark) {
  step({}, 0, kTokens);
  const std::vector<float> expected = out_;
  const State begun = step({}, 0, 5);
  for (int n_back = 0; n_back <= 8; ++n_back) {
    const State after = step(begun, 5, 8);
    std::fill(out_.begin(), out_.end(), 0.0F);
    step(after, 13 - n_back, kTokens - 13 + n_back);
    for (std::size_t i = static_cast<std::size_t>(13 - n_back) * kWidth; i < out_.size(); ++i) {
      ASSERT_EQ(out_[i], expected[i]) << n_back << " tokens back";
    }
  }
  for (int n_to_mark = 1; n_to_mark <= 20; ++n_to_mark) {
    State mark;
    step(begun, 5, 20, n_to_mark, &mark);
    std::fill(out_.begin(), out_.end(), 0.0F);
    step(mark, 5 + n_to_mark, 3);
    for (std::size_t i = 0; i < 3 * kWidth; ++i) {
      const std::size_t at = static_cast<std::size_t>(5 + n_to_mark) * kWidth + i;
      ASSERT_EQ(out_[at], expected[at]) << "a mark behind " << n_to_mark;
    }
  }
}

}  // namespace
}  // namespace tenfold
