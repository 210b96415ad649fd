// The words of a text as BERT's models were trained on them: cleaned, without accents and in lower case if the
// vocabulary wants that, each punctuation mark and each Chinese character a word of its own.
//
// The same as Hugging Face's BertNormalizer and BertPreTokenizer, for every character. (But where several spacing marks
// with a combining class stand in a row, their order is kept; no script does that.) llama.cpp differs: it drops spacing
// marks with the accents, takes apart only into first parts (no Hangul), and splits at the controls that are dropped
// here. Immutable and thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "base/cancel_latch.h"

namespace tenfold {

struct BertWordOptions {
  bool lower_case = true;
  bool strip_accents = true;
};

struct BertWord {
  std::string_view text;  // of at most kMaxBertWordChars + 1 characters, cut off after them
  std::size_t n_chars = 0;
};

// Of longer words a vocabulary knows nothing.
inline constexpr std::size_t kMaxBertWordChars = 100;

// Calls on_word for each word in turn; its text lives as long as the call. Bytes that are no UTF-8 are dropped. Time is
// linear in the text, memory bounded. Leaves early once `cancel`, which may be null, is set.
void for_each_bert_word(std::string_view text, BertWordOptions options, const std::function<void(BertWord)>& on_word,
                        CancelLatch* cancel = nullptr);

}  // namespace tenfold
