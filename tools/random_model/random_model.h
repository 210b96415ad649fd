// Writes a model of given sizes and types with random weights, to measure and to test with.
//
// Activations stay of ordinary size: a matrix of k columns has weights of about 1/√k. The text it makes means nothing.
#pragma once

#include <cstdint>
#include <string>

#include "mixture.h"
#include "model_plan.h"

namespace tenfold::random_model {

struct RandomModel {
  std::string family = "llama";  // see plan_model
  ModelSizes sizes;
  std::string type = "q4_0";  // see Mixture
  std::string vocab_from;     // a GGUF whose tokenizer it takes; tokens that are missing are made up, as unused ones
  std::uint64_t seed = 1;
};

// Writes the file at `path`, which appears only when it is complete. Takes about 2 MiB beside the vocabulary.
// Errors: kInvalidArgument for sizes, type or a vocabulary that do not fit; those of GgufFile and GgufWriter.
Status write_random_model(const RandomModel& model, const std::string& path);

}  // namespace tenfold::random_model
