#include "model_file/gguf/recode.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "model_file/gguf/write_gguf.h"
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

class RecodedTensors final : public TensorSource {
 public:
  RecodedTensors(const GgufFile& from, DType type) : from_(from), type_(type) {}

  [[nodiscard]] std::vector<GgufTensor> tensors() const override {
    std::vector<GgufTensor> tensors(from_.tensors().begin(), from_.tensors().end());
    for (GgufTensor& tensor : tensors) {
      if (becomes(tensor, type_)) tensor.ggml_type = dtype_traits(type_).ggml_id;
    }
    return tensors;
  }

  // Some rows at a time, as elements of the type, which may be those that they have.
  Status stream(std::size_t i, const Sink& sink) override {
    const GgufTensor& tensor = from_.tensors()[i];
    std::uint64_t piece_bytes = kPieceBytes;
    std::optional<ElementPipe> pipe;
    DType found = DType::kF32;
    if (becomes(tensor, type_)) {
      TENFOLD_ASSIGN_OR_RETURN(found, tensor.dtype());
      const std::uint64_t row = row_bytes(found, static_cast<std::int64_t>(tensor.dims[0]));
      piece_bytes = std::max<std::uint64_t>(1, kPieceBytes / row) * row;
      pipe.emplace(type_);
    }
    std::vector<std::byte> piece;
    for (std::uint64_t at = 0; at < tensor.n_bytes; at += piece_bytes) {
      piece.resize(std::min(piece_bytes, tensor.n_bytes - at));
      TENFOLD_RETURN_IF_ERROR(from_.read(tensor, at, piece));
      std::span<const std::byte> out = piece;
      if (pipe) {
        TENFOLD_ASSIGN_OR_RETURN(out, pipe->pass(found, piece));
      }
      TENFOLD_RETURN_IF_ERROR(sink(out));
    }
    return {};
  }

 private:
  const GgufFile& from_;
  DType type_;
};

}  // namespace

Status recode_gguf(const GgufFile& from, DType type, const std::string& to,
                   const std::function<bool(double)>& on_progress) {
  if (!can_quantize(type)) return unsupported("recode: expected a simple type, found ", dtype_traits(type).name);
  RecodedTensors tensors(from, type);
  WriteProgress progress("recode", on_progress);
  progress.expect(tensors);
  TENFOLD_ASSIGN_OR_RETURN(const auto file, write_gguf(to, without_file_type(from.metadata()), tensors, progress));
  return file->finish();
}

}  // namespace tenfold
