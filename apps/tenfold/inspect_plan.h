// The plan of a model or vision tower, for `tenfold inspect --plan`.
#pragma once

#include <string>

#include "model_file/gguf/gguf_file.h"
#include "tenfold/options.h"

namespace tenfold::cli {

// What would run here, stage by stage, without reading any weight. Errors: those of Model::bind and
// VisionTower::bind.
Result<std::string> describe_plan(const GgufFile& file, Precision precision);

}  // namespace tenfold::cli
