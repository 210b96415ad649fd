#include "cpu/weight_rows.h"

#include <algorithm>

#include "base/error.h"
#include "model_file/weight_check.h"
#include "tensor/dequantize.h"

namespace tenfold {

namespace {

Result<const GgufTensor*> find_tensor(const GgufFile& file, const std::string& name) {
  const GgufTensor* tensor = file.find_tensor(name);
  if (tensor == nullptr) return corrupt_data("tensor ", printable(name), ": expected, not in the file");
  return tensor;
}

std::string in_tensor(const std::string& name) { return cat("tensor ", printable(name)); }

// raw: n elements, whole blocks of both types.
Status recode(DType from, DType to, std::int64_t n, RowBuffer& buffer) {
  if (!buffer.pipe || buffer.pipe->to() != to) buffer.pipe.emplace(to);
  TENFOLD_ASSIGN_OR_RETURN(const auto passed, buffer.pipe->pass(from, buffer.raw));
  buffer.raw.assign(passed.begin(), passed.end());
  if (scan_numbers(to, buffer.raw.data(), n) != Numbers::kNotFinite) return {};
  return unsupported("expected numbers that ", dtype_traits(to).name, " can hold, found larger ones");
}

}  // namespace

Result<WeightRows> WeightRows::find(const GgufFile& file, const WeightEntry& entry) {
  WeightRows rows(file, entry);
  TENFOLD_ASSIGN_OR_RETURN(rows.first_, find_tensor(file, entry.tensor));
  if (entry.second_tensor.empty()) return rows;
  TENFOLD_ASSIGN_OR_RETURN(rows.second_, find_tensor(file, entry.second_tensor));
  return rows;
}

std::size_t WeightRows::file_row_bytes() const {
  const Result<DType> type = first_->dtype();
  return type.ok() ? row_bytes(*type, entry_->k) : 0;
}

Status WeightRows::read_raw(const GgufTensor& tensor, std::uint64_t first_row, int n, RowBuffer& buffer) const {
  TENFOLD_ASSIGN_OR_RETURN(const DType type, tensor.dtype());
  const std::size_t row = row_bytes(type, entry_->k);
  buffer.raw.resize(row * static_cast<std::size_t>(n));
  TENFOLD_RETURN_IF_ERROR(file_->read(tensor, row * first_row + row_bytes(type, entry_->first_column), buffer.raw));
  const Result<Numbers> numbers = check_rows(type, buffer.raw, entry_->k, first_row);
  TENFOLD_RETURN_IF_ERROR(numbers.status().with_context(in_tensor(tensor.name)));
  buffer.numbers = std::max(buffer.numbers, *numbers);
  return {};
}

Status WeightRows::read_sum(RowRange range, RowBuffer& buffer) const {
  const std::int64_t n = std::int64_t{range.n} * entry_->k;
  for (const GgufTensor* tensor : {first_, second_}) {
    TENFOLD_RETURN_IF_ERROR(read_raw(*tensor, static_cast<std::uint64_t>(range.begin), range.n, buffer));
    TENFOLD_ASSIGN_OR_RETURN(const DType type, tensor->dtype());
    buffer.more_floats.resize(static_cast<std::size_t>(n));
    dequantize_row(type, buffer.raw.data(), n, buffer.more_floats.data());
    if (tensor == first_) buffer.floats.swap(buffer.more_floats);
  }
  for (std::size_t i = 0; i < buffer.floats.size(); ++i) buffer.floats[i] += buffer.more_floats[i];
  const auto bytes = std::as_bytes(std::span(buffer.floats));
  buffer.raw.assign(bytes.begin(), bytes.end());
  return {};
}

// The file has an input's places together, the plan a place's inputs.
void WeightRows::turn(RowBuffer& buffer) const {
  const auto k = static_cast<std::size_t>(entry_->k);
  const auto n_places = static_cast<std::size_t>(entry_->n_places);
  const std::size_t n_in = k / n_places;
  const std::size_t n_bytes = dtype_traits(entry_->dtype).block_bytes;
  buffer.more.resize(buffer.raw.size());
  for (std::size_t i = 0; i * n_bytes < buffer.raw.size(); ++i) {
    const std::size_t column = i % k;
    const std::size_t to = i - column + column % n_places * n_in + column / n_places;
    std::copy_n(buffer.raw.begin() + static_cast<std::ptrdiff_t>(i * n_bytes), n_bytes,
                buffer.more.begin() + static_cast<std::ptrdiff_t>(to * n_bytes));
  }
  buffer.raw.swap(buffer.more);
}

Status WeightRows::read(int expert, RowRange range, DType type, RowBuffer& buffer) const {
  if (entry_->source == WeightSource::kSumOfConvolutions) return read_sum(range, buffer);
  TENFOLD_RETURN_IF_ERROR(
      read_raw(*first_, entry_->first_row_of(expert) + static_cast<std::uint64_t>(range.begin), range.n, buffer));
  if (entry_->source == WeightSource::kConvolutionOverRows) turn(buffer);
  if (type == entry_->dtype) return {};
  return recode(entry_->dtype, type, std::int64_t{range.n} * entry_->k, buffer).with_context(in_tensor(entry_->tensor));
}

}  // namespace tenfold
