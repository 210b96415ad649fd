#include "model/vector_head.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "base/error.h"
#include "model/vector_settings.h"
#include "tensor/dequantize.h"
#include "tensor/number_scan.h"

namespace tenfold {

namespace {

constexpr int kMaxProjectionDim = 1 << 20;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;
constexpr int kFirstNumber = 2;  // behind the transformer and its pooling

constexpr std::pair<std::string_view, VectorActivation> kActivations[] = {
    {"none", VectorActivation::kNone}, {"tanh", VectorActivation::kTanh},       {"relu", VectorActivation::kRelu},
    {"gelu", VectorActivation::kGelu}, {"sigmoid", VectorActivation::kSigmoid}, {"silu", VectorActivation::kSilu},
};

float activate(float x, VectorActivation activation) {
  switch (activation) {
    case VectorActivation::kNone: break;
    case VectorActivation::kTanh: return std::tanh(x);
    case VectorActivation::kRelu: return x > 0 ? x : 0;
    case VectorActivation::kGelu: return 0.5F * x * (1 + std::erf(x / std::numbers::sqrt2_v<float>));
    case VectorActivation::kSigmoid: return 1 / (1 + std::exp(-x));
    case VectorActivation::kSilu: return x / (1 + std::exp(-x));
  }
  return x;
}

Result<VectorActivation> read_activation(const GgufMetadata& metadata, const std::string& name) {
  const std::string key = VectorKeys::activation(name);
  if (!metadata.has(key)) return VectorActivation::kNone;
  TENFOLD_ASSIGN_OR_RETURN(const std::string found, metadata.string(key));
  if (const auto activation = find_vector_activation(found)) return *activation;
  return unsupported("key ", key, ": expected none, tanh, relu, gelu, sigmoid or silu, found ", printable(found));
}

Result<std::vector<float>> read_floats(const GgufFile& file, const GgufTensor& tensor) {
  TENFOLD_ASSIGN_OR_RETURN(const DType type, tensor.dtype());
  std::vector<std::byte> raw(tensor.n_bytes);
  TENFOLD_RETURN_IF_ERROR(file.read(tensor, 0, raw));
  std::vector<float> floats(tensor.n_elements());
  dequantize_row(type, raw.data(), static_cast<std::int64_t>(floats.size()), floats.data());
  if (!all_finite(floats)) return corrupt_data("tensor ", printable(tensor.name), ": expected finite numbers");
  return floats;
}

}  // namespace

std::optional<VectorActivation> find_vector_activation(std::string_view name) noexcept {
  for (const auto& [known, activation] : kActivations) {
    if (known == name) return activation;
  }
  return std::nullopt;
}

std::string VectorHead::projection_name(int i) { return cat("dense_", kFirstNumber + i); }

Result<VectorHead> VectorHead::bind(TensorBinder& binder, const GgufMetadata& metadata, int model_dim) {
  VectorHead head;
  head.dim_ = model_dim;
  for (int i = 0; i < kMaxProjections && binder.has(projection_name(i) + ".weight"); ++i) {
    TENFOLD_ASSIGN_OR_RETURN(Projection projection, bind_projection(binder, projection_name(i), head.dim_));
    TENFOLD_ASSIGN_OR_RETURN(projection.activation, read_activation(metadata, projection_name(i)));
    head.dim_ = projection.n_out;
    head.projections_.push_back(std::move(projection));
  }
  if (!metadata.has(VectorKeys::kDim)) return head;
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t dim, metadata.integer(VectorKeys::kDim));
  if (dim < 1 || dim > head.dim_) {
    return corrupt_data("key ", VectorKeys::kDim, ": expected 1…", head.dim_, ", found ", dim);
  }
  head.dim_ = static_cast<int>(dim);
  return head;
}

Result<VectorHead::Projection> VectorHead::bind_projection(TensorBinder& binder, const std::string& name, int n_in) {
  Projection projection = {};
  projection.n_in = n_in;
  TENFOLD_ASSIGN_OR_RETURN(projection.n_out, binder.rows_of(name + ".weight"));
  if (projection.n_out < 1 || projection.n_out > kMaxProjectionDim ||
      std::int64_t{projection.n_out} * n_in > kMaxElements) {
    return unsupported("tensor ", name, ".weight: expected at most ", kMaxElements, " elements in up to ",
                       kMaxProjectionDim, " rows, found ", projection.n_out, " rows of ", n_in);
  }
  TENFOLD_ASSIGN_OR_RETURN(projection.weight_tensor, binder.unlisted(name + ".weight", {n_in, projection.n_out}));
  if (binder.has(name + ".bias")) {
    TENFOLD_ASSIGN_OR_RETURN(projection.bias_tensor, binder.unlisted(name + ".bias", {projection.n_out}));
  }
  return projection;
}

Status VectorHead::load(const GgufFile& file) {
  for (Projection& p : projections_) {
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> rows, read_floats(file, *p.weight_tensor));
    const auto n_in = static_cast<std::size_t>(p.n_in), n_out = static_cast<std::size_t>(p.n_out);
    p.weight.resize(rows.size());
    for (std::size_t out = 0; out < n_out; ++out) {
      for (std::size_t in = 0; in < n_in; ++in) p.weight[in * n_out + out] = rows[out * n_in + in];
    }
    p.bias.assign(n_out, 0);
    if (p.bias_tensor == nullptr) continue;
    TENFOLD_ASSIGN_OR_RETURN(p.bias, read_floats(file, *p.bias_tensor));
  }
  for (Projection& p : projections_) p.weight_tensor = p.bias_tensor = nullptr;
  return {};
}

std::size_t VectorHead::n_bytes() const noexcept {
  std::size_t n = 0;
  for (const Projection& p : projections_) {
    n += (static_cast<std::size_t>(p.n_in) + 1) * static_cast<std::size_t>(p.n_out) * sizeof(float);
  }
  return n;
}

std::vector<float> VectorHead::apply(std::vector<float> row) const {
  for (const Projection& p : projections_) {
    const auto n_out = static_cast<std::size_t>(p.n_out);
    std::vector<float> out(n_out, 0);
    for (std::size_t in = 0; in < row.size(); ++in) {
      const float* const weight = p.weight.data() + in * n_out;
      const float x = row[in];
      for (std::size_t i = 0; i < n_out; ++i) out[i] += weight[i] * x;
    }
    for (std::size_t i = 0; i < n_out; ++i) out[i] = activate(out[i] + p.bias[i], p.activation);
    row = std::move(out);
  }
  row.resize(static_cast<std::size_t>(dim_));
  return row;
}

}  // namespace tenfold
