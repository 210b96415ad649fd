// Writes the tensors of a source as a GGUF file: the one loop that converting, recoding and whoever makes files share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model_file/gguf/gguf_writer.h"
#include "model_file/gguf/tensor_source.h"

namespace tenfold {

// How far along the writing of some files is, by their elements, and whether to go on. One caller at a time.
class WriteProgress {
 public:
  // who:         in errors: "convert"
  // on_progress: gets 0…1 again and again; false cancels. May be null
  WriteProgress(std::string who, const std::function<bool(double)>& on_progress)
      : who_(std::move(who)), on_progress_(on_progress) {}

  // Before anything is written: a file's worth of work.
  void expect(const TensorSource& source);

  // written: of n_bytes. Errors: kCancelled naming the tensor.
  [[nodiscard]] Status tell(const GgufTensor& tensor, std::uint64_t written) const;
  void finish(const GgufTensor& tensor) { done_elements_ += static_cast<double>(tensor.n_elements()); }

 private:
  std::string who_;
  std::function<bool(double)> on_progress_;
  double all_elements_ = 0;
  double done_elements_ = 0;
};

// All but the last step: the file is not there before finish(), so that several appear together or not at all.
// Errors: kCancelled; kFailedPrecondition for a source that gives less than it said; its own, and those of GgufWriter.
Result<std::unique_ptr<GgufWriter>> write_gguf(const std::string& path, GgufMetadata metadata, TensorSource& source,
                                               WriteProgress& progress);

}  // namespace tenfold
