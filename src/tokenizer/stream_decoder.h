// Turns the tokens of an answer into text as they come: whole characters only, and never broken UTF-8.
#pragma once

#include <string>

#include "tokenizer/tokenizer.h"

namespace tenfold {

// The tokenizer must outlive the decoder. One thread at a time.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, SpecialText special = SpecialText::kHide)
      : tokenizer_(&tokenizer), special_(special) {}

  // The text that is certain now. A character whose last bytes are still to come stays back; bytes that no further
  // byte can make whole become U+FFFD.
  std::string append(TokenId id);

  // The end: what was held back, as U+FFFD. The decoder is as new afterwards.
  std::string flush();

 private:
  const Tokenizer* tokenizer_;
  SpecialText special_;
  std::string pending_;  // at most 3 bytes between calls
};

}  // namespace tenfold
