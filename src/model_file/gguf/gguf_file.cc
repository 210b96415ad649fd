#include "model_file/gguf/gguf_file.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/guard.h"
#include "model_file/byte_sum.h"
#include "model_file/gguf/gguf_part.h"
#include "model_file/name_order.h"

namespace tenfold {

namespace {

// In pieces: a header may be as large as a hole is.
Result<std::uint64_t> sum_of_header(const PreadFile& file, std::uint64_t n_bytes) {
  constexpr std::uint64_t kPieceBytes = std::uint64_t{4} << 20;
  std::vector<std::byte> piece;
  std::uint64_t sum = 0;
  for (std::uint64_t at = 0; at < n_bytes; at += kPieceBytes) {
    piece.resize(static_cast<std::size_t>(std::min(kPieceBytes, n_bytes - at)));
    TENFOLD_RETURN_IF_ERROR(file.read(at, piece).with_context(file.name()));
    sum = byte_sum(piece, sum);
  }
  return sum;
}

}  // namespace

struct GgufFile::Impl {
  std::vector<std::shared_ptr<const PreadFile>> files;  // one a part
  std::vector<std::uint64_t> header_bytes;              // one a part
  GgufMetadata metadata{{}};
  std::vector<GgufTensor> tensors;
  std::vector<std::uint32_t> by_name;
  std::uint64_t file_bytes = 0;
  std::uint64_t alignment = 0;
  int version = 0;
};

GgufFile::GgufFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GgufFile::~GgufFile() = default;

Result<std::unique_ptr<GgufFile>> GgufFile::open(const std::string& path) {
  return guard([&]() -> Result<std::unique_ptr<GgufFile>> {
    TENFOLD_ASSIGN_OR_RETURN(std::vector<GgufPart> parts, open_parts(path));
    return join(std::move(parts));
  });
}

Result<std::unique_ptr<GgufFile>> GgufFile::open(const FileSlice& slice) {
  return guard([&]() -> Result<std::unique_ptr<GgufFile>> {
    TENFOLD_ASSIGN_OR_RETURN(std::vector<GgufPart> parts, open_parts(slice));
    return join(std::move(parts));
  });
}

Result<std::unique_ptr<GgufFile>> GgufFile::join(std::vector<GgufPart> parts) {
  auto impl = std::make_unique<Impl>();
  impl->metadata = std::move(parts.front().metadata);
  impl->alignment = parts.front().alignment;
  impl->version = parts.front().version;
  for (GgufPart& part : parts) {
    if (__builtin_add_overflow(impl->file_bytes, part.file->size(), &impl->file_bytes)) {
      return corrupt_data(part.file->name(), ": expected less than 2^64 bytes in all parts, found more");
    }
    impl->files.push_back(std::move(part.file));
    impl->header_bytes.push_back(part.header_bytes);
    impl->tensors.insert(impl->tensors.end(), std::make_move_iterator(part.tensors.begin()),
                         std::make_move_iterator(part.tensors.end()));
    part.tensors = {};
  }
  impl->by_name = order_by_name(std::span<const GgufTensor>(impl->tensors), &GgufTensor::name);
  if (const GgufTensor* twice =
          find_duplicate(std::span<const GgufTensor>(impl->tensors), impl->by_name, &GgufTensor::name)) {
    return corrupt_data(impl->files[static_cast<std::size_t>(twice->part)]->name(), ": tensor ", printable(twice->name),
                        ": expected once, found twice");
  }
  return std::unique_ptr<GgufFile>(new GgufFile(std::move(impl)));
}

const GgufMetadata& GgufFile::metadata() const noexcept { return impl_->metadata; }
std::span<const GgufTensor> GgufFile::tensors() const noexcept { return impl_->tensors; }
const GgufTensor* GgufFile::find_tensor(std::string_view name) const noexcept {
  return find_by_name(tensors(), impl_->by_name, &GgufTensor::name, name);
}
std::uint64_t GgufFile::file_bytes() const noexcept { return impl_->file_bytes; }
std::uint64_t GgufFile::memory_bytes() const noexcept {
  std::uint64_t n = tensors().size() * (sizeof(GgufTensor) + sizeof(std::uint32_t));
  for (const GgufTensor& tensor : tensors()) n += tensor.name.size();
  for (const GgufEntry& entry : metadata().entries()) {
    n += sizeof(GgufEntry) + sizeof(std::uint32_t) + entry.key.size();
    const auto* scalar = std::get_if<GgufScalar>(&entry.value);
    if (const auto* text = scalar == nullptr ? nullptr : std::get_if<std::string>(scalar)) n += text->size();
  }
  return n;
}
Result<GgufIdentity> GgufFile::identity() const {
  return guard([&]() -> Result<GgufIdentity> {
    GgufIdentity identity;
    std::string content;
    for (std::size_t i = 0; i < impl_->files.size(); ++i) {
      const PreadFile& file = *impl_->files[i];
      TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t sum, sum_of_header(file, impl_->header_bytes[i]));
      const char* const between = i == 0 ? "" : " ";
      identity.file += cat(between, file.identity(), ":", sum);
      content += cat(between, file.size(), ":", sum);
    }
    identity.content_sum = byte_sum(std::as_bytes(std::span(content)));
    return identity;
  });
}
Status GgufFile::expect_unchanged() const {
  for (const auto& file : impl_->files) TENFOLD_RETURN_IF_ERROR(file->expect_unchanged());
  return {};
}
int GgufFile::version() const noexcept { return impl_->version; }
std::uint64_t GgufFile::alignment() const noexcept { return impl_->alignment; }

Status GgufFile::read(const GgufTensor& tensor, std::uint64_t begin, std::span<std::byte> out) const {
  if (tensor.part < 0 || static_cast<std::size_t>(tensor.part) >= impl_->files.size()) {
    return invalid_argument("tensor ", printable(tensor.name), ": expected a tensor of this file");
  }
  const PreadFile& file = *impl_->files[static_cast<std::size_t>(tensor.part)];
  return file.read_within({tensor.offset, tensor.n_bytes}, begin, out, tensor.name);
}

}  // namespace tenfold
