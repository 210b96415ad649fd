// Merges a piece of text of any length a window at a time, with the result of merging it as a whole.
//
// What a window makes of its text depends on what follows it only near its end. So each window is merged by itself and
// kept up to a place that no merge of the whole piece crosses; the next window begins there. Windows stay in the
// processor's cache, where a list over ten million bytes waits for memory at every merge.
//
// Beside what MergeList asks of them, `Pairs` say
//   MergeSymbol first(std::string_view text, std::uint32_t at) const;   the symbol that stands at `at` before any merge
//   bool append_beginnings(std::string_view text, std::uint32_t at, std::vector<MergeSymbol>& out) const;
//                            every symbol that merges may make of the text from `at` on; false if that is too many
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "tokenizer/merge_list.h"

namespace tenfold {

// Reused from piece to piece. One thread at a time.
class WindowedMerge {
 public:
  static constexpr std::size_t kWindow = 8192;  // symbols

  // cancel: may be null; must outlive this. Once it is set, run() leaves early. window: symbols, at least one.
  explicit WindowedMerge(CancelLatch* cancel = nullptr, std::size_t window = kWindow) : window_(window), list_(cancel) {
    TENFOLD_DCHECK(window > 0);
  }

  // Calls visit(const MergeSymbol&) for each symbol that is left of text[begin, end), in text order.
  template <typename Pairs, typename Visit>
  void run(std::string_view text, std::uint32_t begin, std::uint32_t end, const Pairs& pairs, Visit&& visit) {
    TENFOLD_DCHECK(begin <= end && end <= text.size());
    text = text.substr(0, end);
    std::size_t window = window_;
    while (begin < end && !list_.is_cancelled()) {
      list_.start(std::min<std::size_t>(window, end - begin));
      const std::uint32_t window_end = fill(list_, text, begin, window, pairs);
      list_.merge(pairs);
      if (list_.is_cancelled()) return;
      const std::uint32_t cut = window_end == end ? end : find_cut(text, begin + (window_end - begin) / 2, pairs);
      if (cut == kNone) {
        window *= 2;
        continue;
      }
      list_.for_each([&](const MergeSymbol& symbol) {
        if (symbol.begin < cut) visit(symbol);
      });
      begin = cut;
      window = window_;
    }
  }

 private:
  static constexpr std::uint32_t kNone = MergeSymbol::kNone;
  static constexpr std::size_t kWorkPerTry = 64;  // beside the look-ups of pairs and the scans of a long symbol
  static constexpr std::uint32_t kMaxSymbolBytes = 256;

  // Returns where the text goes on.
  template <typename Pairs>
  static std::uint32_t fill(MergeList& list, std::string_view text, std::uint32_t at, std::size_t n_symbols,
                            const Pairs& pairs) {
    do {
      const std::size_t stop = std::min(n_symbols, list.size() + kWindow);
      while (at < text.size() && list.size() < stop) {
        const MergeSymbol symbol = pairs.first(text, at);
        list.append(symbol.id, symbol.begin, symbol.end);
        at = symbol.end;
      }
    } while (at < text.size() && list.size() < n_symbols && !list.is_cancelled());
    return at;
  }

  // The end of a symbol of the list that no merge of the whole text crosses, kNone if none is found at or after
  // `earliest`: a window that gains less than half of its work would cost more than it is worth.
  //
  // From right to left. Times are ranks: a merge is due when all of a lower rank, and all of its rank to the left of
  // it, have happened. Until `time` the text right of a place goes as it went in this window, so nothing crosses the
  // place before; where nothing may cross it later either, everything left of it is settled.
  template <typename Pairs>
  std::uint32_t find_cut(std::string_view text, std::uint32_t earliest, const Pairs& pairs) {
    std::size_t budget = list_.size();
    std::uint32_t time = 0;
    std::uint32_t shortest = 1;  // beginning of the text right of the place that is possible from `time` on
    for (const MergeSymbol* symbol = list_.last(); symbol != nullptr && symbol->end >= earliest;
         symbol = list_.before(*symbol)) {
      if (list_.is_cancelled()) return kNone;
      if (symbol->end - symbol->begin > kMaxSymbolBytes) return kNone;
      beginnings_.clear();
      if (!pairs.append_beginnings(text, symbol->end, beginnings_)) return kNone;
      retrace(text, *symbol, pairs);
      const std::size_t n_bytes = symbol->end - symbol->begin;
      const std::size_t work = kWorkPerTry + beginnings_.size() * endings_.size() + n_bytes * n_bytes / 16;
      if (work > budget) return kNone;
      budget -= work;
      time = time_of_merge_across(symbol->end + shortest, time, pairs);
      if (time == kNone) return symbol->end;
      shortest = 1;
      for (const Stage& stage : starts_) {
        // What came at `time` itself may have come after the merge across.
        if (stage.since < time) shortest = stage.symbol.end - stage.symbol.begin;
      }
    }
    return kNone;
  }

  // A symbol on the way from single characters to one symbol of the window.
  struct Stage {
    MergeSymbol symbol;
    std::uint32_t since;              // time
    std::uint32_t until = kNone;      // time
    std::uint32_t strongest = kNone;  // highest rank of the merges around it from `since` to `until`
  };

  // Merges the text of one symbol once more, noting what stood at its start and at its end.
  template <typename Pairs>
  void retrace(std::string_view text, const MergeSymbol& whole, const Pairs& pairs) {
    way_.start(whole.end - whole.begin);
    fill(way_, text.substr(0, whole.end), whole.begin, kMaxSymbolBytes, pairs);
    starts_.assign(1, {pairs.first(text, whole.begin), 0});
    endings_.assign(1, {*way_.last(), 0});
    std::uint32_t time = 0;
    std::uint32_t strongest = 0;  // of the ending
    way_.merge_by_scanning(pairs, [&](const MergeSymbol& merged, std::uint32_t rank) {
      time = std::max(time, rank);
      strongest = std::max(strongest, rank);
      if (merged.begin == whole.begin) starts_.push_back({merged, time});
      if (merged.end != whole.end) return;
      endings_.back().until = time;
      endings_.back().strongest = strongest;
      endings_.push_back({merged, time});
      strongest = 0;
    });
  }

  // When a symbol that ends at the place may first merge with what begins there, from `time` on; kNone: never. A merge
  // across has to be better than one of those that its left symbol waits for: of equals, the one further left goes
  // first. shortest_end: of what begins there.
  template <typename Pairs>
  std::uint32_t time_of_merge_across(std::uint32_t shortest_end, std::uint32_t time, const Pairs& pairs) const {
    std::uint32_t earliest = kNone;
    for (const Stage& left : endings_) {
      if (left.until <= time) continue;
      for (const MergeSymbol& right : beginnings_) {
        if (right.end < shortest_end) continue;
        const std::uint32_t pair = pairs.find(left.symbol, right);
        if (pair == kNone || pairs.rank(pair) >= left.strongest) continue;
        earliest = std::min(earliest, std::max({pairs.rank(pair), left.since, time}));
      }
    }
    return earliest;
  }

  std::size_t window_;
  MergeList list_;
  MergeList way_;  // of one symbol: too short to be left early
  std::vector<Stage> starts_;
  std::vector<Stage> endings_;
  std::vector<MergeSymbol> beginnings_;
};

}  // namespace tenfold
