// What a GGUF file will hold, as a family describes it: metadata, and for each tensor where its elements come from.
//
// A family asks for sizes, sets keys and takes tensors by rules; every tensor of the checkpoint must be taken or left
// out by name before the description is complete. Nothing is read but headers. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
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

// How the rows of query and key heads are put in the order that the file's kind of rotation expects.
enum class HeadOrder : std::uint8_t {
  kKeep,
  kHalvesToPairs,  // element i and i + half rotate together in the checkpoint, 2i and 2i + 1 in the file
  kPairsToHalves,  // the other way round
};

// Units (rows, or smaller runs of elements that stay together) taken from one tensor of the checkpoint, in order.
struct TensorPiece {
  const SafetensorsTensor* tensor;
  std::uint64_t n_units;
  // Unit i is unit (i / block)·stride + first + i % block of the tensor, before heads are reordered.
  std::uint64_t first = 0;
  std::uint64_t block = 1;
  std::uint64_t stride = 1;
  HeadOrder order = HeadOrder::kKeep;
  std::uint64_t head_dim = 1;
  std::uint64_t n_rotated = 0;  // the first elements of each head, which are reordered

  // unit: below n_units.
  [[nodiscard]] std::uint64_t source_unit(std::uint64_t unit) const noexcept;
};

struct TensorRecipe {
  GgufTensor tensor;  // name, type and dims
  DType type;
  std::uint64_t unit_elems;         // elements of a unit
  std::vector<TensorPiece> pieces;  // one after the other
  float plus = 0;
  std::vector<float> values;  // instead of pieces: elements that are computed
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
  // Errors: kNotFound for a missing tensor, kCorruptData for another shape, kUnsupported for another element type.
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
  Status take_module(const TensorRule& rule, const Names& names);
  Status take_one(const TensorRule& rule, const Names& names, const SafetensorsTensor& tensor);
  Status take_experts(const TensorRule& rule, const Names& names);
  Status check_shape(const TensorRule& rule, const SafetensorsTensor& tensor) const;
  [[nodiscard]] std::size_t place_of(const SafetensorsTensor& tensor) const noexcept;
  void mark(const SafetensorsTensor& tensor);
  void add_recipe(TensorRecipe recipe, const TensorRule& rule);
  [[nodiscard]] DType type_of(const TensorRecipe& recipe, Keep keep) const;
  void order_piece(TensorPiece& piece, const TensorRule& rule) const;

  const Checkpoint* checkpoint_;
  ConfigView config_;
  std::string architecture_;
  DType asked_;
  HeadOrder head_order_ = HeadOrder::kKeep;
  int n_rotated_ = 0;
  std::vector<GgufEntry> metadata_;
  std::vector<TensorRecipe> recipes_;
  std::vector<bool> taken_;  // by the tensor's place in the checkpoint
  std::vector<std::string> notes_;
};

}  // namespace tenfold
