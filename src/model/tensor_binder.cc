#include "model/tensor_binder.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/guard.h"
#include "base/mutex.h"
#include "model/weight_check.h"
#include "model_file/byte_sum.h"
#include "tensor/dequantize.h"
#include "tensor/quantize.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kMaxTensorDim = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxExperts = 4096;
constexpr std::uint64_t kMaxParts = 4;  // matrices that part() takes from one tensor
constexpr std::uint64_t kMaxArenaBytes = std::uint64_t{1} << 46;
constexpr std::size_t kReadBytes = std::size_t{256} << 10;      // read at once by one worker
constexpr std::size_t kProgressBytes = std::size_t{256} << 20;  // between two calls of on_progress

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

std::size_t vector_bytes(int n) { return (static_cast<std::size_t>(n) * sizeof(float) + 63) / 64 * 64; }

// Rows on their way from the file to their panels.
struct RowBuffer {
  std::vector<std::byte> raw;
  std::vector<float> floats;
  Numbers numbers = Numbers::kAllZero;  // of all rows that went this way

  // raw: n elements, whole blocks of both types.
  Status recode(DType from, DType to, std::int64_t n) {
    floats.resize(static_cast<std::size_t>(n));
    dequantize_row(from, raw.data(), n, floats.data());
    raw.resize(row_bytes(to, n));
    TENFOLD_RETURN_IF_ERROR(quantize_row(to, floats.data(), n, raw.data()));
    if (scan_numbers(to, raw.data(), n) != Numbers::kNotFinite) return {};
    return unsupported("expected numbers that ", dtype_traits(to).name, " can hold, found larger ones");
  }
};

// The first failure of several workers.
class FirstError {
 public:
  void set(Status status) {
    const MutexLock lock(mutex_);
    if (status_.ok()) status_ = std::move(status);
  }
  Status get() const {
    const MutexLock lock(mutex_);
    return status_;
  }

 private:
  mutable Mutex mutex_;
  Status status_ TENFOLD_GUARDED_BY(mutex_);
};

// Runs body(worker, chunk), which returns a Status, for all chunks on all threads, until one fails.
template <typename Body>
Status run_all(TaskPool& pool, int n_chunks, const Body& body) {
  FirstError error;
  std::atomic<bool> failed = false;
  const bool complete = pool.run(n_chunks, pool.n_threads(), &failed, [&](int worker, int chunk) noexcept {
    if (Status status = guard([&] { return body(worker, chunk); }); !status.ok()) {
      error.set(std::move(status));
      failed = true;
    }
  });
  Status status = error.get();
  if (status.ok() && !complete) return internal_error("threads: expected none at work, found a region running");
  return status;
}

}  // namespace

Result<TensorBinder> TensorBinder::create(const GgufFile& file, const kernels::KernelTable& kernels,
                                          FloatMatrices floats) {
  TensorBinder binder(file, kernels, floats);
  TENFOLD_RETURN_IF_ERROR(binder.reserve());
  return binder;
}

Status TensorBinder::reserve() {
  std::uint64_t at = 0;
  for (const GgufTensor& tensor : file_->tensors()) {
    TENFOLD_ASSIGN_OR_RETURN(const DType dtype, tensor.dtype());
    if (tensor.n_dims > 3) continue;  // unpacked() alone has a use for it
    if (tensor.dims[0] > kMaxTensorDim || tensor.dims[1] > kMaxTensorDim || tensor.dims[2] > kMaxExperts) {
      return unsupported("tensor ", printable(tensor.name), ": expected dimensions up to ", kMaxTensorDim, " and ",
                         kMaxExperts, " matrices, found ", shape_text(tensor));
    }
    const int k = static_cast<int>(tensor.dims[0]);
    if (tensor.n_dims == 1) {
      at += vector_bytes(k);
    } else {
      const PackedMatrix whole = describe_packed(*kernels_, dtype, static_cast<int>(tensor.dims[1]), k);
      // Each part may end with a panel that is not full.
      at += whole.n_bytes() * tensor.dims[2] + (kMaxParts - 1) * whole.panel_bytes;
    }
    if (at > kMaxArenaBytes) return unsupported("model: expected at most ", kMaxArenaBytes, " bytes of weights");
  }
  n_bound_rows_.resize(file_->tensors().size());
  Result<Arena> arena = Arena::create(at);
  if (!arena.ok()) return arena.status().with_context("weights");
  arena_ = std::move(arena).value();
  return {};
}

