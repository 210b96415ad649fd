// The vocabulary part of a GGUF file's metadata as plain data for the tokenizer.
#pragma once

#include "model_file/gguf/gguf_file.h"
#include "tenfold/status.h"
#include "tokenizer/vocab_data.h"

namespace tenfold {

// Reads the keys tokenizer.ggml.* that VocabData has a place for; what they mean is the Tokenizer's to check. The
// result's views point into `metadata`. Pure function, thread-safe.
// Errors: kNotFound if the file has no vocabulary; kCorruptData naming a key whose type is wrong.
Result<VocabData> vocab_from_gguf(const GgufMetadata& metadata);

}  // namespace tenfold
