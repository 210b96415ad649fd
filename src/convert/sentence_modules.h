// modules.json: the parts that sentence-transformers runs one after the other to make a vector of a text. Here they are
// Transformer, Pooling, Dense and Normalize, in this order; any other is refused by name, as it changes the vectors.
#pragma once

#include <string>
#include <vector>

#include "convert/checkpoint.h"
#include "convert/dense_module.h"
#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold {

struct SentenceModules {
  std::optional<Pooling> pooling;
  bool pools_prompt = true;  // false: the tokens of a prompt are left out of the mean
  std::vector<DenseModule> dense;
  bool normalizes = false;
};

// Whether the checkpoint is one of sentence-transformers.
[[nodiscard]] bool has_sentence_modules(const Checkpoint& checkpoint);

// Errors: kUnsupported for a module or a setting that is not known here, by name; kCorruptData for what is no list of
// modules; kNotFound for a module without its files.
Result<SentenceModules> read_sentence_modules(const Checkpoint& checkpoint);

}  // namespace tenfold
