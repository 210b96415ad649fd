#include "model_file/gguf/write_gguf.h"

#include <utility>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

void WriteProgress::expect(const TensorSource& source) {
  for (const GgufTensor& tensor : source.tensors()) all_elements_ += static_cast<double>(tensor.n_elements());
}

Status WriteProgress::tell(const GgufTensor& tensor, std::uint64_t written) const {
  if (!on_progress_) return {};
  TENFOLD_DCHECK(all_elements_ > 0);
  const double of_tensor = static_cast<double>(written) / static_cast<double>(tensor.n_bytes);
  const double done = done_elements_ + of_tensor * static_cast<double>(tensor.n_elements());
  if (on_progress_(done / all_elements_)) return {};
  return cancelled(who_, ": stopped at tensor ", printable(tensor.name), "; its file was not written");
}

Result<std::unique_ptr<GgufWriter>> write_gguf(const std::string& path, GgufMetadata metadata, TensorSource& source,
                                               WriteProgress& progress) {
  // Which then goes: while the tensors are written, only they take memory.
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<GgufWriter> writer,
                           GgufWriter::create(path, GgufMetadata(std::move(metadata)), source.tensors()));
  for (std::size_t i = 0; i < writer->tensors().size(); ++i) {
    const GgufTensor& tensor = writer->tensors()[i];
    std::uint64_t written = 0;
    const auto sink = [&](std::span<const std::byte> piece) -> Status {
      written += piece.size();
      TENFOLD_RETURN_IF_ERROR(progress.tell(tensor, written));
      return writer->write(piece);
    };
    TENFOLD_RETURN_IF_ERROR(source.stream(i, sink));
    if (written != tensor.n_bytes) {
      return failed_precondition("tensor ", printable(tensor.name), ": expected ", tensor.n_bytes,
                                 " bytes from its source, found ", written);
    }
    progress.finish(tensor);
  }
  return writer;
}

}  // namespace tenfold
