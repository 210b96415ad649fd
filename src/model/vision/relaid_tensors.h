// RelaidTensors: the few tensors of a vision tower that do not lie in the file as the plan multiplies or reads them.
//
// As with TensorBinder, binding checks shapes and reserves address space, load() reads. One thread.
#pragma once

#include <string>
#include <vector>

#include "model/tensor_binder.h"
#include "ops/packed_matrix.h"
#include "runtime/arena.h"

namespace tenfold {

class RelaidTensors {
 public:
  // The binder and its file and kernels must outlive this.
  RelaidTensors(TensorBinder& binder, const kernels::KernelTable& kernels) : binder_(&binder), kernels_(&kernels) {}

  // The sum of two convolutions [n, 3, side, side]: what both do to two equal frames. F32 [n, 3·side²].
  Result<PackedMatrix> summed_convolutions(const std::string& first, const std::string& second, int n, int side);
  // A convolution [n, n_in, side, side] over the rows of its side² places one after the other: [n, side²·n_in].
  Result<PackedMatrix> convolution_over_rows(const std::string& name, int n, int n_in, int side);
  // A table [n, k] whose rows are read as they are: F32.
  Result<const float*> table(const std::string& name, int n, int k);

  [[nodiscard]] std::size_t n_bytes() const noexcept { return n_bytes_; }
  Status load() const;
  // The memory that they point into; call last.
  std::vector<Arena> take_arenas() { return std::move(arenas_); }

 private:
  enum class Kind { kSum, kOverRows, kTable };
  struct Relaid {
    Kind kind = Kind::kTable;
    std::vector<const GgufTensor*> sources;
    PackedMatrix matrix;  // of a table: F32, n and k
    int n_places = 1;     // side²
    std::byte* place = nullptr;
  };

  struct RowRange {
    int begin, n;
  };
  Result<std::byte*> reserve(std::size_t n_bytes);
  Result<PackedMatrix> place_matrix(Relaid relaid, DType dtype, int n, int k);
  Status load_matrix(const Relaid& relaid) const;
  Status load_table(const Relaid& relaid) const;
  // Rows of a tensor seen as a matrix with k columns: as the file has them, or as F32.
  Result<std::vector<std::byte>> read_rows(const GgufTensor& source, int k, RowRange range) const;
  Result<std::vector<float>> read_floats(const GgufTensor& source, int k, RowRange range) const;
  Result<std::vector<std::byte>> summed_rows(const Relaid& relaid, RowRange range) const;
  Result<std::vector<std::byte>> turned_rows(const Relaid& relaid, RowRange range) const;

  TensorBinder* binder_;
  const kernels::KernelTable* kernels_;
  std::vector<Arena> arenas_;  // one a tensor
  std::size_t n_bytes_ = 0;
  std::vector<Relaid> relaid_;
};

}  // namespace tenfold
