// How a model's vectors are made, as keys and tensors of its GGUF file.
#pragma once

#include "convert/conversion.h"
#include "tenfold/status.h"

namespace tenfold {

// Call last: the tokenizer's keys must be there. Does nothing for a checkpoint that is none of sentence-transformers,
// but for a note where it looks like a part of one.
// Errors: those of read_sentence_modules and read_sentence_settings; kCorruptData for sizes that do not fit.
Status write_sentence_keys(Conversion& conversion);

}  // namespace tenfold
