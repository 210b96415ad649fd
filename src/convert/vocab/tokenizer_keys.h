// All of tokenizer.* of a GGUF file, from the files that a checkpoint's tokenizer consists of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "convert/checkpoint.h"
#include "model_file/gguf/gguf_file.h"
#include "tenfold/status.h"

namespace tenfold {

struct TokenizerKeys {
  std::vector<GgufEntry> entries;
  std::vector<std::string> notes;
};

// n_rows: of the embedding. asked_pre: --pre, or "".
// Errors: kNotFound without tokenizer.json and tokenizer.model; those of the files' readers.
Result<TokenizerKeys> read_tokenizer_keys(const Checkpoint& checkpoint, std::uint32_t n_rows,
                                          const std::string& asked_pre);

}  // namespace tenfold
