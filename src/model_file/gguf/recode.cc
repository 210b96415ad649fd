#include "model_file/gguf/recode.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "model_file/gguf/gguf_writer.h"
#include "tensor/dequantize.h"
#include "tensor/quantize.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;

bool becomes(const GgufTensor& tensor, DType type) {
  return tensor.n_dims >= 2 && tensor.dims[0] % static_cast<std::uint64_t>(dtype_traits(type).block_elems) == 0;
}

GgufMetadata without_file_type(const GgufMetadata& metadata) {
  std::vector<GgufEntry> entries(metadata.entries().begin(), metadata.entries().end());
  std::erase_if(entries, [](const GgufEntry& entry) { return entry.key == "general.file_type"; });
  return GgufMetadata(std::move(entries));
}

// Copies or converts one tensor, some rows at a time.
class TensorRecoder {
 public:
  TensorRecoder(const GgufFile& from, DType type, GgufWriter& to) : from_(from), type_(type), to_(to) {}

  Status copy(const GgufTensor& tensor) {
    for (std::uint64_t at = 0; at < tensor.n_bytes; at += kPieceBytes) {
      read_.resize(std::min(kPieceBytes, tensor.n_bytes - at));
      TENFOLD_RETURN_IF_ERROR(from_.read(tensor, at, read_));
      TENFOLD_RETURN_IF_ERROR(to_.write(read_));
    }
    return {};
  }

  Status convert(const GgufTensor& tensor) {
    TENFOLD_ASSIGN_OR_RETURN(const DType found, tensor.dtype());
    const auto k = static_cast<std::int64_t>(tensor.dims[0]);
    const std::uint64_t read_bytes = row_bytes(found, k);
    const std::uint64_t written_bytes = row_bytes(type_, k);
    const std::uint64_t n_rows = tensor.n_bytes / read_bytes;
    const std::uint64_t at_once = std::max<std::uint64_t>(1, kPieceBytes / read_bytes);
    floats_.resize(tensor.dims[0]);
    for (std::uint64_t row = 0; row < n_rows; row += at_once) {
      const std::uint64_t n = std::min(at_once, n_rows - row);
      read_.resize(n * read_bytes);
      written_.resize(n * written_bytes);
      TENFOLD_RETURN_IF_ERROR(from_.read(tensor, row * read_bytes, read_));
      for (std::uint64_t i = 0; i < n; ++i) {
        dequantize_row(found, read_.data() + i * read_bytes, k, floats_.data());
        TENFOLD_RETURN_IF_ERROR(quantize_row(type_, floats_.data(), k, written_.data() + i * written_bytes));
      }
      TENFOLD_RETURN_IF_ERROR(to_.write(written_));
    }
    return {};
  }

 private:
  const GgufFile& from_;
  DType type_;
  GgufWriter& to_;
  std::vector<std::byte> read_, written_;
  std::vector<float> floats_;
};

}  // namespace

Status recode_gguf(const GgufFile& from, DType type, const std::string& to,
                   const std::function<bool(double)>& on_progress) {
  if (!can_quantize(type)) return unsupported("recode: expected a simple type, found ", dtype_traits(type).name);
  std::vector<GgufTensor> tensors(from.tensors().begin(), from.tensors().end());
  for (GgufTensor& tensor : tensors) {
    if (becomes(tensor, type)) tensor.ggml_type = dtype_traits(type).ggml_id;
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufWriter> writer,
                           GgufWriter::create(to, without_file_type(from.metadata()), std::move(tensors)));
  TensorRecoder recoder(from, type, *writer);
  std::uint64_t done_bytes = 0;
  for (const GgufTensor& tensor : from.tensors()) {
    if (on_progress && !on_progress(static_cast<double>(done_bytes) / static_cast<double>(from.file_bytes()))) {
      return cancelled("recode: stopped");
    }
    TENFOLD_RETURN_IF_ERROR(becomes(tensor, type) ? recoder.convert(tensor) : recoder.copy(tensor));
    done_bytes += tensor.n_bytes;
  }
  return writer->finish();
}

}  // namespace tenfold
