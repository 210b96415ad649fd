#include "model/tensor_binder.h"

#include <algorithm>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kMaxTensorDim = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxExperts = 4096;
constexpr int kRgb = 3;

std::string shape_text(const GgufTensor& t) {
  std::string text = cat("[", t.dims[0]);
  for (int i = 1; i < t.n_dims; ++i) text += cat(", ", t.dims[static_cast<std::size_t>(i)]);
  return text + "]";
}

Status expect_shape(const GgufTensor& tensor, std::initializer_list<int> dims) {
  bool same = tensor.n_dims == static_cast<int>(dims.size());
  std::string expected;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const int dim = dims.begin()[i];
    same = same && tensor.dims[i] == static_cast<std::uint64_t>(dim);
    expected += cat(i == 0 ? "" : ", ", dim);
  }
  if (same) return {};
  return corrupt_data("tensor ", printable(tensor.name), ": expected shape [", expected, "], found ",
                      shape_text(tensor));
}

Status not_in_file(const std::string& name) { return corrupt_data("tensor ", name, ": expected, not in the file"); }

std::uint64_t n_rows_of(const GgufTensor& tensor) { return tensor.dims[1] * tensor.dims[2]; }

}  // namespace

Result<TensorBinder> TensorBinder::create(const GgufFile& file) {
  for (const GgufTensor& tensor : file.tensors()) {
    TENFOLD_RETURN_IF_ERROR(tensor.dtype().status());
    if (tensor.n_dims > 3) continue;  // a convolution, whose dimensions those who bind it know
    if (tensor.dims[0] > kMaxTensorDim || tensor.dims[1] > kMaxTensorDim || tensor.dims[2] > kMaxExperts) {
      return unsupported("tensor ", printable(tensor.name), ": expected dimensions up to ", kMaxTensorDim, " and ",
                         kMaxExperts, " matrices, found ", shape_text(tensor));
    }
  }
  return TensorBinder(file);
}

Result<const GgufTensor*> TensorBinder::find(const std::string& name) const {
  const GgufTensor* tensor = nullptr;
  if (file_ != nullptr) {
    tensor = file_->find_tensor(name);
  } else if (const auto found = listed_by_name_.find(name); found != listed_by_name_.end()) {
    tensor = found->second;
  }
  if (tensor == nullptr) return not_in_file(name);
  return tensor;
}

void TensorBinder::list(const std::string& name, std::initializer_list<int> dims) {
  if (find(name).ok()) return;
  GgufTensor& tensor = listed_.emplace_back();
  tensor.name = name;
  tensor.ggml_type = dtype_traits(DType::kF32).ggml_id;
  tensor.n_dims = static_cast<int>(dims.size());
  tensor.dims = {1, 1, 1, 1};
  std::copy(dims.begin(), dims.end(), tensor.dims.begin());
  listed_by_name_.emplace(tensor.name, &tensor);
}

Result<const GgufTensor*> TensorBinder::take(const std::string& name, std::initializer_list<int> dims,
                                             std::uint64_t n_rows) {
  if (file_ == nullptr) list(name, dims);
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(name));
  TENFOLD_RETURN_IF_ERROR(expect_shape(*tensor, dims));
  count_bound(*tensor, n_rows);
  return tensor;
}

Result<int> TensorBinder::rows_of(const std::string& name) const {
  if (lists()) {
    TENFOLD_DCHECK(sketch_.n_rows != nullptr);
    if (!sketch_.has(name)) return not_in_file(name);
    return static_cast<int>(std::min(sketch_.n_rows(name), kMaxTensorDim));
  }
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(name));
  return static_cast<int>(std::min(tensor->dims[1], kMaxTensorDim));
}

Result<WeightId> TensorBinder::matrix(const std::string& name, int n, int k) { return part(name, n, k, 0, n); }

