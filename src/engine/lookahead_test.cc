#include "engine/lookahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "engine/engine_impl.h"
#include "engine/requests_testing.h"
#include "model/golden_testing.h"

namespace tenfold {
namespace {

const std::atomic<bool> kNoCancel = false;

// Knows how the text will go on and drafts it, but for every n-th token, which it gets wrong.
class Oracle final : public Drafter {
 public:
  Oracle(std::vector<TokenId> text, std::size_t wrong_every) : text_(std::move(text)), wrong_every_(wrong_every) {}

  void begin(std::span<const TokenId> text) override { at_ = text.size(); }
  void accept(TokenId token) override { EXPECT_EQ(token, text_[at_++]); }
  Result<int> propose(std::span<TokenId> out, const std::atomic<bool>&) override {
    if (fails) return failed_precondition("the oracle is silent");
    const std::size_t n = std::min(out.size(), text_.size() - at_);
    for (std::size_t i = 0; i < n; ++i) {
      const bool wrong = (at_ + i) % wrong_every_ == 0;
      out[i] = wrong ? (text_[at_ + i] + 1) % 300 : text_[at_ + i];
    }
    return static_cast<int>(n);
  }

  bool fails = false;

 private:
  std::vector<TokenId> text_;
  std::size_t wrong_every_;
  std::size_t at_ = 0;
};

std::shared_ptr<EngineImpl> open_with_chunk(const std::string& path, int prefill_chunk = 512) {
  EngineOptions options;
  options.prefill_chunk = prefill_chunk;
  options.n_ctx = 400;
  return std::static_pointer_cast<EngineImpl>(std::move(EngineImpl::open({path}, options)).value());
}

std::vector<std::unique_ptr<Drafter>> only(std::unique_ptr<Drafter> drafter) {
  std::vector<std::unique_ptr<Drafter>> drafters;
  drafters.push_back(std::move(drafter));
  return drafters;
}

constexpr int kPrompt = 50;
constexpr int kWhole = 200;  // several KV blocks, and more than the window of the model that has one

TEST(Lookahead, LogitsAreThoseOfOneTokenAStepForEveryModel) {
  const std::vector<TokenId> text = some_tokens(kWhole);
  const std::span<const TokenId> prompt = std::span(text).first(kPrompt);
  for (const std::string& name : golden_names()) {
    const auto engine = open_with_chunk(read_golden(name).path);
    const int vocab = engine->info().vocab_size;
    const bool is_first = name == golden_names().front();  // what drafts are dropped does not depend on the model
    for (const std::size_t wrong_every :
         is_first ? std::vector<std::size_t>{1, 2, 5, 7, 1000} : std::vector<std::size_t>{5, 1000}) {
      BatchScheduler::Client turns(engine->scheduler());
      CachedText plain_text(turns, engine->model(), 400);
      CachedText text_ahead(turns, engine->model(), 400);
      Lookahead plain(plain_text, vocab, {});
      Lookahead ahead(text_ahead, vocab, only(std::make_unique<Oracle>(text, wrong_every)));
      ASSERT_TRUE(plain.begin(prompt, Speculation::kOff, kNoCancel).ok());
      ASSERT_TRUE(ahead.begin(prompt, Speculation::kOn, kNoCancel).ok());
      for (std::size_t at = kPrompt; at < text.size(); ++at) {
        ASSERT_TRUE(plain.advance(text[at], 0, kNoCancel).ok());
        ASSERT_TRUE(ahead.advance(text[at], Lookahead::kMaxDrafts, kNoCancel).ok());
        ASSERT_EQ(ahead.n_known_tokens(), plain.n_known_tokens());
        ASSERT_EQ(std::memcmp(ahead.logits().data(), plain.logits().data(), ahead.logits().size_bytes()), 0)
            << name << " at " << at << ", one draft in " << wrong_every << " wrong";
      }
      ahead.drop_drafts();
      EXPECT_TRUE(std::ranges::equal(text_ahead.tokens(), text));
      EXPECT_EQ(text_ahead.n_tokens(), kWhole);
      EXPECT_EQ(plain.n_drafted(), 0);
      EXPECT_GE(ahead.n_drafted(), ahead.n_accepted());
      if (wrong_every == 1) {
        EXPECT_EQ(ahead.n_accepted(), 0);
      }
      if (wrong_every == 1000) {
        EXPECT_GT(ahead.n_accepted(), 120) << "7 of 8 tokens cost no step of their own";
      }
    }
  }
}

class LookaheadFailures : public testing::Test {
 protected:
  std::vector<TokenId> text_ = some_tokens(100);
  std::shared_ptr<EngineImpl> engine_ = open_with_chunk(read_golden("llama-q4_0").path);
  BatchScheduler::Client turns_{engine_->scheduler()};
  CachedText cached_{turns_, engine_->model(), 400};
};

TEST_F(LookaheadFailures, ACancelIsSeenBetweenDraftsThatCameTrue) {
  Lookahead ahead(cached_, engine_->info().vocab_size, only(std::make_unique<Oracle>(text_, 1000)));
  ASSERT_TRUE(ahead.begin(std::span(text_).first(kPrompt), Speculation::kOn, kNoCancel).ok());
  ASSERT_TRUE(ahead.advance(text_[kPrompt], 7, kNoCancel).ok());
  ASSERT_TRUE(ahead.advance(text_[kPrompt + 1], 7, kNoCancel).ok());
  const std::atomic<bool> cancel = true;
  EXPECT_EQ(ahead.advance(text_[kPrompt + 2], 7, cancel).code(), StatusCode::kCancelled);
  EXPECT_EQ(ahead.n_known_tokens(), kPrompt + 2);
  ahead.drop_drafts();
  EXPECT_EQ(cached_.n_tokens(), kPrompt + 2);
}

TEST_F(LookaheadFailures, AStepThatFailsLeavesTheKnownText) {
  auto drafter = std::make_unique<Oracle>(text_, 3);
  Oracle& oracle = *drafter;
  Lookahead ahead(cached_, engine_->info().vocab_size, only(std::move(drafter)));
  ASSERT_TRUE(ahead.begin(std::span(text_).first(kPrompt), Speculation::kOn, kNoCancel).ok());
  ASSERT_TRUE(ahead.advance(text_[kPrompt], 7, kNoCancel).ok());
  oracle.fails = true;
  std::size_t at = kPrompt + 1;
  Status status;
  while (status.ok()) status = ahead.advance(text_[at++], 7, kNoCancel);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << "what the drafter says is passed on";
  EXPECT_EQ(ahead.n_known_tokens(), static_cast<int>(at) - 1);
  EXPECT_EQ(cached_.n_tokens(), static_cast<int>(at) - 1);
}

TEST_F(LookaheadFailures, NoMoreDraftsThanAreOfUseOrFitIntoAStep) {
  Lookahead ahead(cached_, engine_->info().vocab_size, only(std::make_unique<Oracle>(text_, 1000)));
  ASSERT_TRUE(ahead.begin(std::span(text_).first(kPrompt), Speculation::kOn, kNoCancel).ok());
  ASSERT_TRUE(ahead.advance(text_[kPrompt], 2, kNoCancel).ok());
  EXPECT_EQ(ahead.n_drafted(), 2);
  for (const int chunk : {1, 3}) {
    const auto narrow = open_with_chunk(read_golden("llama-q4_0").path, chunk);
    BatchScheduler::Client turns(narrow->scheduler());
    CachedText cached(turns, narrow->model(), 400);
    Lookahead slow(cached, narrow->info().vocab_size, only(std::make_unique<Oracle>(text_, 1000)));
    ASSERT_TRUE(slow.begin(std::span(text_).first(kPrompt), Speculation::kOn, kNoCancel).ok());
    ASSERT_TRUE(slow.advance(text_[kPrompt], 7, kNoCancel).ok());
    EXPECT_EQ(slow.n_drafted(), chunk - 1);
  }
}

}  // namespace
}  // namespace tenfold
