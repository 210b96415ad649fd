// The vocabulary part of a GGUF file's metadata as plain data for the tokenizer.
#pragma once

#include "model_file/gguf/gguf_file.h"
#include "tenfold/status.h"
#include "tokenizer/vocab_data.h"

namespace tenfold {

// Reads the keys tokenizer.ggml.* that VocabData has a place for, of the file now; what they mean is the Tokenizer's to
// check. The result owns what its views point into. Pure function, thread-safe.
// Errors: kNotFound if the file has no vocabulary; kCorruptData naming a key whose type is wrong, or a list that has
// not as many elements as there are tokens; kResourceExhausted past a limit or for more memory than is left; kIoError.
Result<VocabData> vocab_from_gguf(const GgufMetadata& metadata);

}  // namespace tenfold
