#include "waterfall_models.h"

#include <filesystem>

#include "base/error.h"
#include "model_file/gguf/recode.h"

namespace tenfold::cli {

Result<std::unique_ptr<WaterfallModels>> WaterfallModels::create(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<GgufFile> file, GgufFile::open(path));
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<ScratchFolder> folder, ScratchFolder::create());
  return std::unique_ptr<WaterfallModels>(new WaterfallModels(std::move(file), std::move(folder)));
}

bool WaterfallModels::is_small() const {
  std::uint64_t n_bytes = 0, n_elements = 0;
  for (const GgufTensor& tensor : file_->tensors()) {
    if (tensor.n_dims < 2) continue;
    n_bytes += tensor.n_bytes;
    n_elements += tensor.n_elements();
  }
  return n_bytes < n_elements;
}

Result<std::string> WaterfallModels::as(DType type, const std::function<bool(double)>& keep_on) {
  std::string path = cat(folder_->path(), "/", dtype_traits(type).name, ".gguf");
  if (!std::filesystem::exists(path)) {
    TENFOLD_RETURN_IF_ERROR(recode_gguf(*file_, type, path, keep_on).with_context("waterfall"));
  }
  return path;
}

}  // namespace tenfold::cli