Result<const GgufTensor*> TensorBinder::find(const std::string& name) const {
  const GgufTensor* tensor = file_->find_tensor(name);
  if (tensor == nullptr) return corrupt_data("tensor ", name, ": expected, not in the file");
  return tensor;
}

std::size_t TensorBinder::take_place(std::size_t n_bytes) {
  const std::size_t offset = n_bytes_;
  n_bytes_ += n_bytes;
  return offset;
}

Result<int> TensorBinder::rows_of(const std::string& name) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(name));
  return static_cast<int>(std::min(tensor->dims[1], kMaxTensorDim));
}

Result<PackedMatrix> TensorBinder::bind(const GgufTensor& tensor, std::uint64_t first_row, int n) {
  Bound bound;
  bound.tensor = &tensor;
  bound.first_row = first_row;
  TENFOLD_ASSIGN_OR_RETURN(DType dtype, tensor.dtype());
  const int k = static_cast<int>(tensor.dims[0]);
  const bool whole_blocks = k % dtype_traits(DType::kQ8_0).block_elems == 0;
  if (floats_ == FloatMatrices::kToEightBits && !is_quantized(dtype) && whole_blocks) dtype = DType::kQ8_0;
  bound.matrix = describe_packed(*kernels_, dtype, n, k);
  bound.n_bytes = bound.matrix.n_bytes();
  bound.offset = take_place(bound.n_bytes);
  if (n_bytes_ > arena_.n_bytes()) return internal_error("weights: expected ", arena_.n_bytes(), " bytes to be enough");
  bound.matrix.panels = arena_.data() + bound.offset;
  n_bound_rows(tensor) += static_cast<std::uint64_t>(n);
  bound_.push_back(bound);
  return bound.matrix;
}

Result<PackedMatrix> TensorBinder::matrix(const std::string& name, int n, int k) { return part(name, n, k, 0, n); }

Result<PackedMatrix> TensorBinder::part(const std::string& name, int n_rows, int k, int first_row, int n) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(name));
  TENFOLD_RETURN_IF_ERROR(expect_shape(*tensor, {k, n_rows}));
  return bind(*tensor, static_cast<std::uint64_t>(first_row), n);
}

Result<const GgufTensor*> TensorBinder::unpacked(const std::string& name, std::initializer_list<int> dims) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(name));
  TENFOLD_RETURN_IF_ERROR(expect_shape(*tensor, dims));
  n_bound_rows(*tensor) = tensor->dims[1] * tensor->dims[2];
  return tensor;
}

Result<PackedExperts> TensorBinder::experts(const std::string& name, int n_experts, int n, int k) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(name));
  TENFOLD_RETURN_IF_ERROR(expect_shape(*tensor, {k, n, n_experts}));
  PackedExperts experts;
  experts.n_experts = n_experts;
  for (int i = 0; i < n_experts; ++i) {
    TENFOLD_ASSIGN_OR_RETURN(const PackedMatrix expert,
                             bind(*tensor, static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(n), n));
    if (i == 0) experts.first = expert;
  }
  return experts;
}

Result<const float*> TensorBinder::vector(const std::string& name, int n) {
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* tensor, find(name));
  TENFOLD_RETURN_IF_ERROR(expect_shape(*tensor, {n}));
  Bound bound;
  bound.tensor = tensor;
  TENFOLD_ASSIGN_OR_RETURN(bound.matrix.dtype, tensor->dtype());
  bound.matrix.n = 1;
  bound.matrix.k = n;
  bound.n_bytes = vector_bytes(n);
  bound.offset = take_place(bound.n_bytes);
  n_bound_rows(*tensor) = 1;
  bound_.push_back(bound);
  return reinterpret_cast<const float*>(arena_.data() + bound.offset);
}