Result<WeightId> TensorBinder::part(const std::string& name, int n_rows, int k, int first_row, int n) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, take(name, {k, n_rows}, static_cast<std::uint64_t>(n)));
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, tensor->dtype());
  return weights_.add({.dtype = dtype, .n = n, .k = k, .tensor = name, .first_row = first_row});
}

Result<WeightId> TensorBinder::experts(const std::string& name, int n_experts, int n, int k) {
  const std::uint64_t n_rows = static_cast<std::uint64_t>(n_experts) * static_cast<std::uint64_t>(n);
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, take(name, {k, n, n_experts}, n_rows));
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, tensor->dtype());
  return weights_.add(
      {.role = WeightRole::kExperts, .dtype = dtype, .n = n, .k = k, .n_experts = n_experts, .tensor = name});
}

Result<WeightId> TensorBinder::vector(const std::string& name, int n) { return vector_part(name, n, 0, n); }

Result<WeightId> TensorBinder::vector_part(const std::string& name, int n_all, int first, int n) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, unlisted(name, {n_all}));
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, tensor->dtype());
  const int block = dtype_traits(dtype).block_elems;
  if (first % block != 0 || n % block != 0) {
    return unsupported("tensor ", name, ": expected parts of whole blocks of ", block, " numbers as ",
                       dtype_traits(dtype).name, " has, found ", n, " from ", first);
  }
  return weights_.add({.role = WeightRole::kVector, .dtype = dtype, .k = n, .tensor = name, .first_column = first});
}

Result<WeightId> TensorBinder::optional_vector(const std::string& name, int n) {
  if (!has(name)) return kNoWeight;
  return vector(name, n);
}

Result<WeightId> TensorBinder::table(const std::string& name, int n, int k) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, take(name, {k, n}, static_cast<std::uint64_t>(n)));
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, tensor->dtype());
  return weights_.add({.role = WeightRole::kTable, .dtype = dtype, .n = n, .k = k, .tensor = name});
}

Result<WeightId> TensorBinder::summed_convolutions(const std::string& first, const std::string& second, int n,
                                                   int side) {
  for (const std::string& name : {first, second}) {
    TENFOLD_RETURN_IF_ERROR(unlisted(name, {side, side, kRgb, n}).status());
  }
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(first));
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, tensor->dtype());
  return weights_.add({.dtype = dtype,
                       .n = n,
                       .k = kRgb * side * side,
                       .tensor = first,
                       .source = WeightSource::kSumOfConvolutions,
                       .second_tensor = second});
}

Result<WeightId> TensorBinder::convolution_over_rows(const std::string& name, int n, int n_in, int side) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, unlisted(name, {side, side, n_in, n}));
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, tensor->dtype());
  if (is_quantized(dtype)) {
    return unsupported("tensor ", name, ": expected F32, F16 or BF16, found ", dtype_traits(dtype).name);
  }
  return weights_.add({.dtype = dtype,
                       .n = n,
                       .k = side * side * n_in,
                       .tensor = name,
                       .source = WeightSource::kConvolutionOverRows,
                       .n_places = side * side});
}

Result<const GgufTensor*> TensorBinder::unlisted(const std::string& name, std::initializer_list<int> dims) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, take(name, dims, 0));
  count_bound(*tensor, n_rows_of(*tensor));
  return tensor;
}

void TensorBinder::ignore(std::string_view prefix) {
  if (file_ == nullptr) return;
  for (const GgufTensor& tensor : file_->tensors()) {
    if (tensor.name.starts_with(prefix)) count_bound(tensor, n_rows_of(tensor));
  }
}

Status TensorBinder::expect_all_bound() const {
  for (std::size_t i = 0; i < n_bound_rows_.size(); ++i) {
    const GgufTensor& tensor = file_->tensors()[i];
    if (n_bound_rows_[i] < n_rows_of(tensor)) {
      return unsupported("tensor ", printable(tensor.name), " ", shape_text(tensor),
                         ": this architecture has no use for it, and ignoring it could give wrong answers");
    }
  }
  return {};
}

}  // namespace tenfold
