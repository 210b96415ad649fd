#include "model_file/gguf/gguf_writer.h"

#include <concepts>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/guard.h"
#include "model_file/gguf/gguf_part.h"
#include "model_file/gguf/metadata_reader.h"
#include "model_file/gguf/tensor_records.h"
#include "model_file/gguf/value_type.h"
#include "model_file/name_order.h"

namespace tenfold {

namespace {

constexpr std::uint32_t kVersion = 3;

std::uint64_t padding(std::uint64_t position, std::uint64_t alignment) {
  return (alignment - position % alignment) % alignment;
}

// The header's bytes, collected.
class HeaderBytes {
 public:
  template <typename T>
    requires(std::integral<T> || std::floating_point<T>)
  void add(T value) {
    static_assert(sizeof(bool) == 1);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void add(const std::string& text) {
    add(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
  }
  void add(const GgufValue& value) {
    if (const auto* scalar = std::get_if<GgufScalar>(&value)) {
      add(static_cast<std::uint32_t>(element_type(*scalar)));
      std::visit([this](const auto& item) { add(item); }, *scalar);
      return;
    }
    const auto& array = std::get<GgufArray>(value);
    add(static_cast<std::uint32_t>(GgufType::kArray));
    add(static_cast<std::uint32_t>(element_type(array)));
    std::visit(
        [this]<typename T>(const std::vector<T>& items) {
          add(static_cast<std::uint64_t>(items.size()));
          for (const T& item : items) add(item);
        },
        array);
  }
  void add(const GgufTensor& tensor) {
    add(tensor.name);
    add(static_cast<std::uint32_t>(tensor.n_dims));
    for (int i = 0; i < tensor.n_dims; ++i) add(tensor.dims[static_cast<std::size_t>(i)]);
    add(tensor.ggml_type);
    add(tensor.offset);
  }
  void pad(std::uint64_t alignment) { bytes_.append(padding(bytes_.size(), alignment), '\0'); }
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_ = "GGUF";
};

// The reader calls it corrupt data; from a caller it is a wrong argument.
Status from_caller(const Status& status) { return status.ok() ? Status() : invalid_argument(status.message()); }

Status check_metadata(const GgufMetadata& metadata) {
  if (metadata.entries().size() > kMaxGgufKeys) return invalid_argument("expected at most ", kMaxGgufKeys, " keys");
  for (const GgufEntry& entry : metadata.entries()) {
    TENFOLD_RETURN_IF_ERROR(from_caller(check_key(entry.key)));
    TENFOLD_RETURN_IF_ERROR(from_caller(check_known_type(entry)));
  }
  if (const GgufEntry* twice = metadata.duplicate()) {
    return invalid_argument("key ", printable(twice->key), ": expected once, found twice");
  }
  return {};
}

// Checks every tensor and gives it its size and its offset in the data section.
Status lay_out(std::vector<GgufTensor>& tensors, std::uint64_t alignment) {
  if (tensors.size() > kMaxGgufTensors) return invalid_argument("expected at most ", kMaxGgufTensors, " tensors");
  std::uint64_t end = 0;
  for (GgufTensor& tensor : tensors) {
    if (tensor.n_dims < 1 || tensor.n_dims > 4) {
      return invalid_argument("tensor ", printable(tensor.name), ": expected 1…4 dimensions, found ", tensor.n_dims);
    }
    for (auto i = static_cast<std::size_t>(tensor.n_dims); i < tensor.dims.size(); ++i) tensor.dims[i] = 1;
    if (Status status = check_record(tensor); !status.ok()) {
      return from_caller(status).with_context(cat("tensor ", printable(tensor.name)));
    }
    if (!ggml_block(tensor.ggml_type)) {
      return unsupported("tensor ", printable(tensor.name), ": expected a type of known size, found ",
                         printable_ggml_type(tensor.ggml_type));
    }
    tensor.part = 0;
    tensor.offset = end;
    if (__builtin_add_overflow(end, tensor.n_bytes, &end) ||
        __builtin_add_overflow(end, padding(end, alignment), &end)) {
      return invalid_argument("tensor ", printable(tensor.name), ": expected less than 2^64 bytes in all, found more");
    }
  }
  const std::span<const GgufTensor> all = tensors;
  if (const GgufTensor* twice = find_duplicate(all, order_by_name(all, &GgufTensor::name), &GgufTensor::name)) {
    return invalid_argument("tensor ", printable(twice->name), ": expected once, found twice");
  }
  return {};
}

std::string header_bytes(const GgufMetadata& metadata, std::span<const GgufTensor> tensors, std::uint64_t alignment) {
  HeaderBytes header;
  header.add(kVersion);
  header.add(static_cast<std::uint64_t>(tensors.size()));
  header.add(static_cast<std::uint64_t>(metadata.entries().size()));
  for (const GgufEntry& entry : metadata.entries()) {
    header.add(entry.key);
    header.add(entry.value);
  }
  for (const GgufTensor& tensor : tensors) header.add(tensor);
  if (!tensors.empty()) header.pad(alignment);
  return std::string(header.bytes());
}

}  // namespace

Result<std::unique_ptr<GgufWriter>> GgufWriter::create(const std::string& path, const GgufMetadata& metadata,
                                                       std::vector<GgufTensor> tensors) {
  return guard([&]() -> Result<std::unique_ptr<GgufWriter>> {
    TENFOLD_RETURN_IF_ERROR(check_metadata(metadata));
    const Result<std::uint64_t> alignment = alignment_of(metadata);
    if (!alignment.ok()) return from_caller(alignment.status());
    TENFOLD_RETURN_IF_ERROR(lay_out(tensors, *alignment));
    const std::string header = header_bytes(metadata, tensors, *alignment);
    if (header.size() > kMaxGgufHeaderBytes) {
      return invalid_argument("expected a header of at most ", kMaxGgufHeaderBytes, " bytes, found ", header.size());
    }
    for (GgufTensor& tensor : tensors) tensor.offset += header.size();
    TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file, AtomicFile::create(path));
    TENFOLD_RETURN_IF_ERROR(file->write(std::as_bytes(std::span(header))));
    return std::unique_ptr<GgufWriter>(new GgufWriter(std::move(file), std::move(tensors), *alignment));
  });
}

GgufWriter::GgufWriter(std::unique_ptr<AtomicFile> file, std::vector<GgufTensor> tensors, std::uint64_t alignment)
    : file_(std::move(file)), tensors_(std::move(tensors)), alignment_(alignment) {}

Status GgufWriter::write(std::span<const std::byte> piece) {
  return guard([&] { return append(piece); });
}

Status GgufWriter::append(std::span<const std::byte> piece) {
  if (piece.empty()) return {};
  if (current_ == tensors_.size()) {
    return invalid_argument("expected no data after the last tensor, found ", piece.size(), " bytes");
  }
  const GgufTensor& tensor = tensors_[current_];
  if (piece.size() > tensor.n_bytes - written_) {
    return invalid_argument("tensor ", printable(tensor.name), ": expected ", tensor.n_bytes - written_,
                            " more bytes, found ", piece.size());
  }
  TENFOLD_RETURN_IF_ERROR(file_->write(piece));
  written_ += piece.size();
  if (written_ < tensor.n_bytes) return {};
  const std::vector<std::byte> zeros(static_cast<std::size_t>(padding(tensor.n_bytes, alignment_)));
  ++current_;
  written_ = 0;
  return file_->write(zeros);
}

Status GgufWriter::finish() {
  if (current_ < tensors_.size()) {
    const GgufTensor& tensor = tensors_[current_];
    return failed_precondition("tensor ", printable(tensor.name), ": expected ", tensor.n_bytes,
                               " bytes before the file is finished, found ", written_);
  }
  return guard([&] { return file_->commit(); });
}

}  // namespace tenfold
