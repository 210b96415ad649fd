#include "tokenizer/merge_queue.h"

#include <algorithm>

#include "base/contracts.h"

namespace tenfold {

void MergeQueue::push(MergeCandidate candidate) {
  TENFOLD_DCHECK(candidate.rank < bucket_of_rank_.size());
  std::uint32_t& bucket = bucket_of_rank_[candidate.rank];
  if (bucket == kNone) {
    if (free_buckets_.empty()) {
      free_buckets_.push_back(static_cast<std::uint32_t>(buckets_.size()));
      buckets_.emplace_back();
    }
    bucket = free_buckets_.back();
    free_buckets_.pop_back();
    ranks_.push(candidate.rank);
  }
  buckets_[bucket].push(candidate.left);
}

MergeCandidate MergeQueue::pop() {
  TENFOLD_DCHECK(!empty());
  const std::uint32_t rank = ranks_.top();
  Bucket& bucket = buckets_[bucket_of_rank_[rank]];
  const std::uint32_t left = bucket.pop();
  if (bucket.empty()) {
    bucket.clear();
    free_buckets_.push_back(bucket_of_rank_[rank]);
    bucket_of_rank_[rank] = kNone;
    ranks_.pop();
  }
  return {rank, left};
}

void MergeQueue::Bucket::push(std::uint32_t left) {
  if (!started || lefts.empty() || left >= lefts.back()) {
    lefts.push_back(left);
  } else {
    late.push_back(left);
    std::push_heap(late.begin(), late.end(), std::greater<>());
  }
}

std::uint32_t MergeQueue::Bucket::pop() {
  if (!started) {
    started = true;
    if (!std::is_sorted(lefts.begin(), lefts.end())) std::sort(lefts.begin(), lefts.end());
  }
  if (next == lefts.size() || (!late.empty() && late.front() < lefts[next])) {
    std::pop_heap(late.begin(), late.end(), std::greater<>());
    const std::uint32_t left = late.back();
    late.pop_back();
    return left;
  }
  return lefts[next++];
}

void MergeQueue::Bucket::clear() {
  constexpr std::size_t kKeep = 4096;  // reuse small buffers, return large ones
  if (lefts.capacity() > kKeep) lefts = {};
  if (late.capacity() > kKeep) late = {};
  lefts.clear();
  next = 0;
  started = false;
}

}  // namespace tenfold
