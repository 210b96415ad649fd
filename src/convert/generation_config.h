// generation_config.json: what the model's authors sample with and which tokens end an answer. No weight needs it, so
// whatever is wrong with it is left out, with a note.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "convert/checkpoint.h"
#include "model_file/gguf/gguf_file.h"
#include "tenfold/status.h"

namespace tenfold {

struct GenerationConfig {
  Json json = Json::object();      // empty where there is no such file, or none that can be read
  std::vector<std::string> notes;  // what was left out, each a sentence
};

// Errors: kIoError only.
Result<GenerationConfig> read_generation_config(const Checkpoint& checkpoint);

// general.sampling.*. Adds to the notes what has no meaning there.
std::vector<GgufEntry> sampling_keys(GenerationConfig& generation);

}  // namespace tenfold
