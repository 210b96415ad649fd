// A model in the weight types that a waterfall needs, as files for the time of the measurement.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model_file/gguf/gguf_file.h"
#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold::cli {

// Files in a folder of their own below the one for temporary files ($TMPDIR, else /tmp). They go with the object.
class WaterfallModels {
 public:
  // Errors: those of GgufFile::open; kIoError if the folder cannot be made.
  static Result<std::unique_ptr<WaterfallModels>> create(const std::string& path);
  ~WaterfallModels();
  WaterfallModels(const WaterfallModels&) = delete;
  WaterfallModels& operator=(const WaterfallModels&) = delete;

  // Whether most of the model's weight bytes have fewer than 8 bits each.
  [[nodiscard]] bool is_small() const;
  // The model with its weights in this type. Written at the first call.
  //   keep_on: asked now and then; false cancels
  Result<std::string> as(DType type, const std::function<bool(double)>& keep_on);

 private:
  WaterfallModels(std::unique_ptr<GgufFile> file, std::string folder)
      : file_(std::move(file)), folder_(std::move(folder)) {}

  std::unique_ptr<GgufFile> file_;
  std::string folder_;
};

}  // namespace tenfold::cli
