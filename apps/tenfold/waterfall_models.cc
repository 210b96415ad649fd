#include "waterfall_models.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "model_file/gguf/recode.h"

namespace tenfold::cli {

namespace fs = std::filesystem;

Result<std::unique_ptr<WaterfallModels>> WaterfallModels::create(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<GgufFile> file, GgufFile::open(path));
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "tenfold-waterfall-XXXXXX").string();
  if (error || ::mkdtemp(folder.data()) == nullptr) {
    return io_error("waterfall: cannot make a folder for temporary files; try to set TMPDIR to one with room");
  }
  return std::unique_ptr<WaterfallModels>(new WaterfallModels(std::move(file), std::move(folder)));
}

WaterfallModels::~WaterfallModels() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
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
  std::string path = cat(folder_, "/", dtype_traits(type).name, ".gguf");
  if (!fs::exists(path)) {
    TENFOLD_RETURN_IF_ERROR(recode_gguf(*file_, type, path, keep_on).with_context("waterfall"));
  }
  return path;
}

}  // namespace tenfold::cli
