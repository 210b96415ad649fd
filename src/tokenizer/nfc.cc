#include "tokenizer/nfc.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

namespace tenfold {

namespace {

struct UnsureRange {
  char32_t first;
  char32_t last;
  std::uint8_t combining_class;
};
struct Decomposition {
  char32_t whole;
  char32_t first;
  char32_t second;  // 0: none
};
struct Composition {
  char32_t first;
  char32_t second;
  char32_t whole;
};

#include "tokenizer/nfc_tables.inc"

// Hangul is composed by arithmetic (Unicode, chapter 3.12).
constexpr char32_t kSyllables = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTails = 0x11A7;  // the first tail is none
constexpr char32_t kLeadCount = 19, kVowelCount = 21, kTailCount = 28;
constexpr char32_t kSyllableCount = kLeadCount * kVowelCount * kTailCount;

constexpr std::size_t kNfcBlockSize = 256;

// The blocks that have unsure characters: most text is in others.
constexpr auto kUnsureBlocks = [] {
  std::array<bool, 0x110000 / kNfcBlockSize> blocks{};
  for (const UnsureRange& range : kUnsure) {
    for (std::size_t block = range.first / kNfcBlockSize; block <= range.last / kNfcBlockSize; ++block)
      blocks[block] = true;
  }
  return blocks;
}();

// nullptr for a character that stays as it is and keeps what is before it from what is behind it.
const UnsureRange* find_unsure(char32_t c) noexcept {
  if (!kUnsureBlocks[c / kNfcBlockSize]) return nullptr;
  const auto* range = std::upper_bound(std::begin(kUnsure), std::end(kUnsure), c,
                                       [](char32_t wanted, const UnsureRange& r) { return wanted < r.first; });
  return range != std::begin(kUnsure) && c <= std::prev(range)->last ? std::prev(range) : nullptr;
}

bool is_unsure(Char c) noexcept { return find_unsure(c.code_point()) != nullptr; }

char32_t composed(char32_t first, char32_t second) noexcept {
  if (first - kLeads < kLeadCount && second - kVowels < kVowelCount) {
    return kSyllables + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTailCount;
  }
  const bool open_syllable = first - kSyllables < kSyllableCount && (first - kSyllables) % kTailCount == 0;
  if (open_syllable && second - kTails - 1 < kTailCount - 1) return first + (second - kTails);
  const auto* found = std::lower_bound(std::begin(kCompositions), std::end(kCompositions), std::pair(first, second),
                                       [](const Composition& c, const std::pair<char32_t, char32_t>& wanted) {
                                         return std::pair(c.first, c.second) < wanted;
                                       });
  const bool is_pair = found != std::end(kCompositions) && found->first == first && found->second == second;
  return is_pair ? found->whole : 0;
}

// What may come together: a character that is sure to stay and the unsure ones behind it. Reused from one to the next.
class Cluster {
 public:
  void add(char32_t c) {
    if (c - kSyllables < kSyllableCount) {
      const char32_t syllable = c - kSyllables;
      append(kLeads + syllable / (kVowelCount * kTailCount));
      append(kVowels + syllable / kTailCount % kVowelCount);
      if (syllable % kTailCount != 0) append(kTails + syllable % kTailCount);
      return;
    }
    const auto* found = std::lower_bound(std::begin(kDecompositions), std::end(kDecompositions), c,
                                         [](const Decomposition& d, char32_t wanted) { return d.whole < wanted; });
    if (found == std::end(kDecompositions) || found->whole != c) return append(c);
    add(found->first);  // a few steps deep at most
    if (found->second != 0) add(found->second);
  }

  // Appends what the characters become, and is empty afterwards.
  void finish(std::vector<Char>& out) {
    sort_marks();
    std::size_t n_kept = 0;
    std::size_t starter = parts_.size();  // none yet
    for (const Part part : parts_) {
      const bool touches = starter + 1 == n_kept;
      if (starter < n_kept && (touches || parts_[n_kept - 1].combining_class < part.combining_class)) {
        if (const char32_t whole = composed(parts_[starter].c, part.c); whole != 0) {
          parts_[starter].c = whole;
          continue;
        }
      }
      if (part.combining_class == 0) starter = n_kept;
      parts_[n_kept++] = part;
    }
    for (std::size_t at = 0; at < n_kept; ++at) out.emplace_back(parts_[at].c);
    parts_.clear();
  }

 private:
  struct Part {
    char32_t c;
    std::uint32_t place;  // before marks were sorted
    std::uint8_t combining_class;
  };

  void append(char32_t c) {
    const UnsureRange* range = find_unsure(c);
    const auto place = static_cast<std::uint32_t>(parts_.size());
    parts_.push_back({c, place, range == nullptr ? std::uint8_t{0} : range->combining_class});
  }

  // By class, and within a class as they stand; nothing moves over a character of class 0.
  void sort_marks() {
    const auto is_mark = [](Part part) { return part.combining_class != 0; };
    const auto less = [](Part a, Part b) {
      return std::pair(a.combining_class, a.place) < std::pair(b.combining_class, b.place);
    };
    for (auto at = std::find_if(parts_.begin(), parts_.end(), is_mark); at != parts_.end();) {
      const auto end = std::find_if_not(at, parts_.end(), is_mark);
      if (!std::is_sorted(at, end, less)) std::sort(at, end, less);
      at = std::find_if(end, parts_.end(), is_mark);
    }
  }

  std::vector<Part> parts_;
};

}  // namespace

void compose(std::vector<Char>& chars, CancelLatch& cancel) {
  const auto find_next = [&](std::size_t at) {
    while (at < chars.size() && !is_unsure(chars[at])) {
      if (++at % Chars::kBetweenLooks == 0 && cancel.is_set()) return chars.size();
    }
    return at;
  };
  std::size_t unsure = find_next(0);
  if (unsure == chars.size()) return;
  std::vector<Char> out;
  out.reserve(chars.size());
  Cluster cluster;
  std::size_t at = 0;  // what is before has been put out
  while (unsure < chars.size() && !cancel.is_set()) {
    const std::size_t begin = unsure > at ? unsure - 1 : at;
    out.insert(out.end(), chars.begin() + static_cast<std::ptrdiff_t>(at),
               chars.begin() + static_cast<std::ptrdiff_t>(begin));
    for (at = begin; at < chars.size() && (at <= unsure || is_unsure(chars[at])); ++at) {
      if (at % Chars::kBetweenLooks == 0 && cancel.is_set()) break;
      cluster.add(chars[at].code_point());
    }
    cluster.finish(out);
    unsure = find_next(at);
  }
  if (cancel.is_set()) return;
  out.insert(out.end(), chars.begin() + static_cast<std::ptrdiff_t>(at), chars.end());
  chars = std::move(out);
}

}  // namespace tenfold
