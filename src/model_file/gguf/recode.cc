#include "model_file/gguf/recode.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "model_file/gguf/gguf_writer.h"
#include "tensor/element_pipe.h"
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

// Writes a tensor, some rows at a time, as elements of `type`, which may be those that it has.
Status write_tensor(const GgufFile& from, const GgufTensor& tensor, std::optional<DType> type, GgufWriter& to) {
  std::uint64_t piece_bytes = kPieceBytes;
  std::optional<ElementPipe> pipe;
  DType found = DType::kF32;
  if (type) {
    TENFOLD_ASSIGN_OR_RETURN(found, tensor.dtype());
    const std::uint64_t row = row_bytes(found, static_cast<std::int64_t>(tensor.dims[0]));
    piece_bytes = std::max<std::uint64_t>(1, kPieceBytes / row) * row;
    pipe.emplace(*type);
  }
  std::vector<std::byte> piece;
  for (std::uint64_t at = 0; at < tensor.n_bytes; at += piece_bytes) {
    piece.resize(std::min(piece_bytes, tensor.n_bytes - at));
    TENFOLD_RETURN_IF_ERROR(from.read(tensor, at, piece));
    std::span<const std::byte> out = piece;
    if (pipe) {
      TENFOLD_ASSIGN_OR_RETURN(out, pipe->pass(found, piece));
    }
    TENFOLD_RETURN_IF_ERROR(to.write(out));
  }
  return {};
}

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
  std::uint64_t done_bytes = 0;
  for (const GgufTensor& tensor : from.tensors()) {
    if (on_progress && !on_progress(static_cast<double>(done_bytes) / static_cast<double>(from.file_bytes()))) {
      return cancelled("recode: stopped");
    }
    const auto its_type = becomes(tensor, type) ? std::optional(type) : std::nullopt;
    TENFOLD_RETURN_IF_ERROR(write_tensor(from, tensor, its_type, *writer));
    done_bytes += tensor.n_bytes;
  }
  return writer->finish();
}

}  // namespace tenfold
