#include "model/vision/relaid_tensors.h"

#include <algorithm>

#include "base/error.h"
#include "model/weight_check.h"
#include "tensor/dequantize.h"

namespace tenfold {

namespace {

constexpr int kRgb = 3;

}  // namespace

Result<std::byte*> RelaidTensors::reserve(std::size_t n_bytes) {
  TENFOLD_ASSIGN_OR_RETURN(Arena arena, Arena::create(n_bytes));
  n_bytes_ += n_bytes;
  arenas_.push_back(std::move(arena));
  return arenas_.back().data();
}

Result<PackedMatrix> RelaidTensors::place_matrix(Relaid relaid, DType dtype, int n, int k) {
  relaid.matrix = describe_packed(*kernels_, dtype, n, k);
  TENFOLD_ASSIGN_OR_RETURN(relaid.place, reserve(relaid.matrix.n_bytes()));
  relaid.matrix.panels = relaid.place;
  relaid_.push_back(relaid);
  return relaid.matrix;
}

Result<PackedMatrix> RelaidTensors::summed_convolutions(const std::string& first, const std::string& second, int n,
                                                        int side) {
  Relaid relaid;
  relaid.kind = Kind::kSum;
  for (const std::string& name : {first, second}) {
    TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* source, binder_->unpacked(name, {side, side, kRgb, n}));
    relaid.sources.push_back(source);
  }
  return place_matrix(std::move(relaid), DType::kF32, n, kRgb * side * side);
}

Result<PackedMatrix> RelaidTensors::convolution_over_rows(const std::string& name, int n, int n_in, int side) {
  Relaid relaid;
  relaid.kind = Kind::kOverRows;
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* source, binder_->unpacked(name, {side, side, n_in, n}));
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, source->dtype());
  if (is_quantized(dtype)) {
    return unsupported("tensor ", name, ": expected F32, F16 or BF16, found ", dtype_traits(dtype).name);
  }
  relaid.sources = {source};
  relaid.n_places = side * side;
  return place_matrix(std::move(relaid), dtype, n, side * side * n_in);
}

Result<const float*> RelaidTensors::table(const std::string& name, int n, int k) {
  Relaid relaid;
  TENFOLD_ASSIGN_OR_RETURN(const GgufTensor* source, binder_->unpacked(name, {k, n}));
  relaid.sources = {source};
  relaid.matrix.n = n;
  relaid.matrix.k = k;
  const std::size_t n_values = static_cast<std::size_t>(n) * static_cast<std::size_t>(k);
  TENFOLD_ASSIGN_OR_RETURN(relaid.place, reserve(n_values * sizeof(float)));
  relaid_.push_back(relaid);
  return reinterpret_cast<const float*>(relaid.place);
}

Result<std::vector<std::byte>> RelaidTensors::read_rows(const GgufTensor& source, int k, RowRange range) const {
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, source.dtype());
  const std::size_t row = row_bytes(dtype, k);
  std::vector<std::byte> raw(row * static_cast<std::size_t>(range.n));
  TENFOLD_RETURN_IF_ERROR(binder_->file().read(source, row * static_cast<std::uint64_t>(range.begin), raw));
  const Status checked = check_rows(dtype, raw, k, static_cast<std::uint64_t>(range.begin)).status();
  TENFOLD_RETURN_IF_ERROR(checked.with_context(cat("tensor ", printable(source.name))));
  return raw;
}

Result<std::vector<float>> RelaidTensors::read_floats(const GgufTensor& source, int k, RowRange range) const {
  TENFOLD_ASSIGN_OR_RETURN(const DType dtype, source.dtype());
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::byte> raw, read_rows(source, k, range));
  std::vector<float> values(static_cast<std::size_t>(range.n) * static_cast<std::size_t>(k));
  dequantize_row(dtype, raw.data(), static_cast<std::int64_t>(values.size()), values.data());
  return values;
}

Status RelaidTensors::load_table(const Relaid& relaid) const {
  const PackedMatrix& m = relaid.matrix;
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> rows, read_floats(*relaid.sources[0], m.k, {0, m.n}));
  std::copy(rows.begin(), rows.end(), reinterpret_cast<float*>(relaid.place));
  return {};
}

Result<std::vector<std::byte>> RelaidTensors::summed_rows(const Relaid& relaid, RowRange range) const {
  TENFOLD_ASSIGN_OR_RETURN(std::vector<float> sum, read_floats(*relaid.sources[0], relaid.matrix.k, range));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> more, read_floats(*relaid.sources[1], relaid.matrix.k, range));
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
  const auto bytes = std::as_bytes(std::span(sum));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

// The file has an input's places together, the plan a place's inputs.
Result<std::vector<std::byte>> RelaidTensors::turned_rows(const Relaid& relaid, RowRange range) const {
  const auto k = static_cast<std::size_t>(relaid.matrix.k);
  const auto n_places = static_cast<std::size_t>(relaid.n_places);
  const std::size_t n_in = k / n_places;
  const std::size_t n_bytes = dtype_traits(relaid.matrix.dtype).block_bytes;
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::byte> raw, read_rows(*relaid.sources[0], relaid.matrix.k, range));
  std::vector<std::byte> turned(raw.size());
  for (std::size_t i = 0; i * n_bytes < raw.size(); ++i) {
    const std::size_t column = i % k;
    const std::size_t to = i - column + column % n_places * n_in + column / n_places;
    std::copy_n(raw.begin() + static_cast<std::ptrdiff_t>(i * n_bytes), n_bytes,
                turned.begin() + static_cast<std::ptrdiff_t>(to * n_bytes));
  }
  return turned;
}

Status RelaidTensors::load_matrix(const Relaid& relaid) const {
  const PackedMatrix& m = relaid.matrix;
  for (int panel = 0; panel < m.n_panels(); ++panel) {
    const RowRange range{panel * m.panel_rows, std::min(m.panel_rows, m.n - panel * m.panel_rows)};
    auto rows = relaid.kind == Kind::kSum ? summed_rows(relaid, range) : turned_rows(relaid, range);
    TENFOLD_RETURN_IF_ERROR(rows.status());
    kernels_->weights[static_cast<int>(m.dtype)].pack(rows->data(), range.n, m.k,
                                                      relaid.place + static_cast<std::size_t>(panel) * m.panel_bytes);
  }
  return {};
}

Status RelaidTensors::load() const {
  for (const Relaid& relaid : relaid_) {
    TENFOLD_RETURN_IF_ERROR(relaid.kind == Kind::kTable ? load_table(relaid) : load_matrix(relaid));
  }
  return {};
}

}  // namespace tenfold
