// Texts of every family that are taken back and go on. What holds here depends on the plan and on what the KV cache
// keeps, not on the kernels: those of this machine alone, which families_test has on every instruction set.
#include <gtest/gtest.h>

#include "converted_testing.h"
#include "cpu/runnable_testing.h"
#include "kernels/select.h"
#include "model/golden_testing.h"

namespace tenfold {
namespace {

// A text that its tokens are fed to in steps of some, as conversations and drafts do; whatever was taken back, the
// logits of its last token are those that one step a token gives.
class RewoundText {
 public:
  RewoundText(Runnable& r, const std::vector<TokenId>& tokens)
      : r_(r), tokens_(tokens), expected_(run_all(r, tokens, 16)), kv_(*r.kv_pool, 1024) {}

  [[nodiscard]] KvSequence& kv() { return kv_; }

  // Up to n tokens, in steps of 16, with a mark in every fourth.
  void feed(int n) {
    for (int i = 0; kv_.n_tokens() < n; ++i) {
      const int n_step = std::min(16, n - kv_.n_tokens());
      step(n_step, 0, i % 4 == 3 ? (n_step + 1) / 2 : 0);
    }
  }
  // A step of n_right tokens of the text and others behind them, which are then taken back.
  void step(int n_right, int n_wrong, int mark = 0) {
    const auto at = static_cast<std::size_t>(kv_.n_tokens());
    std::vector<TokenId> tokens(tokens_.begin() + kv_.n_tokens(), tokens_.begin() + kv_.n_tokens() + n_right);
    for (int i = 0; i < n_wrong; ++i) tokens.push_back(i % 7);
    const std::size_t vocab = expected_.size() / tokens_.size();
    std::vector<float> logits(tokens.size() * vocab);
    const BatchSequence sequence{.kv = &kv_, .tokens = tokens, .outputs = Outputs::kAll, .mark = mark};
    ASSERT_TRUE(r_.executor->run({&sequence, 1}, logits, nullptr).ok());
    const std::size_t n_known = static_cast<std::size_t>(n_right) * vocab;
    EXPECT_TRUE(same_bits(std::span(logits).first(n_known), std::span(expected_).subspan(at * vocab, n_known)))
        << n_right << " tokens behind " << at << ", " << n_wrong << " wrong ones behind them";
    EXPECT_EQ(kv_.truncate(static_cast<int>(at) + n_right), static_cast<int>(at) + n_right);
  }

 private:
  Runnable& r_;
  const std::vector<TokenId>& tokens_;
  std::vector<float> expected_;
  KvSequence kv_;
};

class RewoundTexts : public testing::TestWithParam<std::string> {
 protected:
  static Runnable open() {
    RunnableOptions options{
        {Precision::kFast, {}}, 2, 16, kernels::KvType::kF16};  // steps so short that windows give blocks back
    options.n_ctx = 1024;
    return make_runnable(converted(GetParam(), DType::kQ8_0), *kernels::runnable_kernels().back(), options);
  }
  static std::vector<TokenId> some_text(std::size_t n) {
    const Json json = read_json(checkpoint_path(GetParam() + ".json"));
    const auto prompt = json["prompts"][std::size_t{0}].get<std::vector<TokenId>>();
    std::vector<TokenId> tokens;
    while (tokens.size() < n) tokens.push_back(prompt[tokens.size() * 5 % prompt.size()]);
    return tokens;
  }

  Runnable runnable_ = open();
};

TEST_P(RewoundTexts, TextsGoBackToEveryPlaceAndOnWithTheSameBits) {
  const std::vector<TokenId> tokens = some_text(200);
  RewoundText text(runnable_, tokens);
  const int between = runnable_.kv_pool->layout().rewinds_freely() ? 67 : 1;
  for (int n = 0; n < 200; n += between) {
    text.feed(200);
    const int landed = text.kv().truncate(n);
    EXPECT_LE(landed, n);
    if (runnable_.kv_pool->layout().rewinds_freely()) {
      EXPECT_EQ(landed, n);
    }
    text.feed(std::min(200, n + 3));
  }
}

TEST_P(RewoundTexts, DraftsOfAnyAcceptanceChangeNothing) {
  const std::vector<TokenId> tokens = some_text(260);
  RewoundText text(runnable_, tokens);
  text.feed(30);
  // Every number of right ones after every other.
  for (int first = 0; first < 8; ++first) {
    for (int second = 0; second < 8; ++second) {
      for (const int n_accepted : {first, second}) {
        if (text.kv().n_tokens() > 240) text.kv().truncate(40);
        text.step(1 + n_accepted, 7 - n_accepted);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RewoundTexts, testing::ValuesIn(checkpoint_names()));

}  // namespace
}  // namespace tenfold
