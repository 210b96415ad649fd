#include "cpu/packed_weights.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "base/error.h"
#include "base/guard.h"
#include "base/mutex.h"
#include "cpu/weight_rows.h"
#include "model_file/byte_sum.h"
#include "model_file/weight_check.h"
#include "runtime/memory_plan.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kMaxArenaBytes = std::uint64_t{1} << 46;
constexpr std::size_t kReadBytes = std::size_t{256} << 10;      // read at once by one worker
constexpr std::size_t kProgressBytes = std::size_t{256} << 20;  // between two calls of on_progress

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

DType packed_type(const WeightEntry& entry, FloatMatrices floats) {
  if (!is_matrix(entry)) return DType::kF32;
  const bool whole_blocks = entry.k % dtype_traits(DType::kQ8_0).block_elems == 0;
  if (entry.source == WeightSource::kSumOfConvolutions) return DType::kF32;
  const bool as_in_file = entry.source == WeightSource::kRows;
  return floats == FloatMatrices::kToEightBits && as_in_file && !is_quantized(entry.dtype) && whole_blocks
             ? DType::kQ8_0
             : entry.dtype;
}

// Rows that one worker reads at once: whole panels.
int rows_a_read(const PackedMatrix& m, std::size_t file_row_bytes) {
  const int panel_rows = std::max(m.panel_rows, 1);
  const std::size_t panel_bytes = std::max<std::size_t>(file_row_bytes, 1) * static_cast<std::size_t>(panel_rows);
  const auto n_panels = static_cast<int>(std::max<std::size_t>(1, kReadBytes / panel_bytes));
  return std::min(m.n, n_panels * panel_rows);
}

// What the numbers of each tensor are, and whether that can be.
class TensorNumbers {
 public:
  void add(const GgufTensor& tensor, Numbers numbers) {
    Numbers& of_tensor = numbers_.try_emplace(&tensor, numbers).first->second;
    of_tensor = std::max(of_tensor, numbers);
  }
  Status expect_weights(const GgufFile& file) const {
    const std::vector<const GgufTensor*> last = last_tensors(file);
    for (const GgufTensor& tensor : file.tensors()) {
      const auto found = numbers_.find(&tensor);
      if (found == numbers_.end()) continue;
      const bool is_last = std::find(last.begin(), last.end(), &tensor) != last.end();
      TENFOLD_RETURN_IF_ERROR(tenfold::expect_weights(tensor.name, found->second, is_last));
      if (is_last) TENFOLD_RETURN_IF_ERROR(expect_whole_end(file, tensor));
    }
    return {};
  }

 private:
  std::map<const GgufTensor*, Numbers> numbers_;
};

// Packs what a place holds, on all threads, and says what its numbers are.
Result<Numbers> pack_rows(const WeightRows& rows, int expert, const PackedMatrix& m, std::byte* out,
                          const kernels::KernelTable& kernels, TaskPool& pool) {
  const kernels::WeightKernels& type = kernels.weights[static_cast<int>(m.dtype)];
  const int n_rows = rows_a_read(m, rows.file_row_bytes());
  std::vector<RowBuffer> buffers(static_cast<std::size_t>(pool.n_threads()));
  TENFOLD_RETURN_IF_ERROR(run_all(pool, (m.n + n_rows - 1) / n_rows, [&](int worker, int chunk) -> Status {
    RowBuffer& buffer = buffers[static_cast<std::size_t>(worker)];
    const RowRange range{chunk * n_rows, std::min(n_rows, m.n - chunk * n_rows)};
    TENFOLD_RETURN_IF_ERROR(rows.read(expert, range, m.dtype, buffer));
    const std::size_t row = row_bytes(m.dtype, m.k);
    for (int i = 0; i < range.n; i += m.panel_rows) {
      type.pack(buffer.raw.data() + row * static_cast<std::size_t>(i), std::min(m.panel_rows, range.n - i), m.k,
                out + static_cast<std::size_t>((range.begin + i) / m.panel_rows) * m.panel_bytes);
    }
    return {};
  }));
  Numbers numbers = Numbers::kAllZero;
  for (const RowBuffer& buffer : buffers) numbers = std::max(numbers, buffer.numbers);
  return numbers;
}

// Of a vector or a table, whose rows lie one after the other.
Result<Numbers> copy_rows(const WeightRows& rows, const PackedMatrix& m, std::byte* out) {
  RowBuffer buffer;
  TENFOLD_RETURN_IF_ERROR(rows.read(0, {0, m.n}, DType::kF32, buffer));
  std::copy(buffer.raw.begin(), buffer.raw.end(), out);
  return buffer.numbers;
}

}  // namespace

