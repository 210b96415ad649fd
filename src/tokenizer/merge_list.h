// The merge loop that byte-level BPE and SentencePiece BPE share: neighbouring symbols of one piece of text become one
// symbol, best pair first, until no pair is left.
//
// `Pairs` says which neighbours may merge:
//   std::uint32_t find(const MergeSymbol& left, const MergeSymbol& right) const;   a pair, or MergeSymbol::kNone
//   std::uint32_t rank(std::uint32_t pair) const;                                  lower merges first, then leftmost
//   std::uint32_t result(std::uint32_t pair) const;                                id of the merged symbol
//   std::size_t n_ranks() const;
// A rank may stand for several pairs. A caller that wants to stop is heard in the middle of a piece; what is left of it
// then means nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/cancel_latch.h"
#include "base/contracts.h"
#include "tokenizer/merge_queue.h"

namespace tenfold {

struct MergeSymbol {
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t id;     // means something to Pairs
  std::uint32_t begin;  // bytes of the text
  std::uint32_t end;    // > begin, but for a symbol that was merged away
  std::uint32_t previous = kNone;
  std::uint32_t next = kNone;
  std::uint32_t pair = kNone;  // with the next symbol; kNone too for a symbol that was merged away
};

// Symbols in text order, linked; reused from piece to piece. One thread at a time.
class MergeList {
 public:
  // cancel: may be null; must outlive this.
  explicit MergeList(CancelLatch* cancel = nullptr) : cancel_(cancel) {}

  // For a piece of n_symbols. Long pieces would pay for growing by copies.
  void start(std::size_t n_symbols) {
    symbols_.clear();
    symbols_.reserve(n_symbols);
  }
  [[nodiscard]] std::size_t size() const noexcept { return symbols_.size(); }
  [[nodiscard]] bool is_cancelled() const noexcept { return cancel_ != nullptr && cancel_->is_set(); }

  // The next symbol, which is not empty and begins where the one before it ends.
  void append(std::uint32_t id, std::uint32_t begin, std::uint32_t end) {
    TENFOLD_DCHECK(begin < end && (symbols_.empty() || symbols_.back().end == begin));
    const auto at = static_cast<std::uint32_t>(symbols_.size());
    symbols_.push_back({id, begin, end});
    if (at == 0) return;
    symbols_[at].previous = at - 1;
    symbols_[at - 1].next = at;
  }

  template <typename Pairs>
  void merge(const Pairs& pairs) {
    // Below this length looking at every pair again after each merge is quicker than any queue.
    constexpr std::size_t kShort = 48;
    symbols_.size() <= kShort ? merge_by_scanning(pairs) : merge_by_queue(pairs);
  }

  // The two ways, for the test that compares them.
  template <typename Pairs>
  void merge_by_scanning(const Pairs& pairs) {
    merge_by_scanning(pairs, [](const MergeSymbol&, std::uint32_t) {});
  }

  // Calls on_merge(the new symbol, rank of the merge) after each merge.
  template <typename Pairs, typename OnMerge>
  void merge_by_scanning(const Pairs& pairs, OnMerge&& on_merge) {
    find_all_pairs(pairs);
    for (;;) {
      std::uint32_t best = kNone;
      std::uint32_t best_rank = kNone;
      for (std::uint32_t at = 0; at < symbols_.size(); at = symbols_[at].next) {
        if (symbols_[at].pair == kNone) continue;
        if (const std::uint32_t rank = pairs.rank(symbols_[at].pair); best == kNone || rank < best_rank) {
          best = at;
          best_rank = rank;
        }
      }
      if (best == kNone) return;
      merge_at(best, pairs);
      on_merge(std::as_const(symbols_[best]), best_rank);
    }
  }

  template <typename Pairs>
  void merge_by_queue(const Pairs& pairs) {
    if (!queue_) queue_.emplace(pairs.n_ranks());
    find_all_pairs(pairs);
    for (std::uint32_t at = 0; at < symbols_.size() && !is_cancelled(); ++at) enqueue(at, pairs);
    while (!queue_->empty() && !is_cancelled()) {
      const MergeCandidate candidate = queue_->pop();
      const std::uint32_t pair = symbols_[candidate.left].pair;
      if (pair == kNone || pairs.rank(pair) != candidate.rank) continue;  // its neighbourhood has changed since
      merge_at(candidate.left, pairs);
      if (const std::uint32_t previous = symbols_[candidate.left].previous; previous != kNone) {
        enqueue(previous, pairs);
      }
      enqueue(candidate.left, pairs);
    }
  }

  // What is left, from the right: nullptr before the first. symbol: one of this list.
  [[nodiscard]] const MergeSymbol* last() const noexcept {
    if (symbols_.empty()) return nullptr;
    const MergeSymbol* symbol = &symbols_.back();
    while (symbol->end == symbol->begin) symbol = &symbols_[symbol->previous];
    return symbol;
  }
  [[nodiscard]] const MergeSymbol* before(const MergeSymbol& symbol) const noexcept {
    TENFOLD_DCHECK(&symbol >= symbols_.data() && &symbol < symbols_.data() + symbols_.size());
    return symbol.previous == kNone ? nullptr : &symbols_[symbol.previous];
  }

  // Calls visit(const MergeSymbol&) for what is left, in text order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    const auto n = static_cast<std::uint32_t>(symbols_.size());
    std::uint32_t at = 0;
    do {
      for (std::uint32_t left = kBetweenLooks; left > 0 && at < n; --left, at = symbols_[at].next) visit(symbols_[at]);
    } while (at < n && !is_cancelled());
  }

 private:
  static constexpr std::uint32_t kNone = MergeSymbol::kNone;
  static constexpr std::uint32_t kBetweenLooks = 1024;  // symbols; nearly all pieces are shorter

  template <typename Pairs>
  void find_all_pairs(const Pairs& pairs) {
    const std::size_t n_pairs = symbols_.empty() ? 0 : symbols_.size() - 1;
    std::size_t at = 0;
    do {
      for (const std::size_t stop = std::min(n_pairs, at + kBetweenLooks); at < stop; ++at) {
        symbols_[at].pair = pairs.find(symbols_[at], symbols_[at + 1]);
      }
    } while (at < n_pairs && !is_cancelled());
  }

  template <typename Pairs>
  void find_pair(std::uint32_t at, const Pairs& pairs) {
    MergeSymbol& left = symbols_[at];
    left.pair = left.next == kNone ? kNone : pairs.find(left, symbols_[left.next]);
  }

  template <typename Pairs>
  void enqueue(std::uint32_t at, const Pairs& pairs) {
    if (symbols_[at].pair != kNone) queue_->push({pairs.rank(symbols_[at].pair), at});
  }

  template <typename Pairs>
  void merge_at(std::uint32_t at, const Pairs& pairs) {
    MergeSymbol& left = symbols_[at];
    MergeSymbol& right = symbols_[left.next];
    left.id = pairs.result(left.pair);
    left.end = right.end;
    left.next = right.next;
    right.pair = kNone;
    right.end = right.begin;
    if (left.next != kNone) symbols_[left.next].previous = at;
    find_pair(at, pairs);
    if (left.previous != kNone) find_pair(left.previous, pairs);
  }

  CancelLatch* cancel_;
  std::vector<MergeSymbol> symbols_;
  std::optional<MergeQueue> queue_;  // made by the first long piece
};

}  // namespace tenfold
