// "[31 prompt tokens, 812 tok/s · 128 tokens, 201 tok/s (40 of 52 guesses right) · first token 0.04 s · peak 190 MB]"
#pragma once

#include <string>

#include "tenfold/session.h"

namespace tenfold::cli {

// With a newline.
std::string speed_line(const GenerateResult& result);

}  // namespace tenfold::cli
