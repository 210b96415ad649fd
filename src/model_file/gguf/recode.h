// A GGUF model written again with its weights in another type.
#pragma once

#include <functional>
#include <string>

#include "model_file/gguf/gguf_file.h"
#include "tensor/dtype.h"

namespace tenfold {

// Tensors of two and more dimensions whose rows are whole blocks of `type` become that type, by its simple quantiser
// (tensor/quantize.h); all others, and the metadata but for general.file_type, stay as they are. Takes a megabyte of
// memory. The file appears complete or not at all.
//   on_progress: gets 0…1 again and again; false cancels. May be null
// Errors: kUnsupported for a `type` that cannot be quantised to, or a tensor that cannot be read; kCancelled; those of
// GgufWriter.
Status recode_gguf(const GgufFile& from, DType type, const std::string& to,
                   const std::function<bool(double)>& on_progress);

}  // namespace tenfold
