#include "tokenizer/merge_list.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tokenizer/random_pairs_testing.h"

namespace tenfold {
namespace {

void fill(MergeList& list, const std::vector<std::uint32_t>& ids) {
  list.start(ids.size());
  for (std::uint32_t i = 0; i < ids.size(); ++i) list.append(ids[i], i, i + 1);
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> result_of(const MergeList& list) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> result;
  list.for_each([&](const MergeSymbol& symbol) { result.emplace_back(symbol.id, symbol.begin); });
  return result;
}

TEST(MergeList, BothWaysGiveTheSame) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const int n_letters = 1 + static_cast<int>(random() % 4);
    // Few ranks: many equal ones, as in vocabularies whose scores are all the same.
    const RandomPairs pairs(random, n_letters, 40, round % 3 == 0 ? 1 : round % 3 == 1 ? 5 : 1000);
    MergeList scanned;
    MergeList queued;
    for (int text = 0; text < 5; ++text) {
      std::vector<std::uint32_t> ids(random() % 200);
      for (std::uint32_t& id : ids) id = static_cast<std::uint32_t>(random()) % static_cast<std::uint32_t>(n_letters);
      fill(scanned, ids);
      fill(queued, ids);
      scanned.merge_by_scanning(pairs);
      queued.merge_by_queue(pairs);
      ASSERT_EQ(result_of(scanned), result_of(queued));
    }
  }
}

TEST(MergeList, WorkIsLinearInARunOfOneLetter) {
  std::mt19937 random(2);
  const RandomPairs pairs(random, 1, 30, 1000);
  MergeList list;
  for (const std::size_t n : {1000u, 100000u}) {
    fill(list, std::vector<std::uint32_t>(n, 0));
    pairs.n_finds = 0;
    list.merge(pairs);
    EXPECT_LE(pairs.n_finds, 3 * n) << "one for each pair, two for each merge";
  }
}

TEST(MergeList, NothingAndOneSymbolStayAsTheyAre) {
  std::mt19937 random(3);
  const RandomPairs pairs(random, 1, 5, 10);
  MergeList list;
  list.start(0);
  list.merge(pairs);
  EXPECT_TRUE(result_of(list).empty());
  fill(list, {0});
  list.merge_by_queue(pairs);
  EXPECT_EQ(result_of(list).size(), 1u);
}

TEST(MergeQueue, PopsByRankThenPosition) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    MergeQueue queue(20);
    std::multiset<std::pair<std::uint32_t, std::uint32_t>> expected;
    const std::uint32_t n_ranks = 1 + static_cast<std::uint32_t>(random()) % 20;
    for (int step = 0; step < 400; ++step) {
      if (random() % 5 < 3) {
        const MergeCandidate candidate{static_cast<std::uint32_t>(random()) % n_ranks,
                                       static_cast<std::uint32_t>(random()) % 100};
        queue.push(candidate);
        expected.insert({candidate.rank, candidate.left});
      } else if (!queue.empty()) {
        const MergeCandidate candidate = queue.pop();
        ASSERT_EQ(std::pair(candidate.rank, candidate.left), *expected.begin());
        expected.erase(expected.begin());
      }
      ASSERT_EQ(queue.empty(), expected.empty());
    }
  }
}

}  // namespace
}  // namespace tenfold