Result<PackedWeights> PackedWeights::create(const WeightTable& table, const kernels::KernelTable& kernels,
                                            FloatMatrices floats) {
  PackedWeights weights(table, kernels);
  for (const WeightEntry& entry : table.entries()) {
    weights.lay_out(entry, floats);
    if (weights.n_bytes_ > kMaxArenaBytes) {
      return unsupported("model: expected at most ", kMaxArenaBytes, " bytes of weights");
    }
  }
  Result<Arena> arena = Arena::create(weights.n_bytes_);
  if (!arena.ok()) return arena.status().with_context("weights");
  weights.arena_ = std::move(arena).value();
  for (Place& place : weights.places_) place.matrix.panels = weights.bytes_of(place);
  return weights;
}

void PackedWeights::lay_out(const WeightEntry& entry, FloatMatrices floats) {
  first_place_.push_back(places_.size());
  Place place;
  place.entry = &entry;
  if (is_matrix(entry)) {
    place.matrix = describe_packed(*kernels_, packed_type(entry, floats), entry.n, entry.k);
    place.n_bytes = place.matrix.n_bytes();
  } else {
    place.matrix.n = entry.n;
    place.matrix.k = entry.k;
    place.n_bytes = align_64(static_cast<std::size_t>(entry.n) * row_bytes(DType::kF32, entry.k));
  }
  for (place.expert = 0; place.expert < entry.n_experts; ++place.expert) {
    place.offset = n_bytes_;
    n_bytes_ += place.n_bytes;
    places_.push_back(place);
  }
}

std::size_t PackedWeights::load_bytes(int n_threads) const {
  constexpr std::size_t kRecodedBytes = 2 * sizeof(float);  // of an element that changes its type on the way
  std::size_t most = 0;
  for (const Place& place : places_) {
    const PackedMatrix& m = place.matrix;
    const std::size_t row = row_bytes(place.entry->dtype, m.k);
    const bool shared_out = is_matrix(*place.entry);
    const auto n_rows = static_cast<std::size_t>(shared_out ? rows_a_read(m, row) : m.n);
    const bool recoded = place.entry->dtype != m.dtype || place.entry->source != WeightSource::kRows;
    const std::size_t n = n_rows * (row + (recoded ? static_cast<std::size_t>(m.k) * kRecodedBytes : 0));
    most = std::max(most, n * static_cast<std::size_t>(shared_out ? n_threads : 1));
  }
  return most;
}

Status PackedWeights::load(const GgufFile& file, TaskPool& pool, const std::function<bool(double)>& on_progress) {
  is_loaded_ = false;
  std::uint64_t done = 0;
  TensorNumbers numbers;
  for (const Place& place : places_) {
    TENFOLD_ASSIGN_OR_RETURN(const WeightRows rows, WeightRows::find(file, *place.entry));
    const Result<Numbers> loaded = is_matrix(*place.entry)
                                       ? pack_rows(rows, place.expert, place.matrix, bytes_of(place), *kernels_, pool)
                                       : copy_rows(rows, place.matrix, bytes_of(place));
    TENFOLD_RETURN_IF_ERROR(loaded.status());
    numbers.add(rows.tensor(), *loaded);
    done += place.n_bytes;
    if (on_progress && !on_progress(static_cast<double>(done) / static_cast<double>(n_bytes_))) {
      return cancelled("loading was stopped at ", done, " of ", n_bytes_, " bytes");
    }
  }
  TENFOLD_RETURN_IF_ERROR(numbers.expect_weights(file));
  is_loaded_ = true;
  return {};
}

std::uint64_t PackedWeights::layout_sum() const {
  std::string text;
  for (const Place& place : places_) {
    const PackedMatrix& m = place.matrix;
    const WeightEntry& entry = *place.entry;
    text +=
        cat(entry.tensor, '\0', entry.first_row_of(place.expert), ' ',
            dtype_traits(is_matrix(entry) ? m.dtype : entry.dtype).name, ' ', m.n, ' ', m.k, ' ', place.offset, '\n');
    if (entry.first_column > 0) text += cat("from column ", entry.first_column, '\n');
    if (entry.role == WeightRole::kTable) text += "as it is\n";
    if (entry.source == WeightSource::kSumOfConvolutions) text += cat("and ", entry.second_tensor, '\n');
    if (entry.source == WeightSource::kConvolutionOverRows) text += cat("over ", entry.n_places, " places\n");
  }
  return byte_sum(std::as_bytes(std::span(text)));
}

std::vector<PackedBlob> PackedWeights::blobs() const {
  std::vector<PackedBlob> blobs;
  for (const Place& place : places_) blobs.push_back({place.offset, place.n_bytes});
  return blobs;
}

Status PackedWeights::read(const PackedFile& packed, TaskPool& pool, const std::function<bool(double)>& on_progress) {
  TENFOLD_DCHECK(!is_loaded_);
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
  is_loaded_ = true;
  return {};
}

}  // namespace tenfold
