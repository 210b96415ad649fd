// Sessions of models that cannot go back to every token: windows in some layers (gemma3), recurrent state (lfm2).
#include <gtest/gtest.h>

#include "converted_testing.h"
#include "engine/requests_testing.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

constexpr int kPrompt = 300, kAnswer = 40;

class RewoundSession : public testing::TestWithParam<const char*> {
 protected:
  static std::shared_ptr<Engine> open() {
    EngineOptions options;
    options.n_ctx = 1024;
    options.prefill_chunk = 16;  // so short that windows give blocks back
    options.max_sessions = 3;
    options.use_cache = false;
    auto engine = Engine::open(converted(GetParam(), std::nullopt), options);
    EXPECT_TRUE(engine.ok()) << engine.status().to_string();
    return std::move(engine).value();
  }
  std::unique_ptr<Session> new_session() {
    auto session = engine_->create_session();
    EXPECT_TRUE(session.ok()) << session.status().to_string();
    return std::move(session).value();
  }
  static GenerateResult answer(Session& session, const std::vector<TokenId>& prompt,
                               const GenerateOptions& options = greedy(kAnswer)) {
    auto result = session.generate(prompt, options, nullptr);
    EXPECT_TRUE(result.ok()) << result.status().to_string();
    return std::move(result).value();
  }

  const std::shared_ptr<Engine> engine_ = open();
};

std::vector<TokenId> joined(std::vector<TokenId> a, std::span<const TokenId> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// As in a conversation whose template leaves thoughts out: the next prompt has the end of the answer only.
TEST_P(RewoundSession, AnswersAPromptThatDepartsFromTheTextAsAFreshOneDoes) {
  const auto session = new_session();
  std::vector<TokenId> prompt = some_tokens(kPrompt);
  for (int turn = 0; turn < 5; ++turn) {
    const GenerateResult mine = answer(*session, prompt);
    EXPECT_EQ(mine.tokens, answer(*new_session(), prompt).tokens) << "turn " << turn;
    if (turn > 0) {
      EXPECT_GE(mine.n_reused, static_cast<int>(prompt.size()) - 80) << "turn " << turn;
    }
    prompt = joined(std::move(prompt), std::span(mine.tokens).last(10));
    const std::vector<TokenId> more = some_tokens(50 + turn);
    prompt = joined(std::move(prompt), std::span(more).subspan(5 + static_cast<std::size_t>(turn)));
  }
}

TEST_P(RewoundSession, ATextThatGoesOnIsNotReadAgain) {
  const auto session = new_session();
  const std::vector<TokenId> prompt = some_tokens(kPrompt);
  const GenerateResult first = answer(*session, prompt);
  const std::vector<TokenId> next = joined(joined(prompt, first.tokens), some_tokens(30));
  const GenerateResult second = answer(*session, next);
  EXPECT_GE(second.n_reused, kPrompt + kAnswer - 1);
  EXPECT_EQ(second.tokens, answer(*new_session(), next).tokens);
}

TEST_P(RewoundSession, SaysHowMuchIsLeftAndReadsTheRestAgain) {
  const auto session = new_session();
  const std::vector<TokenId> prompt = some_tokens(kPrompt);
  const std::vector<TokenId> expected = answer(*session, prompt).tokens;
  for (const int n : {320, 299, 290, 250, 100, 3}) {
    answer(*session, prompt);
    const auto left = session->truncate(n);
    ASSERT_TRUE(left.ok()) << left.status().to_string();
    EXPECT_LE(*left, n);
    EXPECT_EQ(session->n_tokens(), *left);
    EXPECT_EQ(answer(*session, prompt).tokens, expected) << "behind " << n << " tokens";
  }
}

TEST_P(RewoundSession, IsSavedAndRestoredWithWindowsAndState) {
  const TempFolder folder;
  const auto session = new_session();
  const std::vector<TokenId> prompt = some_tokens(kPrompt);
  const GenerateResult first = answer(*session, prompt);
  ASSERT_TRUE(session->save(folder.path("saved"), "").ok());
  const auto restored = new_session();
  const auto note = restored->restore(folder.path("saved"));
  ASSERT_TRUE(note.ok()) << note.status().to_string();
  EXPECT_EQ(restored->n_tokens(), session->n_tokens());
  const std::vector<TokenId> next = joined(joined(prompt, first.tokens), some_tokens(30));
  const GenerateResult mine = answer(*session, next), its = answer(*restored, next);
  EXPECT_EQ(its.tokens, mine.tokens);
  EXPECT_EQ(its.n_reused, mine.n_reused);
  EXPECT_EQ(answer(*restored, prompt).tokens, first.tokens) << "from the beginning: marks are not saved";
  // What a prompt is saved for: the same one again reads its last token alone.
  const auto prompted = new_session();
  ASSERT_TRUE(prompted->append(prompt).ok());
  ASSERT_TRUE(prompted->save(folder.path("prompt"), "").ok());
  ASSERT_TRUE(restored->restore(folder.path("prompt")).ok());
  const GenerateResult again = answer(*restored, prompt);
  EXPECT_EQ(again.tokens, first.tokens);
  EXPECT_EQ(again.n_reused, kPrompt - 1);
}

TEST_P(RewoundSession, DraftsChangeNothing) {
  GenerateOptions options = greedy(150);
  options.sampler.temperature = 0.9F;
  options.sampler.seed = 5;
  for (const TokenId token : {40, 50, 60}) options.sampler.logit_bias.emplace_back(token, 30.0F);
  std::vector<TokenId> prompt = some_tokens(60);
  for (int i = 0; i < 60; ++i) prompt.push_back(40 + 10 * (i % 3));
  const GenerateResult ahead = answer(*new_session(), prompt, options);
  options.speculate = false;
  EXPECT_EQ(ahead.tokens, answer(*new_session(), prompt, options).tokens);
  EXPECT_GT(ahead.n_drafted, ahead.n_accepted) << "drafts that were taken back";
  EXPECT_GT(ahead.n_accepted, 0);
}

INSTANTIATE_TEST_SUITE_P(All, RewoundSession, testing::Values("gemma3", "lfm2"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace tenfold
