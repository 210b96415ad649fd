#include "tokenizer/bert_words.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>

#include "base/utf8.h"

namespace tenfold {

namespace {

enum class BertClass : std::uint8_t {
  kLetter,  // whatever is part of a word
  kSpace,
  kDropped,  // controls, formats, private use, U+FFFD
  kPunctuation,
  kChinese,
  kMark,  // an accent: what is non-spacing
};
using enum BertClass;

struct ClassRange {
  char32_t first;
  BertClass bert_class;
};

struct Mapping {
  char32_t from;
  std::array<char32_t, 3> to;  // 0 ends it
};

#include "tokenizer/bert_normalizer_tables.inc"

BertClass class_of(char32_t c) {
  const auto* after = std::upper_bound(std::begin(kClassRanges), std::end(kClassRanges), c,
                                       [](char32_t wanted, const ClassRange& range) { return wanted < range.first; });
  return (after - 1)->bert_class;
}

// Calls visit for each character that c becomes.
template <std::size_t N, typename Visit>
void map_char(const Mapping (&table)[N], char32_t c, Visit&& visit) {
  const auto* at = std::lower_bound(std::begin(table), std::end(table), c,
                                    [](const Mapping& mapping, char32_t wanted) { return mapping.from < wanted; });
  if (at == std::end(table) || at->from != c) {
    visit(c);
    return;
  }
  for (const char32_t mapped : at->to) {
    if (mapped != 0) visit(mapped);
  }
}

// A character without its accents; nothing for an accent.
template <typename Visit>
void strip_accents(char32_t c, Visit&& visit) {
  constexpr char32_t kFirstSyllable = 0xAC00, kSyllables = 11172, kVowels = 21, kTails = 28;
  if (c >= kFirstSyllable && c < kFirstSyllable + kSyllables) {  // Unicode, chapter 3.12
    const char32_t syllable = c - kFirstSyllable;
    visit(0x1100 + syllable / (kVowels * kTails));
    visit(0x1161 + syllable / kTails % kVowels);
    if (syllable % kTails != 0) visit(0x11A7 + syllable % kTails);
    return;
  }
  if (c < 0x80) {
    visit(c);
  } else if (class_of(c) != kMark) {
    map_char(kBaseLetters, c, visit);
  }
}

class WordSplitter {
 public:
  WordSplitter(BertWordOptions options, const std::function<void(BertWord)>& on_word)
      : options_(options), on_word_(on_word) {}

  void add(char32_t c) {
    const BertClass bert_class = class_of(c);
    if (bert_class == kDropped) return;
    if (bert_class == kSpace || bert_class == kChinese) finish_word();
    if (bert_class == kSpace) return;
    if (options_.strip_accents) {
      strip_accents(c, [&](char32_t base) { add_lower(base); });
    } else {
      add_lower(c);
    }
    if (bert_class == kChinese) finish_word();
  }

  void finish_word() {
    if (n_chars_ > 0) on_word_({word_, n_chars_});
    word_.clear();
    n_chars_ = 0;
  }

 private:
  void add_lower(char32_t c) {
    if (!options_.lower_case) {
      append(c);
    } else if (c < 0x80) {
      append(c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else {
      map_char(kLowerCase, c, [&](char32_t lower) { append(lower); });
    }
  }

  void append(char32_t c) {
    const bool alone = class_of(c) == kPunctuation;
    if (alone) finish_word();
    if (++n_chars_ <= kMaxBertWordChars + 1) append_utf8(word_, c);
    if (alone) finish_word();
  }

  BertWordOptions options_;
  const std::function<void(BertWord)>& on_word_;
  std::string word_;
  std::size_t n_chars_ = 0;
};

}  // namespace

void for_each_bert_word(std::string_view text, BertWordOptions options, const std::function<void(BertWord)>& on_word,
                        CancelLatch* cancel) {
  WordSplitter splitter(options, on_word);
  for (std::size_t at = 0; at < text.size() && (cancel == nullptr || !cancel->is_set());) {
    const Utf8Char next = decode_utf8(text, at);
    splitter.add(next.code_point);
    at += next.n_bytes;
  }
  splitter.finish_word();
}

}  // namespace tenfold
