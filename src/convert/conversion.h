// What a GGUF file will hold, as a family describes it: metadata, and for each tensor where its elements come from.
//
// A family asks for sizes, sets keys and takes tensors by rules; every tensor of the checkpoint must be taken or left
// out by name before the description is complete. Which tensors the file then has to have, and of which shapes, the
// model says that will read it: fit() holds the checkpoint to that. Nothing is read but headers. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convert/checkpoint.h"
#include "convert/config_view.h"
#include "convert/tensor_rule.h"
#include "model_file/gguf/gguf_file.h"
#include "tensor/dtype.h"

namespace tenfold {

struct TensorRecipe {
  GgufTensor tensor;  // name, type and dims
  DType type;
  PickedRows rows;
  float plus = 0;
  std::vector<float> values;  // instead of rows: elements that are computed
};

class Conversion {
 public:
  // asked: the type of matrices.
  Conversion(const Checkpoint& checkpoint, ConfigView config, std::string architecture, DType asked);

  [[nodiscard]] const Checkpoint& checkpoint() const noexcept { return *checkpoint_; }
  [[nodiscard]] const ConfigView& config() const noexcept { return config_; }
  [[nodiscard]] const std::string& architecture() const noexcept { return architecture_; }

  ModelSizes sizes;
  void order_heads(HeadOrder order, int n_rotated) {
    head_order_ = order;
    n_rotated_ = n_rotated;
  }

  // A key under the architecture's name, in GGUF's usual types: unsigned 32-bit numbers, so none is negative, and F32.
  void set(std::string_view key, int value);
  void set(std::string_view key, double value);
  void set(std::string_view key, bool value);
  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::vector<std::int32_t> values);
  // A key as it is, for those of other folders of names.
  void set_global(std::string key, GgufValue value) { metadata_.push_back({std::move(key), std::move(value)}); }

  // Takes the tensors of a table. from and to are put before the names of its rules.
  // Errors: kNotFound for a missing tensor, kCorruptData for an empty one, kUnsupported for another element type.
  Status take(std::span<const TensorRule> rules, std::string_view from = "", std::string_view to = "");
  // A tensor of elements that are given, F32: of the shape, up to four sizes, the contiguous one last, or a vector
  // without one.
  void add_values(std::string name, std::vector<float> values, std::vector<std::uint64_t> shape = {});
  // Leaves tensors out: those whose canonical name contains `part`.
  void leave_out(std::string_view part);
  void leave_out_all_but(std::string_view prefix);
  // Something that the user should know.
  void note(std::string text) { notes_.push_back(std::move(text)); }

  // Errors: kUnsupported naming a tensor that no rule took.
  [[nodiscard]] Status expect_all_taken() const;

  // What was described so far: whether the file has a tensor, and how many rows one has that it has, as far as the
  // checkpoint says.
  [[nodiscard]] bool describes(std::string_view name) const { return places_.find(name) != places_.end(); }
  [[nodiscard]] std::uint64_t n_rows(std::string_view name) const;
  // Makes the recipes, once all is described.
  //   wanted: the tensors that the file has to have (list_tensors); names and dimensions are read
  // Errors, by the name in the checkpoint where there is one: kCorruptData for a tensor of another shape, with both
  // shapes; kNotFound for one that nothing becomes; kUnsupported for one that is not wanted.
  Status fit(std::span<const GgufTensor> wanted);

  [[nodiscard]] std::vector<GgufEntry>& metadata() noexcept { return metadata_; }
  [[nodiscard]] const std::vector<TensorRecipe>& recipes() const noexcept { return recipes_; }
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }
  // tensor: one of the checkpoint's.
  [[nodiscard]] bool taken(const SafetensorsTensor* tensor) const noexcept;

 private:
  struct Names {
    std::string from;
    std::string to;
  };
  // A tensor of the file whose shape is not known yet.
  struct Described {
    std::string name;
    RowPick rows = kAllRows;
    Keep keep = Keep::kAsked;
    float plus = 0;
    std::vector<const SafetensorsTensor*> sources = {};
    std::vector<float> values = {};         // instead of sources
    std::vector<std::uint64_t> shape = {};  // of values
  };
  Status take_module(const TensorRule& rule, const Names& names);
  Status take_one(const TensorRule& rule, const Names& names, const SafetensorsTensor& tensor);
  Status take_experts(const TensorRule& rule, const Names& names);
  void describe(Described described);
  [[nodiscard]] Status unwanted(const Described& described) const;
  Result<TensorRecipe> recipe_of(Described& described, const GgufTensor& wanted) const;
  [[nodiscard]] std::size_t place_of(const SafetensorsTensor& tensor) const noexcept;
  void mark(const SafetensorsTensor& tensor);
  [[nodiscard]] DType type_of(const GgufTensor& tensor, Keep keep) const;

  const Checkpoint* checkpoint_;
  ConfigView config_;
  std::string architecture_;
  DType asked_;
  HeadOrder head_order_ = HeadOrder::kKeep;
  int n_rotated_ = 0;
  std::vector<GgufEntry> metadata_;
  std::vector<Described> described_;                        // in the file's order; none once there are recipes
  std::map<std::string, std::size_t, std::less<>> places_;  // in described_, by name
  std::vector<TensorRecipe> recipes_;
  std::vector<bool> taken_;  // by the tensor's place in the checkpoint
  std::vector<std::string> notes_;
};

}  // namespace tenfold
