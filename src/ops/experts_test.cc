#include "ops/experts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "kernels/select.h"

namespace tenfold {
namespace {

class ExpertsTest : public testing::Test {
 protected:
  ExpertsTest() : pool_(std::move(TaskPool::create(3)).value()) {
    ctx_.kernels = *kernels::select_kernels();
    ctx_.pool = pool_.get();
    ctx_.n_active = 3;
  }

  // Routes tokens with these logits, [n_tokens, n_experts].
  ExpertSchedule routed(const ExpertRouting& routing, std::vector<float> logits, const float* choice_bias = nullptr) {
    const int n_tokens = static_cast<int>(logits.size()) / routing.n_experts;
    memory_.assign(static_cast<std::size_t>(n_tokens * ExpertSchedule::width(routing.n_experts, routing.n_used)), 0);
    ExpertSchedule schedule(reinterpret_cast<std::byte*>(memory_.data()), n_tokens, routing.n_experts, routing.n_used);
    route(ctx_, routing, choice_bias, {logits.data(), routing.n_experts, n_tokens, routing.n_experts}, schedule);
    return schedule;
  }

  std::unique_ptr<TaskPool> pool_;
  OpContext ctx_;
  std::vector<float> memory_;
};

std::vector<int> experts_of(const ExpertSchedule& schedule, int token) {
  std::vector<int> experts;
  for (const ExpertChoice& choice : schedule.choices(token)) experts.push_back(choice.expert);
  return experts;
}

TEST_F(ExpertsTest, SoftmaxWeightsAreThoseOfTheChosenAlone) {
  const auto schedule = routed({.n_experts = 4, .n_used = 2}, {0, 2, 1, -1});
  EXPECT_EQ(experts_of(schedule, 0), (std::vector<int>{1, 2}));
  const float e = std::exp(1.0F);
  EXPECT_NEAR(schedule.choices(0)[0].weight, e / (e + 1), 1e-6);
  EXPECT_NEAR(schedule.choices(0)[1].weight, 1 / (e + 1), 1e-6);
}

TEST_F(ExpertsTest, WithoutNormalisingWeightsAreOfAll) {
  const auto schedule = routed({.n_experts = 2, .n_used = 1, .normalize = false}, {0, std::log(3.0F)});
  EXPECT_EQ(experts_of(schedule, 0), std::vector<int>{1});
  EXPECT_NEAR(schedule.choices(0)[0].weight, 0.75, 1e-6);
}

TEST_F(ExpertsTest, TheBiasChoosesButDoesNotWeigh) {
  const float bias[] = {0, 0, 5};
  const auto schedule =
      routed({.n_experts = 3, .n_used = 2, .gating = ExpertGating::kSigmoid, .normalize = false, .scale = 2},
             {1, -1, 0}, bias);
  EXPECT_EQ(experts_of(schedule, 0), (std::vector<int>{2, 0}));
  EXPECT_NEAR(schedule.choices(0)[0].weight, 2 * 0.5, 1e-6);
  EXPECT_NEAR(schedule.choices(0)[1].weight, 2 / (1 + std::exp(-1.0F)), 1e-6);
}

TEST_F(ExpertsTest, ScoresThatAreNoNumbersStillChooseDifferentExperts) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto schedule = routed({.n_experts = 3, .n_used = 3}, {nan, nan, nan});
  EXPECT_EQ(experts_of(schedule, 0), (std::vector<int>{0, 1, 2}));
}

// The choice one at a time, each the best of those that are left, the first of equals.
std::vector<int> best_by_search(const std::vector<float>& scores, int n_used) {
  std::vector<bool> taken(scores.size());
  std::vector<int> chosen;
  while (static_cast<int>(chosen.size()) < n_used) {
    std::size_t best = scores.size();
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!taken[i] && (best == scores.size() || scores[i] > scores[best])) best = i;
    }
    taken[best] = true;
    chosen.push_back(static_cast<int>(best));
  }
  return chosen;
}

TEST_F(ExpertsTest, EqualsAreChosenInTheirOrder) {
  std::mt19937 engine(5);
  constexpr int kExperts = 67;
  const std::vector<float> none(kExperts, 0.5F);
  for (const int n_used : {1, 2, 8, 66, 67}) {
    for (const int n_levels : {1, 2, 5, 1000}) {
      std::vector<float> bias(kExperts);
      for (float& x : bias) x = static_cast<float>(static_cast<int>(engine() % static_cast<unsigned>(n_levels)) - 2);
      const ExpertRouting routing{.n_experts = kExperts, .n_used = n_used, .gating = ExpertGating::kSigmoid};
      std::vector<float> scores(kExperts);
      for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = bias[i] + 1 / (1 + std::exp(-none[i]));
      EXPECT_EQ(experts_of(routed(routing, none, bias.data()), 0), best_by_search(scores, n_used))
          << n_used << " used, " << n_levels << " levels";
    }
  }
}

TEST_F(ExpertsTest, SlotsOfAnExpertAreNextToEachOther) {
  std::mt19937 engine(3);
  std::uniform_real_distribution<float> random(-1, 1);
  const ExpertRouting routing{.n_experts = 7, .n_used = 3};
  std::vector<float> logits(50 * 7);
  for (float& x : logits) x = random(engine);
  for (std::size_t t = 0; t < 50; ++t) logits[t * 7 + 4] = -100;  // nobody goes to expert 4
  const auto schedule = routed(routing, logits);
  std::vector<int> seen(150, 0);
  for (int t = 0; t < 50; ++t) {
    for (int j = 0; j < 3; ++j) {
      const int slot = schedule.slot(t, j);
      const int expert = schedule.choices(t)[static_cast<std::size_t>(j)].expert;
      EXPECT_GE(slot, schedule.slots_of(expert).begin);
      EXPECT_LT(slot, schedule.slots_of(expert).end);
      EXPECT_EQ(schedule.token_of(slot), t);
      ++seen[static_cast<std::size_t>(slot)];
    }
  }
  EXPECT_EQ(seen, std::vector<int>(150, 1));
  EXPECT_EQ(std::vector<int>(schedule.active().begin(), schedule.active().end()), (std::vector<int>{0, 1, 2, 3, 5, 6}));
  EXPECT_EQ(schedule.slots_of(4).begin, schedule.slots_of(4).end);
}

TEST_F(ExpertsTest, RowsComeBackAsWeightedSums) {
  const auto schedule = routed({.n_experts = 3, .n_used = 2}, {3, 2, 1, 1, 2, 3});
  std::vector<float> x = {1, 10};
  std::vector<float> slots(4);
  to_slots(ctx_, schedule, {reinterpret_cast<std::byte*>(x.data()), sizeof(float), 2, 1, false},
           reinterpret_cast<std::byte*>(slots.data()));
  std::vector<float> y = {100, 200};
  from_slots(ctx_, schedule, {slots.data(), 1, 4, 1}, {y.data(), 1, 2, 1});
  EXPECT_NEAR(y[0], 101, 1e-4);  // weights sum up to 1
  EXPECT_NEAR(y[1], 210, 1e-4);
}

}  // namespace
}  // namespace tenfold
