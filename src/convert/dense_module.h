// A Dense module of sentence-transformers: a projection behind the pooling, with its own folder and weights.
#pragma once

#include <string>
#include <vector>

#include "convert/checkpoint.h"
#include "tenfold/status.h"

namespace tenfold {

struct DenseModule {
  int n_in;
  int n_out;
  std::string activation;     // a name of find_vector_activation
  std::vector<float> weight;  // [n_out, n_in]
  std::vector<float> bias;    // [n_out], or empty
};

// path: the module's folder within the checkpoint's.
// Errors: kNotFound naming the file that is missing; kCorruptData for sizes that do not fit; kUnsupported for settings
// that GGUF has no word for, by name; those of SafetensorsFile.
Result<DenseModule> read_dense_module(const Checkpoint& checkpoint, const std::string& path);

}  // namespace tenfold
