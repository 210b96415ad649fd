// TensorBinder: from the names in a GGUF file to the rows of a table of weights. An architecture binds every tensor it
// wants, which checks names, types and shapes; nothing is read and no memory used. Where there is no file yet, the same
// calls say which tensors it has to have: the one place that knows a family's names and shapes.
//
// One thread; refers to the file.
#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/contracts.h"
#include "model_file/gguf/gguf_file.h"
#include "plan/weight_table.h"

namespace tenfold {

// What is known of a file that is not there yet.
struct FileSketch {
  std::function<bool(std::string_view)> has;  // whether it has a tensor that it may be without
  // Rows of a tensor that it has, where only the tensor says how many there are; null if no such tensor is asked for.
  std::function<std::uint64_t(std::string_view)> n_rows = nullptr;
};

class TensorBinder {
 public:
  // Errors: kUnsupported naming a tensor whose type cannot be computed with or whose shape is impossible.
  static Result<TensorBinder> create(const GgufFile& file);

  // Of no file: lists what is bound instead.
  static TensorBinder listing(FileSketch sketch) { return TensorBinder(std::move(sketch)); }

  [[nodiscard]] bool lists() const noexcept { return file_ == nullptr; }
  [[nodiscard]] bool has(std::string_view name) const {
    return file_ != nullptr ? file_->find_tensor(name) != nullptr : sketch_.has(name);
  }
  // Names and dimensions in the order they were asked for, each tensor once; F32.
  [[nodiscard]] const std::deque<GgufTensor>& listed() const noexcept { return listed_; }
  // Rows of a matrix that must exist.
  [[nodiscard]] Result<int> rows_of(const std::string& name) const;

  // Errors: kCorruptData naming the tensor, what shape was expected and what was found, or that it is missing.
  Result<WeightId> matrix(const std::string& name, int n, int k);
  // One matrix of several that lie in one tensor, row below row: rows [first_row, first_row + n) of n_rows.
  Result<WeightId> part(const std::string& name, int n_rows, int k, int first_row, int n);
  // A tensor of three dimensions: n_experts matrices [n, k].
  Result<WeightId> experts(const std::string& name, int n_experts, int n, int k);
  Result<WeightId> vector(const std::string& name, int n);
  // Numbers [first, first + n) of a vector of n_all.
  Result<WeightId> vector_part(const std::string& name, int n_all, int first, int n);
  // None if the file does not have it.
  Result<WeightId> optional_vector(const std::string& name, int n);
  // Rows [n, k] that are read as they are.
  Result<WeightId> table(const std::string& name, int n, int k);
  // The sum of two convolutions [n, 3, side, side]: what both do to two equal frames. F32 [n, 3·side²].
  Result<WeightId> summed_convolutions(const std::string& first, const std::string& second, int n, int side);
  // A convolution [n, n_in, side, side] over the rows of its side² places one after the other: [n, side²·n_in].
  // Errors: kUnsupported if it is quantised, too.
  Result<WeightId> convolution_over_rows(const std::string& name, int n, int n_in, int side);
  // A tensor of these dimensions, the row's first, that the caller reads and keeps for himself.
  Result<const GgufTensor*> unlisted(const std::string& name, std::initializer_list<int> dims);
  // Says that tensors whose names begin so are known and of no use here.
  void ignore(std::string_view prefix);

  // Errors: kUnsupported naming the first tensor that was not bound as a whole.
  [[nodiscard]] Status expect_all_bound() const;

  // In the order they were asked for.
  [[nodiscard]] const WeightTable& weights() const noexcept { return weights_; }
  WeightTable take_weights() { return std::move(weights_); }

 private:
  explicit TensorBinder(const GgufFile& file) : file_(&file), n_bound_rows_(file.tensors().size()) {}
  explicit TensorBinder(FileSketch sketch) : sketch_(std::move(sketch)) {}
  [[nodiscard]] Result<const GgufTensor*> find(const std::string& name) const;
  // The tensor of these dimensions, of which n_rows more are bound now.
  Result<const GgufTensor*> take(const std::string& name, std::initializer_list<int> dims, std::uint64_t n_rows);
  // That it is there: in the list, if there is no file.
  void list(const std::string& name, std::initializer_list<int> dims);
  void count_bound(const GgufTensor& tensor, std::uint64_t n_rows) {
    if (file_ == nullptr) return;
    n_bound_rows_[static_cast<std::size_t>(&tensor - file_->tensors().data())] += n_rows;
  }

  const GgufFile* file_ = nullptr;
  FileSketch sketch_;              // without a file
  std::deque<GgufTensor> listed_;  // which stay where they are
  std::map<std::string_view, const GgufTensor*> listed_by_name_;
  std::vector<std::uint64_t> n_bound_rows_;  // of each tensor of the file
  WeightTable weights_;
};

}  // namespace tenfold
