// Unicode's normalization form C: a letter and the marks on it as one character where there is one, marks in one order.
//
// Text from keyboards is composed already; file names of some systems, and what some programs write, is not. Tokenizers
// that were trained on composed text compose theirs first. Unicode 15.1.
#pragma once

#include <vector>

#include "base/cancel_latch.h"
#include "tokenizer/char_text.h"

namespace tenfold {

// Composes in place. Time is linear in the text, but for a logarithm in the number of marks on one letter; composed
// text is only looked at. Once `cancel` is set the characters mean nothing.
void compose(std::vector<Char>& chars, CancelLatch& cancel);

}  // namespace tenfold
