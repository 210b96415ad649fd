#include "engine/fair_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace tenfold {
namespace {

// Somebody who takes turns of turn_s each and comes back think_s after each of them.
struct Party {
  double turn_s, think_s = 0;
  int n_turns = std::numeric_limits<int>::max();  // after which it stays away
  double comes_s = 0;

  TimeAccount account = {};
  FairOrder::Place place = {};
  bool waits = false;
  double had_s = 0;
  double longest_wait_s = 0, asked_s = 0;
};

// What becomes of them in the order within `seconds`, on a clock of its own.
class Simulation {
 public:
  explicit Simulation(std::vector<Party>& parties) : parties_(parties) {
    for (Party& party : parties_) party.place.account = &party.account;
  }

  void run(double seconds) {
    while (now_s_ < seconds) {
      for (Party& party : parties_) ask(party);
      const FairOrder::Next next = order_.next(now_s_);
      if (next.place != nullptr) {
        take_turn(next.place);
      } else {
        now_s_ = next.pause_s > 0 ? std::min(now_s_ + next.pause_s, next_to_come()) : next_to_come();
      }
    }
  }
  [[nodiscard]] double now_s() const { return now_s_; }

 private:
  void ask(Party& party) {
    if (party.waits || party.n_turns == 0 || party.comes_s > now_s_) return;
    party.waits = true;
    party.asked_s = now_s_;
    order_.join(party.place);
  }
  void take_turn(FairOrder::Place* place) {
    Party& party = *std::find_if(parties_.begin(), parties_.end(), [&](Party& p) { return &p.place == place; });
    party.longest_wait_s = std::max(party.longest_wait_s, now_s_ - party.asked_s);
    order_.begin(party.place, now_s_);
    now_s_ += party.turn_s;
    order_.end(now_s_);
    party.waits = false;
    party.had_s += party.turn_s;
    party.comes_s = now_s_ + party.think_s;
    --party.n_turns;
  }
  [[nodiscard]] double next_to_come() const {
    double next_s = std::numeric_limits<double>::infinity();
    for (const Party& party : parties_) {
      if (!party.waits && party.n_turns > 0) next_s = std::min(next_s, party.comes_s);
    }
    return next_s;
  }

