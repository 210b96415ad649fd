// A Hugging Face checkpoint folder opened for reading: config.json, the weights, and whatever text files lie beside
// them.
//
// Tensors are found under canonical names: what a text model in a larger one is nested in ("language_model.") and the
// "model." before a vision tower and "bert." are left out, and a decoder that was saved without its head gets the
// "model." back that it has with one, so that one table serves them all. Immutable after open and thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model_file/safetensors/safetensors_file.h"
#include "tenfold/status.h"

namespace tenfold {

class Checkpoint {
 public:
  // Errors: kNotFound naming the file that is missing; kUnsupported for weights that an adapter is not merged into;
  // those of SafetensorsFile and parse_json, with the file's name.
  static Result<std::unique_ptr<Checkpoint>> open(const std::string& folder);

  [[nodiscard]] const Json& config() const noexcept { return config_; }
  [[nodiscard]] const SafetensorsFile& weights() const noexcept { return *weights_; }
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
  [[nodiscard]] std::string name() const;  // the folder's own name

  // All canonical names, sorted, each with its tensor.
  struct Named {
    std::string name;
    const SafetensorsTensor* tensor;
  };
  [[nodiscard]] const std::vector<Named>& tensors() const noexcept { return tensors_; }
  [[nodiscard]] const SafetensorsTensor* find(std::string_view canonical_name) const noexcept;
  // 1 + the highest N of the tensors called PREFIX.N.…; 0 if there is none.
  [[nodiscard]] int count_numbered(std::string_view prefix) const noexcept;

  // Whether the folder has the file.
  [[nodiscard]] bool has(const std::string& file) const;
  // A file of the folder, or nothing if there is none. NaN and the infinities, which Python writes, are texts in JSON.
  // Errors: kResourceExhausted past the limit; kInvalidArgument for what is not JSON; kCorruptData for a Git LFS
  // pointer; kIoError. All name the file.
  [[nodiscard]] Result<std::optional<std::string>> read_text(const std::string& file) const;
  [[nodiscard]] Result<std::optional<Json>> read_json(const std::string& file) const;
  // The same; also kCorruptData for JSON that is no object.
  [[nodiscard]] Result<std::optional<Json>> read_object(const std::string& file) const;
  // The same, and an empty object where there is no such file.
  [[nodiscard]] Result<Json> read_settings(const std::string& file) const;

 private:
  explicit Checkpoint(std::string folder) : folder_(std::move(folder)) {}
  Status open_weights();
  Status name_tensors();

  std::string folder_;  // with a slash at the end
  Json config_;
  std::unique_ptr<SafetensorsFile> weights_;
  std::vector<Named> tensors_;
};

}  // namespace tenfold
