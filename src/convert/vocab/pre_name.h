// From how a tokenizer.json cuts text to the name that GGUF gives it (tokenizer.ggml.pre).
#pragma once

#include <string>

#include "convert/vocab/hf_tokenizer.h"
#include "tenfold/status.h"

namespace tenfold {

// The name by the tokenizer's own steps: patterns, digits, whether merges are ignored for whole words. Nothing else is
// looked at, neither the model's name nor its tokens but for [gMASK] and <|startoftext|> (several names cut alike, and
// these tokens decide which of them other readers expect).
//   asked: the name that the user gave; "" for none. Checked against those that Tenfold knows, then taken.
// Errors: kUnsupported with the steps that no name stands for; kInvalidArgument for an unknown name.
Result<std::string> find_pre_name(const HfTokenizer& tokenizer, const std::string& asked);

}  // namespace tenfold
