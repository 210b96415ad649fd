// PackedWeights: the weights of a table in this machine's panels, in one reservation of address space.
//
// create() lays them out and touches no memory; load() reads tensor by tensor and packs panel by panel on all threads,
// or read() takes them as they were stored. Immutable after that, thread-safe.
#pragma once

#include <functional>
#include <vector>

#include "kernels/kernel_table.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/packed_cache.h"
#include "ops/packed_matrix.h"
#include "plan/weight_table.h"
#include "runtime/arena.h"
#include "runtime/task_pool.h"

namespace tenfold {

// What becomes of matrices whose elements are floats.
enum class FloatMatrices {
  kKeep,
  kToEightBits,  // Q8_0, where rows are whole blocks: a fifth of the time and half the memory of F16
};

class PackedWeights {
 public:
  PackedWeights() = default;
  // The table must outlive this. Errors: kUnsupported for more bytes than an address space has; kResourceExhausted.
  static Result<PackedWeights> create(const WeightTable& table, const kernels::KernelTable& kernels,
                                      FloatMatrices floats = FloatMatrices::kKeep);

  // The views of a weight; their bytes are there once it is loaded.
  [[nodiscard]] const PackedMatrix& matrix(WeightId id) const {
    TENFOLD_DCHECK(is_matrix((*table_)[id]));
    return place_of(id).matrix;
  }
  [[nodiscard]] PackedExperts experts(WeightId id) const { return {place_of(id).matrix, (*table_)[id].n_experts}; }
  // Of a vector or a table; null for none.
  [[nodiscard]] const float* floats(WeightId id) const {
    if (!has(id)) return nullptr;
    TENFOLD_DCHECK(!is_matrix((*table_)[id]));
    return reinterpret_cast<const float*>(place_of(id).matrix.panels);
  }
  [[nodiscard]] const WeightTable& table() const noexcept { return *table_; }
  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return *kernels_; }
  [[nodiscard]] bool is_loaded() const noexcept { return is_loaded_; }

  // Bytes of all of them.
  [[nodiscard]] std::size_t n_bytes() const noexcept { return n_bytes_; }
  // What load() works in beside them: the rows that each thread is reading.
  [[nodiscard]] std::size_t load_bytes(int n_threads) const;

  // Reads and packs all weights, if need be once more. on_progress gets 0…1 on this thread; false cancels.
  // Errors: kCorruptData naming a tensor that is no tensor of weights (weight_check.h) or has gone from the file;
  // kUnsupported naming one whose numbers are too large for the type it is packed as; kIoError; kCancelled.
  Status load(const GgufFile& file, TaskPool& pool, const std::function<bool(double)>& on_progress);

  // Where load() puts the weights, as blobs of one payload, each expert by itself.
  [[nodiscard]] std::vector<PackedBlob> blobs() const;
  // Of what those blobs are: names, rows, types, shapes and places, in that order. Bytes stored under another sum
  // belong elsewhere, even if their sizes are the same.
  [[nodiscard]] std::uint64_t layout_sum() const;
  // Instead of load(): reads them as they were stored with these blobs. Into memory of our own rather than mapped: huge
  // pages decode a tenth faster, and a file that shrinks is an error, not a signal.
  // Errors: kCancelled; those of PackedFile::read, after which load() is still possible.
  Status read(const PackedFile& packed, TaskPool& pool, const std::function<bool(double)>& on_progress);
  // The bytes, once loaded.
  [[nodiscard]] std::span<const std::byte> payload() const noexcept { return {arena_.data(), n_bytes_}; }

 private:
  // An entry of the table, or one of its experts, and where it lies.
  struct Place {
    const WeightEntry* entry = nullptr;
    int expert = 0;
    std::size_t offset = 0;  // in the arena
    std::size_t n_bytes = 0;
    PackedMatrix matrix;  // of vectors and tables: F32, n and k
  };

  PackedWeights(const WeightTable& table, const kernels::KernelTable& kernels) : table_(&table), kernels_(&kernels) {}
  void lay_out(const WeightEntry& entry, FloatMatrices floats);
  [[nodiscard]] const Place& place_of(WeightId id) const {
    return places_[first_place_[static_cast<std::size_t>(id.index)]];
  }
  [[nodiscard]] std::byte* bytes_of(const Place& place) { return arena_.data() + place.offset; }

  const WeightTable* table_ = nullptr;
  const kernels::KernelTable* kernels_ = nullptr;
  std::vector<Place> places_;             // in the order of the table
  std::vector<std::size_t> first_place_;  // of each entry
  Arena arena_;
  std::size_t n_bytes_ = 0;
  bool is_loaded_ = false;
};

}  // namespace tenfold
