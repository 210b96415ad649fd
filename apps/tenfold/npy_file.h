// NumPy's .npy files, version 1.0, little-endian f32: the form in which logits leave the program.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tenfold/status.h"

namespace tenfold::cli {

// values: row-major, as many as the shape says. Written aside and renamed, so that `path` never holds half a file;
// what is not a regular file (a pipe, /dev/stdout) is written directly. Errors: kIoError.
Status write_npy(const std::string& path, std::span<const float> values, const std::vector<std::size_t>& shape);

}  // namespace tenfold::cli
