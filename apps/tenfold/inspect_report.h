// What a GGUF file holds, as text for people and as JSON. Works on any file that GgufFile opens: no tensor data is
// read, and neither architecture nor types need be known.
#pragma once

#include <string>

#include "base/json.h"
#include "model_file/gguf/gguf_file.h"

namespace tenfold::cli {

// Metadata, sizes and tensor types; long values are shortened.
std::string summary_text(const std::string& path, const GgufFile& file);
// One line for each tensor.
std::string tensor_table_text(const GgufFile& file);
// All of that. Arrays of more than 16 elements appear as {"length": n, "first": […]}.
Json inspect_json(const std::string& path, const GgufFile& file);

}  // namespace tenfold::cli