Result<const float*> TensorBinder::optional_vector(const std::string& name, int n) {
  if (!has(name)) return static_cast<const float*>(nullptr);
  return vector(name, n);
}

void TensorBinder::ignore(std::string_view prefix) {
  for (const GgufTensor& tensor : file_->tensors()) {
    if (tensor.name.starts_with(prefix)) n_bound_rows(tensor) = tensor.dims[1] * tensor.dims[2];
  }
}

Status TensorBinder::expect_all_bound() const {
  for (std::size_t i = 0; i < n_bound_rows_.size(); ++i) {
    const GgufTensor& tensor = file_->tensors()[i];
    if (n_bound_rows_[i] < tensor.dims[1] * tensor.dims[2]) {
      return unsupported("tensor ", printable(tensor.name), " ", shape_text(tensor),
                         ": this architecture has no use for it, and ignoring it could give wrong answers");
    }
  }
  return {};
}

std::size_t TensorBinder::load_bytes(int n_threads) const {
  constexpr std::size_t kRecodedBytes = 2 * sizeof(float);  // of an element that changes its type on the way
  std::size_t most = 0;
  for (const Bound& bound : bound_) {
    const PackedMatrix& m = bound.matrix;
    const Result<DType> file_type = bound.tensor->dtype();
    if (!file_type.ok()) continue;
    const std::size_t row = row_bytes(*file_type, m.k);
    const std::size_t panel = row * static_cast<std::size_t>(std::max(m.panel_rows, 1));
    const std::size_t read = std::min(std::max(panel, kReadBytes), row * static_cast<std::size_t>(m.n));
    const std::size_t n_elements = read / row * static_cast<std::size_t>(m.k);
    most = std::max(most, read + (*file_type == m.dtype ? 0 : n_elements * kRecodedBytes));
  }
  return most * static_cast<std::size_t>(n_threads);
}

Status TensorBinder::load(TaskPool& pool, const std::function<bool(double)>& on_progress) {
  std::uint64_t done = 0;
  std::vector<std::optional<Numbers>> numbers(file_->tensors().size());
  for (const Bound& bound : bound_) {
    const Result<Numbers> loaded = bound.tensor->n_dims == 1 ? load_vector(bound) : load_matrix(bound, pool);
    TENFOLD_RETURN_IF_ERROR(loaded.status().with_context(cat("tensor ", printable(bound.tensor->name))));
    std::optional<Numbers>& of_tensor = numbers[index_of(*bound.tensor)];
    of_tensor = std::max(of_tensor.value_or(Numbers::kAllZero), *loaded);
    done += bound.n_bytes;
    if (on_progress && !on_progress(static_cast<double>(done) / static_cast<double>(n_bytes_))) {
      return cancelled("loading was stopped at ", done, " of ", n_bytes_, " bytes");
    }
  }
  const std::vector<const GgufTensor*> last = last_tensors(*file_);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!numbers[i]) continue;
    const GgufTensor& tensor = file_->tensors()[i];
    const bool is_last = std::find(last.begin(), last.end(), &tensor) != last.end();
    TENFOLD_RETURN_IF_ERROR(expect_weights(tensor.name, *numbers[i], is_last));
    if (is_last) TENFOLD_RETURN_IF_ERROR(expect_whole_end(*file_, tensor));
  }
  return {};
}

std::uint64_t TensorBinder::layout_sum() const {
  std::string text;
  for (const Bound& bound : bound_) {
    const PackedMatrix& m = bound.matrix;
    text += cat(bound.tensor->name, '\0', bound.first_row, ' ', dtype_traits(m.dtype).name, ' ', m.n, ' ', m.k, ' ',
                bound.offset, '\n');
  }
  return byte_sum(std::as_bytes(std::span(text)));
}

std::vector<PackedBlob> TensorBinder::blobs() const {
  std::vector<PackedBlob> blobs;
  for (const Bound& bound : bound_) blobs.push_back({bound.offset, bound.n_bytes});
  return blobs;
}

