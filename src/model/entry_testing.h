// For tests only: a key of a model's file.
#pragma once

#include <string>
#include <utility>

#include "model_file/gguf/gguf_value.h"

namespace tenfold {

inline GgufEntry entry(std::string key, GgufScalar value) { return {std::move(key), GgufValue(std::move(value))}; }

}  // namespace tenfold
