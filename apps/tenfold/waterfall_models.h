// A model in the weight types that a waterfall needs, as files for the time of the measurement.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model_file/gguf/gguf_file.h"
#include "scratch_folder.h"
#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold::cli {

// They go with the object.
class WaterfallModels {
 public:
  // Errors: those of GgufFile::open; kIoError if the folder cannot be made.
  static Result<std::unique_ptr<WaterfallModels>> create(const std::string& path);

  // Whether most of the model's weight bytes have fewer than 8 bits each.
  [[nodiscard]] bool is_small() const;
  // The model with its weights in this type. Written at the first call.
  //   keep_on: asked now and then; false cancels
  Result<std::string> as(DType type, const std::function<bool(double)>& keep_on);

 private:
  WaterfallModels(std::unique_ptr<GgufFile> file, std::unique_ptr<ScratchFolder> folder)
      : file_(std::move(file)), folder_(std::move(folder)) {}

  std::unique_ptr<GgufFile> file_;
  std::unique_ptr<ScratchFolder> folder_;
};

}  // namespace tenfold::cli
