// "[31 prompt tokens, 812 tok/s · 128 tokens, 201 tok/s (40 of 52 drafts accepted), cut at the limit of 128 tokens (-n)
// · first token 0.04 s · peak 190 MB]", on one line.
#pragma once

#include <string>

#include "tenfold/session.h"

namespace tenfold::cli {

// What an answer could have run into.
struct AnswerLimits {
  int max_tokens = -1;  // -1: none
  int n_ctx = 0;
};

// With a newline. An answer that did not end by itself looks whole to who reads it; the line says that it is not.
std::string speed_line(const GenerateResult& result, const AnswerLimits& limits);

}  // namespace tenfold::cli
