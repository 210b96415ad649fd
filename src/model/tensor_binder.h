// TensorBinder: from the names in a GGUF file to places in memory, then the bytes.
//
// Two phases: an architecture binds every tensor it wants, which checks names, types and shapes and touches no memory;
// load() then reads tensor by tensor and packs panel by panel, on all threads. One thread; refers to file and kernels.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/gguf/gguf_file.h"
#include "model_file/packed_cache.h"
#include "ops/packed_matrix.h"
#include "runtime/arena.h"
#include "runtime/task_pool.h"
#include "tensor/number_scan.h"

namespace tenfold {

// What becomes of matrices whose elements are floats.
enum class FloatMatrices {
  kKeep,
  kToEightBits,  // Q8_0, where rows are whole blocks: a fifth of the time and half the memory of F16
};

class TensorBinder {
 public:
  // Reserves address space for all tensors of the file; memory is used only by load().
  // Errors: kUnsupported naming a tensor whose type cannot be computed with or whose shape is impossible.
  static Result<TensorBinder> create(const GgufFile& file, const kernels::KernelTable& kernels,
                                     FloatMatrices floats = FloatMatrices::kKeep);

  [[nodiscard]] bool has(std::string_view name) const { return file_->find_tensor(name) != nullptr; }
  [[nodiscard]] const GgufFile& file() const noexcept { return *file_; }
  // Rows of a matrix that must exist.
  Result<int> rows_of(const std::string& name) const;

  // Errors: kCorruptData naming the tensor, what shape was expected and what was found, or that it is missing.
  Result<PackedMatrix> matrix(const std::string& name, int n, int k);
  // One matrix of several that lie in one tensor, row below row: rows [first_row, first_row + n) of n_rows.
  Result<PackedMatrix> part(const std::string& name, int n_rows, int k, int first_row, int n);
  // A tensor of these dimensions, the row's first, that the caller reads and lays out for himself.
  Result<const GgufTensor*> unpacked(const std::string& name, std::initializer_list<int> dims);
  // A tensor of three dimensions: n_experts matrices [n, k].
  Result<PackedExperts> experts(const std::string& name, int n_experts, int n, int k);
  Result<const float*> vector(const std::string& name, int n);
  // Null if the file does not have it.
  Result<const float*> optional_vector(const std::string& name, int n);
  // Says that tensors whose names begin so are known and of no use here.
  void ignore(std::string_view prefix);

  // Errors: kUnsupported naming the first tensor that was not bound as a whole.
  Status expect_all_bound() const;

  // Bytes that load() will use: those of all that was bound.
  [[nodiscard]] std::size_t n_bytes() const noexcept { return n_bytes_; }

  // What load() works in beside them: the rows that each thread is reading.
  [[nodiscard]] std::size_t load_bytes(int n_threads) const;

  // Reads and packs all bound tensors. on_progress gets 0…1 on this thread; false cancels.
  // Errors: kCorruptData naming a tensor that is no tensor of weights (weight_check.h) or has gone from the file;
  // kUnsupported naming one whose numbers are too large for the type it is packed as; kIoError; kCancelled.
  Status load(TaskPool& pool, const std::function<bool(double)>& on_progress);

  // Where load() puts the tensors, as blobs of one payload.
  [[nodiscard]] std::vector<PackedBlob> blobs() const;
  // Of what those blobs are: names, rows, types, shapes and places of all that was bound, in that order. Bytes stored
  // under another sum belong elsewhere, even if their sizes are the same.
  [[nodiscard]] std::uint64_t layout_sum() const;
  // Instead of load(): reads them as they were stored with these blobs. Into memory of our own rather than mapped: huge
  // pages decode a tenth faster, and a file that shrinks is an error, not a signal.
  // Errors: kCancelled; those of PackedFile::read, after which load() is still possible.
  Status read(const PackedFile& packed, TaskPool& pool, const std::function<bool(double)>& on_progress);

  // The memory that the bound matrices and vectors point into; call last.
  Arena take_arena() { return std::move(arena_); }

 private:
  // A matrix or vector that somebody wants: some rows of a tensor and their place in the arena.
  struct Bound {
    const GgufTensor* tensor = nullptr;
    std::uint64_t first_row = 0;  // counted through all matrices of the tensor
    std::size_t offset = 0;       // in the arena
    std::size_t n_bytes = 0;
    PackedMatrix matrix;  // of a vector: its type, n = 1 and k
  };

  TensorBinder(const GgufFile& file, const kernels::KernelTable& kernels, FloatMatrices floats)
      : file_(&file), kernels_(&kernels), floats_(floats) {}
  Status reserve();
  Result<const GgufTensor*> find(const std::string& name) const;
  // Gives rows [first_row, first_row + n) of a tensor their place.
  Result<PackedMatrix> bind(const GgufTensor& tensor, std::uint64_t first_row, int n);
  std::size_t take_place(std::size_t n_bytes);
  [[nodiscard]] std::size_t index_of(const GgufTensor& tensor) const {
    return static_cast<std::size_t>(&tensor - file_->tensors().data());
  }
  [[nodiscard]] std::uint64_t& n_bound_rows(const GgufTensor& tensor) { return n_bound_rows_[index_of(tensor)]; }
  Result<Numbers> load_matrix(const Bound& bound, TaskPool& pool) const;
  Result<Numbers> load_vector(const Bound& bound) const;

  const GgufFile* file_;
  const kernels::KernelTable* kernels_;
  FloatMatrices floats_;
  std::vector<Bound> bound_;                 // in the order they were asked for
  std::vector<std::uint64_t> n_bound_rows_;  // of each tensor of the file
  Arena arena_;
  std::size_t n_bytes_ = 0;  // of the arena that are given out
};

}  // namespace tenfold
