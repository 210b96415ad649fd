// VectorHead: what a text's pooled row goes through to become its vector: projections, each with its activation
// (sentence-transformers' Dense modules), and the numbers at its end that do not count. Most models have neither.
//
// A projection is the tensors dense_N.weight [out, in] and perhaps dense_N.bias [out], N = 2, 3, …, as llama.cpp names
// them. They are kept as F32: a few megabytes, read once a text. bind() touches no weight. Immutable after load,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/tensor_binder.h"

namespace tenfold {

enum class VectorActivation : std::uint8_t { kNone, kTanh, kRelu, kGelu, kSigmoid, kSilu };

// "tanh", …; "none". Nothing for a name that is not known.
std::optional<VectorActivation> find_vector_activation(std::string_view name) noexcept;

class VectorHead {
 public:
  // The most projections that a head may have.
  static constexpr int kMaxProjections = 8;
  // The name of projection `i`'s tensors, counted from 0: "dense_2".
  static std::string projection_name(int i);

  // Finds the projections of a file whose rows have model_dim numbers.
  // Errors: kCorruptData naming the tensor or the key, what was expected and what was found.
  static Result<VectorHead> bind(TensorBinder& binder, const GgufMetadata& metadata, int model_dim);
  // Reads the weights, once; the file is not needed afterwards. Errors: those of GgufFile::read; kUnsupported for a
  // type that cannot be computed with; kCorruptData for numbers that are not finite.
  Status load(const GgufFile& file);

  [[nodiscard]] int dim() const noexcept { return dim_; }  // numbers in a vector
  [[nodiscard]] std::size_t n_bytes() const noexcept;
  // What load() works in, beside the weights.
  [[nodiscard]] std::size_t load_bytes() const noexcept { return 2 * n_bytes(); }
  // row: [model_dim] → [dim]. The sums are formed in the order of the row's elements.
  [[nodiscard]] std::vector<float> apply(std::vector<float> row) const;

 private:
  struct Projection {
    const GgufTensor* weight_tensor;  // of the file, until load() is done
    const GgufTensor* bias_tensor;    // likewise, or null
    int n_in;
    int n_out;
    VectorActivation activation;
    std::vector<float> weight;  // [n_in, n_out]: the elements of all outputs that belong to one input
    std::vector<float> bias;    // [n_out]
  };
  static Result<Projection> bind_projection(TensorBinder& binder, const std::string& name, int n_in);

  int dim_ = 0;
  std::vector<Projection> projections_;
};

}  // namespace tenfold
