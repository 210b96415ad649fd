// A Hugging Face checkpoint as a GGUF file, as llama.cpp's converter would write it: the same architecture, keys,
// tensor names, order of rows and types.
//
// One file a family under family/; the tokenizer's kind and pre-tokenizer follow from its own files (vocab/). Tensors
// are streamed: memory is that of the headers and the tokenizer, whatever the model's size. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold {

struct ConvertOptions {
  std::string folder;                // with config.json, *.safetensors and the tokenizer's files
  std::string out;                   // the GGUF file
  std::string mmproj;                // a second one for the vision tower; "" for none
  std::optional<DType> type;         // of the matrices; else the one that the checkpoint's have
  std::optional<DType> mmproj_type;  // of the tower's; else as the model's, but Q8_0 where those have fewer bits
  std::string pre;                   // tokenizer.ggml.pre, where the tokenizer's own patterns tell no name
  std::string name;                  // general.name; "" for the folder's
};

struct ConvertReport {
  std::string architecture;
  DType type;
  std::size_t n_tensors;
  std::uint64_t n_bytes;           // of all tensors' data
  std::vector<std::string> notes;  // what the user should know, each a sentence
};

// Files appear complete or not at all.
//   on_progress: gets 0…1 again and again; false cancels. May be null
// Errors: kUnsupported for an unknown model, tensor or tokenizer, kNotFound for a missing file or tensor, kCorruptData
// for what does not fit together, all with what was expected, what was found and perhaps what to do; kCancelled; those
// of GgufWriter. A model's file that is complete stays if writing its tower's fails.
Result<ConvertReport> convert_checkpoint(const ConvertOptions& options, const std::function<bool(double)>& on_progress);

}  // namespace tenfold
