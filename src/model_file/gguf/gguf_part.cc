#include "model_file/gguf/gguf_part.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "model_file/gguf/gguf_header.h"
#include "model_file/gguf/metadata_reader.h"
#include "model_file/gguf/tensor_records.h"
#include "model_file/header_reader.h"
#include "model_file/lfs_pointer.h"

namespace tenfold {

namespace {

Status check_magic(const PreadFile& file) {
  std::array<char, 16> first{};
  const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(first.size(), file.size()));
  if (n == 0) return corrupt_data("expected a GGUF file, found an empty file");
  TENFOLD_RETURN_IF_ERROR(file.read(0, std::as_writable_bytes(std::span(first).first(n))));
  const std::string_view found(first.data(), n);
  if (found.starts_with(kGgufMagic)) return {};
  TENFOLD_RETURN_IF_ERROR(expect_no_lfs_pointer(file));
  return corrupt_data("expected a GGUF file, which begins with \"GGUF\", found \"", printable(found), "\"");
}

Status check_version(std::uint32_t version) {
  if (version == 2 || version == 3) return {};
  if (version == 1) return unsupported("expected GGUF version 2 or 3, found version 1, which nobody writes any more");
  const std::uint32_t swapped = __builtin_bswap32(version);
  if (swapped >= 1 && swapped <= 3) {
    return unsupported("expected a little-endian GGUF file, found a big-endian one (version ", swapped, ")");
  }
  return unsupported("expected GGUF version 2 or 3, found version ", version);
}

Result<GgufPart> read_part(std::shared_ptr<const PreadFile> file, std::uint64_t max_header_bytes) {
  TENFOLD_RETURN_IF_ERROR(check_magic(*file));
  HeaderReader reader(*file, max_header_bytes);
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  std::uint64_t n_tensors = 0;
  std::uint64_t n_keys = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read(magic));
  TENFOLD_RETURN_IF_ERROR(reader.read(version).with_context("version"));
  TENFOLD_RETURN_IF_ERROR(check_version(version));
  TENFOLD_RETURN_IF_ERROR(reader.read(n_tensors).with_context("tensor count"));
  TENFOLD_RETURN_IF_ERROR(reader.read(n_keys).with_context("key count"));

  TENFOLD_ASSIGN_OR_RETURN(GgufMetadata metadata, read_metadata(reader, file, n_keys));
  TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t alignment, alignment_of(metadata));
  TENFOLD_ASSIGN_OR_RETURN(std::vector<GgufTensor> tensors, read_tensor_records(reader, n_tensors));
  const std::uint64_t header_bytes = reader.position();
  if (!tensors.empty()) {
    const std::uint64_t data_begin = (header_bytes + alignment - 1) / alignment * alignment;
    if (data_begin > file->size()) {
      return corrupt_data("expected tensor data from byte ", data_begin, " on, found the end of the file at ",
                          file->size());
    }
    TENFOLD_RETURN_IF_ERROR(place_tensors(tensors, {data_begin, file->size() - data_begin}, alignment));
  }
  return GgufPart{std::move(file), static_cast<int>(version), alignment,
                  header_bytes,    std::move(metadata),       std::move(tensors)};
}

}  // namespace

Result<GgufPart> open_part(const std::string& path, std::uint64_t max_header_bytes) {
  TENFOLD_ASSIGN_OR_RETURN(PreadFile opened, PreadFile::open(path));
  return open_part(std::move(opened), max_header_bytes);
}

Result<GgufPart> open_part(PreadFile opened, std::uint64_t max_header_bytes) {
  const auto file = std::make_shared<const PreadFile>(std::move(opened));
  Result<GgufPart> part = read_part(file, max_header_bytes);
  if (!part.ok()) return part.status().with_context(file->name());
  return part;
}

}  // namespace tenfold