  std::vector<Party>& parties_;
  FairOrder order_;
  double now_s_ = 0;
};

TEST(FairOrder, ShortTurnsAndLongOnesShareTheTimeEqually) {
  std::vector<Party> parties = {{.turn_s = 0.0045, .think_s = 0.0003}, {.turn_s = 0.05}};
  Simulation(parties).run(60);
  EXPECT_GT(parties[0].had_s, 0.45 * 60);
  EXPECT_GT(parties[1].had_s, 0.45 * 60);
  EXPECT_LE(parties[0].longest_wait_s, 0.05);
}

TEST(FairOrder, OneTurnThatCannotBeShortCostsNobodyHisShare) {
  std::vector<Party> parties = {{.turn_s = 0.0045, .think_s = 0.0003}, {.turn_s = 0.4}};
  Simulation(parties).run(60);
  EXPECT_GT(parties[0].had_s, 0.45 * 60);
}

TEST(FairOrder, SeveralWithShortTurnsEachGetAsMuchAsTheLongOne) {
  std::vector<Party> parties = {{.turn_s = 0.004, .think_s = 0.0003},
                                {.turn_s = 0.006, .think_s = 0.0005},
                                {.turn_s = 0.005, .think_s = 0.0004},
                                {.turn_s = 0.05}};
  Simulation(parties).run(60);
  for (const Party& party : parties) EXPECT_NEAR(party.had_s, 15, 1.5);
}

// There is always one that waits, so nobody has to be waited for.
TEST(FairOrder, TurnsOfOneKindLeaveNoTimeUnused) {
  std::vector<Party> parties(3, {.turn_s = 0.005, .think_s = 0.002});
  Simulation simulation(parties);
  simulation.run(60);
  const double sum = parties[0].had_s + parties[1].had_s + parties[2].had_s;
  EXPECT_NEAR(sum, simulation.now_s(), 1e-6);
  for (const Party& party : parties) EXPECT_NEAR(party.had_s, 20, 0.01);
}

TEST(FairOrder, WhoDoesNotComeBackIsWaitedForOnce) {
  std::vector<Party> parties = {{.turn_s = 0.004, .n_turns = 3}, {.turn_s = 0.05}};
  Simulation simulation(parties);
  simulation.run(10);
  const double unused_s = simulation.now_s() - parties[0].had_s - parties[1].had_s;
  EXPECT_NEAR(unused_s, FairOrder::kPauseShare * 0.004, 1e-6);
}

// One who is slow to come back, as behind a slow reader, gets his turn at once and stops nobody.
TEST(FairOrder, WhoTakesHisTimeIsNotWaitedForLong) {
  std::vector<Party> parties = {{.turn_s = 0.004, .think_s = 0.02}, {.turn_s = 0.05}};
  Simulation simulation(parties);
  simulation.run(60);
  EXPECT_LE(parties[0].longest_wait_s, 0.05);
  EXPECT_GT(parties[1].had_s, 0.8 * 60);
}

TEST(FairOrder, NobodySavesUpTimeWhileHeIsAway) {
  std::vector<Party> parties = {{.turn_s = 0.01}, {.turn_s = 0.01, .comes_s = 30}};
  Simulation simulation(parties);
  simulation.run(30.5);
  EXPECT_NEAR(parties[1].had_s, 0.25, 0.02);
}

TEST(FairOrder, WithoutAccountsWhoCameFirstIsFirst) {
  FairOrder order;
  FairOrder::Place places[3];
  for (FairOrder::Place& place : places) order.join(place);
  for (FairOrder::Place& place : places) {
    ASSERT_EQ(order.next(1).place, &place);
    order.begin(place, 1);
    order.end(100);
  }
  EXPECT_EQ(order.next(100).place, nullptr);
}

TEST(FairOrder, WhoLeavesIsForgotten) {
  FairOrder order;
  FairOrder::Place places[3];
  for (FairOrder::Place& place : places) order.join(place);
  order.leave(places[1]);
  order.leave(places[0]);
  EXPECT_EQ(order.next(0).place, &places[2]);
}

TEST(FairOrder, WhoHasGoneForGoodIsNeitherWaitedForNorCompany) {
  FairOrder order;
  TimeAccount mine, theirs;
  FairOrder::Place place{.account = &theirs}, waiting{.account = &mine};
  order.join(place);
  order.begin(place, 0);
  order.join(waiting);
  order.end(0.01);
  waiting.at_s = 1;
  EXPECT_EQ(order.next(0.011).place, nullptr) << "he would have the turn if he came back at once";
  order.forget(theirs);
  EXPECT_EQ(order.next(0.011).place, &waiting);
  order.begin(waiting, 0.011);
  EXPECT_FALSE(order.has_company(mine, 0.011));
}

TEST(FairOrder, WhatIsForgottenIsWhoIsThereNotTheTime) {
  FairOrder order;
  TimeAccount old{.place_s = 10}, lost, newcomer;
  FairOrder::Place at_work{.account = &old}, waiting{.account = &lost};
  order.join(at_work);
  order.begin(at_work, 0);
  order.join(waiting);
  order.forget_all_but_time();
  EXPECT_EQ(order.first(), nullptr);
  FairOrder::Place again{.account = &old}, late{.account = &newcomer};
  order.join(again);
  order.join(late);
  EXPECT_EQ(order.next(0).place, &again) << "as old as the newcomer is";
  order.leave(late);
  order.begin(again, 0);
  EXPECT_FALSE(order.has_company(old, 0));
}

TEST(FairOrder, CompanyIsWhoeverWaitsOrWasThereALittleWhileAgo) {
  FairOrder order;
  TimeAccount mine, theirs;
  // Asked at the end of a turn.
  const auto has_company = [&](TimeAccount& account, double from_s, double to_s) {
    FairOrder::Place place{.account = &account};
    order.join(place);
    order.begin(place, from_s);
    const bool has_company = order.has_company(account, to_s);
    order.end(to_s);
    return has_company;
  };
  EXPECT_FALSE(has_company(mine, 0, 0.1));
  EXPECT_FALSE(has_company(mine, 0.1, 0.2));
  EXPECT_TRUE(has_company(theirs, 0.2, 0.3));
  EXPECT_TRUE(has_company(mine, 0.3, 0.4));
  EXPECT_TRUE(has_company(mine, 0.4, 0.5));
  const double later_s = 0.5 + FairOrder::kCompany_s;
  EXPECT_FALSE(has_company(mine, 0.5, later_s));
  FairOrder::Place waiting{.account = &theirs};
  order.join(waiting);
  EXPECT_TRUE(has_company(mine, later_s, later_s + 0.1));
}

}  // namespace
}  // namespace tenfold
