#include "tokenizer/unicode_class.h"

#include <array>
#include <cstddef>
#include <vector>

namespace tenfold {

namespace {

struct CharClassRange {
  char32_t first;
  CharClass char_class;
};

using enum CharClass;
constexpr CharClassRange kRanges[] = {
#include "tokenizer/unicode_class_ranges.inc"
};

constexpr std::size_t kClassBlockSize = 256;
constexpr std::size_t kBlocks = 0x110000 / kClassBlockSize;
constexpr std::size_t kClasses = 7;

// Two steps: a code point's block, then its class in the block. Blocks of one class share one copy, which leaves
// about 60 KB, touched only where text goes.
class ClassTable {
 public:
  ClassTable() {
    for (std::size_t c = 0; c < kClasses; ++c)
      classes_.insert(classes_.end(), kClassBlockSize, static_cast<CharClass>(c));
    std::size_t range = 0;
    for (std::size_t block = 0; block < kBlocks; ++block) add_block(block, range);
  }

  [[nodiscard]] CharClass at(char32_t c) const noexcept {
    return classes_[block_start_[c / kClassBlockSize] + c % kClassBlockSize];
  }

 private:
  // range: the last one that starts at or before the block; moved on as the block is filled.
  void add_block(std::size_t block, std::size_t& range) {
    std::array<CharClass, kClassBlockSize> classes;
    bool uniform = true;
    for (std::size_t i = 0; i < kClassBlockSize; ++i) {
      const std::size_t c = block * kClassBlockSize + i;
      while (range + 1 < std::size(kRanges) && kRanges[range + 1].first <= c) ++range;
      classes[i] = kRanges[range].char_class;
      uniform = uniform && classes[i] == classes[0];
    }
    if (uniform) {
      block_start_[block] = static_cast<std::uint32_t>(static_cast<std::size_t>(classes[0]) * kClassBlockSize);
      return;
    }
    block_start_[block] = static_cast<std::uint32_t>(classes_.size());
    classes_.insert(classes_.end(), classes.begin(), classes.end());
  }

  std::array<std::uint32_t, kBlocks> block_start_;
  std::vector<CharClass> classes_;
};

}  // namespace

CharClass char_class(char32_t code_point) {
  static const ClassTable table;
  return code_point < 0x110000 ? table.at(code_point) : kOther;
}

}  // namespace tenfold
