// What a folder is that looks like a checkpoint and is none: an adapter without its model, shards without their index,
// another tool's weights. Each is named, with what to do about it.
#pragma once

#include <string>
#include <vector>

#include "model_file/safetensors/safetensors_file.h"
#include "tenfold/status.h"

namespace tenfold {

// Whether a file or folder is there; false where that cannot be said.
[[nodiscard]] bool path_exists(const std::string& path);

// folder, here and below: with a slash at the end. Both always are errors, kNotFound.
[[nodiscard]] Status explain_missing_config(const std::string& folder);
[[nodiscard]] Status explain_missing_weights(const std::string& folder);

// Errors: kUnsupported for tensors as PEFT names them while an adapter is not merged into its model.
[[nodiscard]] Status expect_merged(const SafetensorsFile& weights);

// What lies beside whole weights and is not converted, each a sentence.
std::vector<std::string> notes_on_folder(const std::string& folder);

}  // namespace tenfold