Status TensorBinder::read(const PackedFile& packed, TaskPool& pool, const std::function<bool(double)>& on_progress) {
  const std::span<std::byte> payload(arena_.data(), n_bytes_);
  constexpr std::size_t kChunk = Arena::kHugePageBytes;  // no two workers fault in the same page
  for (std::size_t begin = 0; begin < payload.size(); begin += kProgressBytes) {
    const std::size_t end = std::min(payload.size(), begin + kProgressBytes);
    const int n_chunks = static_cast<int>((end - begin + kChunk - 1) / kChunk);
    TENFOLD_RETURN_IF_ERROR(run_all(pool, n_chunks, [&](int, int chunk) {
      const std::size_t at = begin + static_cast<std::size_t>(chunk) * kChunk;
      return packed.read(at, payload.subspan(at, std::min(end - at, kChunk)));
    }));
    if (on_progress && !on_progress(static_cast<double>(end) / static_cast<double>(payload.size()))) {
      return cancelled("loading was stopped at ", end, " of ", payload.size(), " bytes");
    }
  }
  return {};
}

Result<Numbers> TensorBinder::load_vector(const Bound& bound) const {
  std::vector<std::byte> raw(bound.tensor->n_bytes);
  TENFOLD_RETURN_IF_ERROR(file_->read(*bound.tensor, 0, raw));
  TENFOLD_ASSIGN_OR_RETURN(const Numbers numbers, check_rows(bound.matrix.dtype, raw, bound.matrix.k, 0));
  auto* out = reinterpret_cast<float*>(arena_.data() + bound.offset);
  dequantize_row(bound.matrix.dtype, raw.data(), bound.matrix.k, out);
  return numbers;
}

Result<Numbers> TensorBinder::load_matrix(const Bound& bound, TaskPool& pool) const {
  const PackedMatrix& m = bound.matrix;
  const kernels::WeightKernels& type = kernels_->weights[static_cast<int>(m.dtype)];
  TENFOLD_ASSIGN_OR_RETURN(const DType file_type, bound.tensor->dtype());
  const std::size_t file_row_bytes = row_bytes(file_type, m.k);
  const std::size_t panel_file_bytes = file_row_bytes * static_cast<std::size_t>(m.panel_rows);
  const int panels_a_read = static_cast<int>(std::max<std::size_t>(1, kReadBytes / panel_file_bytes));
  const int n_chunks = (m.n_panels() + panels_a_read - 1) / panels_a_read;
  std::vector<RowBuffer> buffers(static_cast<std::size_t>(pool.n_threads()));

  TENFOLD_RETURN_IF_ERROR(run_all(pool, n_chunks, [&](int worker, int chunk) -> Status {
    RowBuffer& buffer = buffers[static_cast<std::size_t>(worker)];
    const int first_panel = chunk * panels_a_read;
    const int first_row = first_panel * m.panel_rows;
    const int n_rows = std::min(m.n - first_row, panels_a_read * m.panel_rows);
    buffer.raw.resize(file_row_bytes * static_cast<std::size_t>(n_rows));
    const std::uint64_t row = bound.first_row + static_cast<std::uint64_t>(first_row);
    TENFOLD_RETURN_IF_ERROR(file_->read(*bound.tensor, file_row_bytes * row, buffer.raw));
    TENFOLD_ASSIGN_OR_RETURN(const Numbers numbers, check_rows(file_type, buffer.raw, m.k, row));
    buffer.numbers = std::max(buffer.numbers, numbers);
    if (file_type != m.dtype) TENFOLD_RETURN_IF_ERROR(buffer.recode(file_type, m.dtype, std::int64_t{n_rows} * m.k));
    for (int i = 0; i < n_rows; i += m.panel_rows) {
      type.pack(
          buffer.raw.data() + row_bytes(m.dtype, m.k) * static_cast<std::size_t>(i), std::min(m.panel_rows, n_rows - i),
          m.k, arena_.data() + bound.offset + static_cast<std::size_t>(first_panel + i / m.panel_rows) * m.panel_bytes);
    }
    return {};
  }));
  Numbers numbers = Numbers::kAllZero;
  for (const RowBuffer& buffer : buffers) numbers = std::max(numbers, buffer.numbers);
  return numbers;
}

}  // namespace tenfold
