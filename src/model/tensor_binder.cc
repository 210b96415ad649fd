#include "model/tensor_binder.h"

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "base/guard.h"
#include "tensor/dequantize.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kMaxDim = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxArenaBytes = std::uint64_t{1} << 46;
constexpr std::size_t kReadBytes = std::size_t{256} << 10;      // read at once by one worker
constexpr std::size_t kProgressBytes = std::size_t{256} << 20;  // between two calls of on_progress

std::string shape_text(const GgufTensor& t) {
  std::string text = cat("[", t.dims[0]);
  for (int i = 1; i < t.n_dims; ++i) text += cat(", ", t.dims[static_cast<std::size_t>(i)]);
  return text + "]";
}

// The first failure of several workers.
class FirstError {
 public:
  void set(Status status) {
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = std::move(status);
  }
  Status get() const { return status_; }

 private:
  std::mutex mutex_;
  Status status_;
};

// Runs body(worker, chunk), which returns a Status, for all chunks on all threads, until one fails.
template <typename Body>
Status run_all(TaskPool& pool, int n_chunks, const Body& body) {
  FirstError error;
  std::atomic<bool> failed = false;
  pool.run(n_chunks, pool.n_threads(), &failed, [&](int worker, int chunk) noexcept {
    if (Status status = guard([&] { return body(worker, chunk); }); !status.ok()) {
      error.set(std::move(status));
      failed = true;
    }
  });
  return error.get();
}

}  // namespace

Result<TensorBinder> TensorBinder::create(const GgufFile& file, const kernels::KernelTable& kernels) {
  TensorBinder binder(file, kernels);
  TENFOLD_RETURN_IF_ERROR(binder.reserve());
  return binder;
}

Status TensorBinder::reserve() {
  std::uint64_t at = 0;
  for (const GgufTensor& tensor : file_->tensors()) {
    Bound bound;
    bound.tensor = &tensor;
    TENFOLD_ASSIGN_OR_RETURN(bound.dtype, tensor.dtype());
    if (tensor.n_dims > 2) {
      return unsupported("tensor ", printable(tensor.name), ": expected 1 or 2 dimensions, found ", shape_text(tensor));
    }
    if (tensor.dims[0] > kMaxDim || tensor.dims[1] > kMaxDim) {
      return unsupported("tensor ", printable(tensor.name), ": expected dimensions up to ", kMaxDim, ", found ",
                         shape_text(tensor));
    }
    bound.offset = at;
    bound.is_vector = tensor.n_dims == 1;
    const int k = static_cast<int>(tensor.dims[0]);
    const int n = static_cast<int>(tensor.dims[1]);
    std::uint64_t n_bytes = (static_cast<std::uint64_t>(k) * sizeof(float) + 63) / 64 * 64;
    if (!bound.is_vector) {
      bound.matrix = describe_packed(*kernels_, bound.dtype, n, k);
      n_bytes = bound.matrix.n_bytes();
    }
    bound.n_bytes = n_bytes;
    at += n_bytes;
    if (at > kMaxArenaBytes) return unsupported("model: expected at most ", kMaxArenaBytes, " bytes of weights");
    tensors_.push_back(std::move(bound));
  }
  TENFOLD_ASSIGN_OR_RETURN(arena_, Arena::create(at));
  return {};
}

TensorBinder::Bound* TensorBinder::find(std::string_view name) {
  const GgufTensor* tensor = file_->find_tensor(name);
  return tensor == nullptr ? nullptr : &tensors_[static_cast<std::size_t>(tensor - file_->tensors().data())];
}

Result<int> TensorBinder::rows_of(std::string_view name) const {
  const GgufTensor* tensor = file_->find_tensor(name);
  if (tensor == nullptr) return corrupt_data("tensor ", name, ": expected, not in the file");
  return static_cast<int>(std::min(tensor->dims[1], kMaxDim));
}

Result<PackedMatrix> TensorBinder::matrix(const std::string& name, int n, int k) {
  Bound* bound = find(name);
  if (bound == nullptr) return corrupt_data("tensor ", name, ": expected, not in the file");
  const GgufTensor& tensor = *bound->tensor;
  if (bound->is_vector || tensor.dims[0] != static_cast<std::uint64_t>(k) ||
      tensor.dims[1] != static_cast<std::uint64_t>(n)) {
    return corrupt_data("tensor ", name, ": expected shape [", k, ", ", n, "], found ", shape_text(tensor));
  }
  bound->wanted = true;
  bound->matrix.panels = arena_.data() + bound->offset;
  return bound->matrix;
}

