// TensorSource: the tensors of a GGUF file that is to be written, wherever their elements come from.
//
// Weights become a file in one way: source → transform → sink. A source reads or makes up elements, some rows at a
// time; what changes on the way goes through an ElementPipe of its own (de-quantised, looked at or changed, quantised);
// write_gguf() takes the bytes to the file. There are three:
// - convert: rows picked from a checkpoint, checked, perhaps 1 added, quantised (convert/checkpoint_tensors.h)
// - recode: the tensors of another GGUF file, quantised to a simple type (recode.h)
// - random_model: blocks that are made up, as they are (tools/random_model)
//
// A compressor would be the fourth: the tensors of another GGUF file, through a pipe whose quantiser weighs errors by
// an importance matrix. Loading has the same pipe but no such source, as its threads take rows in an order of their own
// (cpu/weight_rows.h).
//
// One caller at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "tenfold/status.h"

namespace tenfold {

class TensorSource {
 public:
  // Takes bytes, which hold until it returns.
  using Sink = std::function<Status(std::span<const std::byte>)>;

  virtual ~TensorSource() = default;

  // In the file's order: name, ggml_type, n_dims and dims.
  [[nodiscard]] virtual std::vector<GgufTensor> tensors() const = 0;
  // Hands all bytes of tensor i to `sink`, in order, in pieces of whole blocks: what is called is called for many rows
  // at once, never for an element. Errors: those of the sink, and the source's own.
  virtual Status stream(std::size_t i, const Sink& sink) = 0;
};

}  // namespace tenfold
