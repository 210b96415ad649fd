// For tests only: merges that no training would come up with.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/merge_list.h"

namespace tenfold {

// Random merges of texts; several pairs may share a rank.
class RandomPairs {
 public:
  RandomPairs(std::mt19937& random, int n_letters, int n_pairs, std::uint32_t n_ranks) : n_ranks_(n_ranks) {
    for (int i = 0; i < n_letters; ++i) id_of(std::string(1, static_cast<char>('a' + i)));
    for (int i = 0; i < n_pairs; ++i) {
      const auto left = static_cast<std::uint32_t>(random() % texts_.size());
      const auto right = static_cast<std::uint32_t>(random() % texts_.size());
      if (texts_[left].size() + texts_[right].size() > 12) continue;
      const std::uint32_t result = id_of(texts_[left] + texts_[right]);
      if (!by_symbols_.try_emplace({left, right}, results_.size()).second) continue;
      results_.push_back(result);
      ranks_.push_back(static_cast<std::uint32_t>(random() % n_ranks));
    }
  }

  [[nodiscard]] std::uint32_t find(const MergeSymbol& left, const MergeSymbol& right) const {
    ++n_finds;
    EXPECT_EQ(left.end, right.begin) << "neighbours touch";
    const auto found = by_symbols_.find({left.id, right.id});
    return found == by_symbols_.end() ? MergeSymbol::kNone : static_cast<std::uint32_t>(found->second);
  }
  [[nodiscard]] std::uint32_t rank(std::uint32_t pair) const { return ranks_[pair]; }
  [[nodiscard]] std::uint32_t result(std::uint32_t pair) const { return results_[pair]; }
  [[nodiscard]] std::size_t n_ranks() const { return n_ranks_; }

  [[nodiscard]] MergeSymbol first(std::string_view text, std::uint32_t at) const {
    ++n_firsts;
    return {static_cast<std::uint32_t>(text[at] - 'a'), at, at + 1};
  }
  bool append_beginnings(std::string_view text, std::uint32_t at, std::vector<MergeSymbol>& out) const {
    for (std::uint32_t end = at + 1; end <= text.size() && end - at <= 12; ++end) {
      const auto known = ids_.find(std::string(text.substr(at, end - at)));
      if (known != ids_.end()) out.push_back({known->second, at, end});
    }
    return true;
  }

  mutable std::size_t n_finds = 0;
  mutable std::size_t n_firsts = 0;

 private:
  std::uint32_t id_of(const std::string& text) {
    const auto [at, is_new] = ids_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return at->second;
  }

  std::size_t n_ranks_;
  std::vector<std::string> texts_;
  std::map<std::string, std::uint32_t> ids_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> by_symbols_;
  std::vector<std::uint32_t> results_;
  std::vector<std::uint32_t> ranks_;
};

}  // namespace tenfold