Result<const float*> TensorBinder::vector(const std::string& name, int n) {
  Bound* bound = find(name);
  if (bound == nullptr) return corrupt_data("tensor ", name, ": expected, not in the file");
  if (!bound->is_vector || bound->tensor->dims[0] != static_cast<std::uint64_t>(n)) {
    return corrupt_data("tensor ", name, ": expected shape [", n, "], found ", shape_text(*bound->tensor));
  }
  bound->wanted = true;
  return reinterpret_cast<const float*>(arena_.data() + bound->offset);
}

Result<const float*> TensorBinder::optional_vector(const std::string& name, int n) {
  if (!has(name)) return static_cast<const float*>(nullptr);
  return vector(name, n);
}

Status TensorBinder::expect_all_bound() const {
  for (const Bound& bound : tensors_) {
    if (!bound.wanted) {
      return unsupported("tensor ", printable(bound.tensor->name), " ", shape_text(*bound.tensor),
                         ": this architecture has no use for it, and ignoring it could give wrong answers");
    }
  }
  return {};
}

Status TensorBinder::load(TaskPool& pool, const std::function<bool(double)>& on_progress) {
  std::uint64_t total = 0;
  for (const Bound& bound : tensors_) total += bound.tensor->n_bytes;
  std::uint64_t done = 0;
  for (const Bound& bound : tensors_) {
    if (!bound.wanted) continue;
    const Status status = bound.is_vector ? load_vector(bound) : load_matrix(bound, pool);
    TENFOLD_RETURN_IF_ERROR(status.with_context(cat("tensor ", printable(bound.tensor->name))));
    done += bound.tensor->n_bytes;
    if (on_progress && !on_progress(static_cast<double>(done) / static_cast<double>(total))) {
      return cancelled("loading was stopped at ", done, " of ", total, " bytes");
    }
  }
  return {};
}

std::vector<PackedBlob> TensorBinder::blobs() const {
  std::vector<PackedBlob> blobs;
  for (const Bound& bound : tensors_) blobs.push_back({bound.offset, bound.n_bytes});
  return blobs;
}

Status TensorBinder::read(const PackedFile& packed, TaskPool& pool, const std::function<bool(double)>& on_progress) {
  const std::span<std::byte> payload(arena_.data(), arena_.n_bytes());
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

Status TensorBinder::load_vector(const Bound& bound) const {
  std::vector<std::byte> raw(bound.tensor->n_bytes);
  TENFOLD_RETURN_IF_ERROR(file_->read(*bound.tensor, 0, raw));
  auto* out = reinterpret_cast<float*>(arena_.data() + bound.offset);
  dequantize_row(bound.dtype, raw.data(), static_cast<std::int64_t>(bound.tensor->dims[0]), out);
  return {};
}

Status TensorBinder::load_matrix(const Bound& bound, TaskPool& pool) const {
  const PackedMatrix& m = bound.matrix;
  const std::size_t file_row_bytes = row_bytes(m.dtype, m.k);
  const std::size_t panel_file_bytes = file_row_bytes * static_cast<std::size_t>(m.panel_rows);
  const int panels_a_read = static_cast<int>(std::max<std::size_t>(1, kReadBytes / panel_file_bytes));
  const int n_chunks = (m.n_panels() + panels_a_read - 1) / panels_a_read;
  std::vector<std::vector<std::byte>> staging(static_cast<std::size_t>(pool.n_threads()));

  return run_all(pool, n_chunks, [&](int worker, int chunk) -> Status {
    std::vector<std::byte>& raw = staging[static_cast<std::size_t>(worker)];
    const int first_panel = chunk * panels_a_read;
    const int first_row = first_panel * m.panel_rows;
    const int n_rows = std::min(m.n - first_row, panels_a_read * m.panel_rows);
    raw.resize(file_row_bytes * static_cast<std::size_t>(n_rows));
    TENFOLD_RETURN_IF_ERROR(file_->read(*bound.tensor, file_row_bytes * static_cast<std::uint64_t>(first_row), raw));
    for (int row = 0; row < n_rows; row += m.panel_rows) {
      kernels_->weights[static_cast<int>(m.dtype)].pack(
          raw.data() + file_row_bytes * static_cast<std::size_t>(row), std::min(m.panel_rows, n_rows - row), m.k,
          arena_.data() + bound.offset + static_cast<std::size_t>(first_panel + row / m.panel_rows) * m.panel_bytes);
    }
    return {};
  });
}

}  // namespace tenfold
