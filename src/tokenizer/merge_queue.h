// A priority queue for the merges of one long piece of text, and its special tokens: lowest rank first, then leftmost.
//
// A binary heap over ten million candidates spends its time on cache misses. Here each rank has a list of positions;
// lists fill almost in order and are walked once, so a run of one letter costs the same per byte at any length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace tenfold {

struct MergeCandidate {
  std::uint32_t rank;
  std::uint32_t left;  // position of the left symbol
};

// One thread at a time.
class MergeQueue {
 public:
  // n_ranks: every rank pushed is below it.
  explicit MergeQueue(std::size_t n_ranks) : bucket_of_rank_(n_ranks, kNone) {}

  [[nodiscard]] bool empty() const noexcept { return ranks_.empty(); }
  void push(MergeCandidate candidate);
  MergeCandidate pop();  // not when empty()

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Bucket {
    std::vector<std::uint32_t> lefts;
    std::size_t next = 0;  // lefts before it are gone; once > 0 or started, the rest is sorted
    bool started = false;
    std::vector<std::uint32_t> late;  // min-heap: came after the start, left of what was there

    [[nodiscard]] bool empty() const noexcept { return next == lefts.size() && late.empty(); }
    void push(std::uint32_t left);
    std::uint32_t pop();
    void clear();
  };

  std::vector<std::uint32_t> bucket_of_rank_;
  std::vector<Bucket> buckets_;
  std::vector<std::uint32_t> free_buckets_;
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ranks_;  // those with a bucket
};

}  // namespace tenfold
