#include "model_file/safetensors/safetensors_file.h"

#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/guard.h"
#include "model_file/lfs_pointer.h"
#include "model_file/name_order.h"
#include "model_file/pread_file.h"
#include "model_file/safetensors/safetensors_header.h"
#include "platform/memory_guard.h"

namespace tenfold {

namespace {

// What the format allows one header; here all headers of a checkpoint together.
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
// In memory: the text, and its shortest entries, of 50 bytes, as tensors with names, here and where they are converted.
constexpr std::uint64_t kBytesOfHeaderByte = 16;
constexpr std::uint64_t kLengthBytes = sizeof(std::uint64_t);

struct Shard {
  PreadFile file;
  SafetensorsHeader header;
  std::uint64_t header_bytes;
};

Status read_text(const PreadFile& file, FileRange range, std::string& text) {
  text.resize(static_cast<std::size_t>(range.n_bytes));
  return file.read(range.offset, std::as_writable_bytes(std::span(text)));
}

Result<Shard> read_shard(PreadFile file, std::uint64_t max_header_bytes) {
  if (file.size() < kLengthBytes + 2) {
    return corrupt_data("expected a safetensors file of at least ", kLengthBytes + 2, " bytes, found ", file.size());
  }
  TENFOLD_RETURN_IF_ERROR(expect_no_lfs_pointer(file));
  std::array<char, kLengthBytes> first{};
  TENFOLD_RETURN_IF_ERROR(file.read(0, std::as_writable_bytes(std::span(first))));
  std::uint64_t length = 0;
  std::memcpy(&length, first.data(), sizeof(length));
  if (length > kMaxHeaderBytes || length > file.size() - kLengthBytes) {
    return corrupt_data("expected a header of at most ", kMaxHeaderBytes, " bytes inside the file's ", file.size(),
                        ", found a length of ", length, " (first bytes \"",
                        printable(std::string_view(first.data(), first.size())), "\")");
  }
  if (length > max_header_bytes) {
    return resource_exhausted("expected at most ", kMaxHeaderBytes, " bytes of headers in all shards, found more");
  }
  TENFOLD_RETURN_IF_ERROR(expect_memory_for("header", kBytesOfHeaderByte * length));
  std::string text;
  TENFOLD_RETURN_IF_ERROR(read_text(file, {kLengthBytes, length}, text));
  if (!text.starts_with('{')) {
    return corrupt_data("expected a header that begins with {, found \"", printable(text.substr(0, 16)), "\"");
  }
  const std::uint64_t data_begin = kLengthBytes + length;
  Result<SafetensorsHeader> header = parse_safetensors_header(text, file.size() - data_begin);
  if (!header.ok()) return header.status().with_context("header");
  for (SafetensorsTensor& tensor : header->tensors) tensor.offset += data_begin;
  return Shard{std::move(file), std::move(*header), length};
}

Result<Shard> open_shard(const std::string& path, std::uint64_t max_header_bytes) {
  TENFOLD_ASSIGN_OR_RETURN(PreadFile file, PreadFile::open(path));
  const std::string name = file.name();
  Result<Shard> shard = read_shard(std::move(file), max_header_bytes);
  if (!shard.ok()) return shard.status().with_context(name);
  return shard;
}

Result<SafetensorsIndex> read_index(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(const PreadFile file, PreadFile::open(path));
  if (file.size() > kMaxHeaderBytes) {
    return resource_exhausted(file.name(), ": expected an index of at most ", kMaxHeaderBytes, " bytes, found ",
                              file.size());
  }
  TENFOLD_RETURN_IF_ERROR(expect_memory_for(file.name(), kBytesOfHeaderByte * file.size()));
  std::string text;
  TENFOLD_RETURN_IF_ERROR(read_text(file, {0, file.size()}, text).with_context(file.name()));
  Result<SafetensorsIndex> index = parse_safetensors_index(text);
  if (!index.ok()) return index.status().with_context(file.name());
  return index;
}

}  // namespace

struct SafetensorsFile::Impl {
  std::vector<PreadFile> files;  // one a shard
  std::vector<SafetensorsEntry> metadata;
  std::vector<SafetensorsTensor> tensors;
  std::vector<std::uint32_t> by_name;
  std::uint64_t file_bytes = 0;

  Status add(Shard shard);
  Status sort_names();
  [[nodiscard]] Status compare_with(const SafetensorsIndex& index) const;
  [[nodiscard]] const SafetensorsTensor* find(std::string_view name) const noexcept {
    return find_by_name(std::span<const SafetensorsTensor>(tensors), std::span<const std::uint32_t>(by_name),
                        &SafetensorsTensor::name, name);
  }
};

Status SafetensorsFile::Impl::add(Shard shard) {
  if (tensors.size() + shard.header.tensors.size() > kMaxSafetensorsTensors) {
    return resource_exhausted(shard.file.name(), ": expected at most ", kMaxSafetensorsTensors,
                              " tensors in all shards, found more");
  }
  if (__builtin_add_overflow(file_bytes, shard.file.size(), &file_bytes)) {
    return corrupt_data(shard.file.name(), ": expected less than 2^64 bytes in all shards, found more");
  }
  if (files.empty()) metadata = std::move(shard.header.metadata);
  for (SafetensorsTensor& tensor : shard.header.tensors) tensor.shard = static_cast<int>(files.size());
  tensors.insert(tensors.end(), std::make_move_iterator(shard.header.tensors.begin()),
                 std::make_move_iterator(shard.header.tensors.end()));
  files.push_back(std::move(shard.file));
  return {};
}

Status SafetensorsFile::Impl::sort_names() {
  const std::span<const SafetensorsTensor> all = tensors;
  by_name = order_by_name(all, &SafetensorsTensor::name);
  const auto* twice = find_duplicate(all, std::span<const std::uint32_t>(by_name), &SafetensorsTensor::name);
  if (twice == nullptr) return {};
  return corrupt_data(files[static_cast<std::size_t>(twice->shard)].name(), ": tensor ", printable(twice->name),
                      ": expected once, found twice");
}

Status SafetensorsFile::Impl::compare_with(const SafetensorsIndex& index) const {
  std::vector<bool> listed(tensors.size());
  for (const SafetensorsIndex::Entry& entry : index.entries) {
    const SafetensorsTensor* tensor = find(entry.name);
    if (tensor == nullptr || static_cast<std::size_t>(tensor->shard) != entry.shard) {
      return corrupt_data("weight_map: tensor ", printable(entry.name), ": expected in ", files[entry.shard].name(),
                          ", found ", tensor == nullptr ? "nowhere" : "in another shard");
    }
    listed[static_cast<std::size_t>(tensor - tensors.data())] = true;
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (listed[i]) continue;
    return corrupt_data(files[static_cast<std::size_t>(tensors[i].shard)].name(), ": tensor ",
                        printable(tensors[i].name), ": expected in the index's weight_map, found nothing");
  }
  return {};
}

SafetensorsFile::SafetensorsFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SafetensorsFile::~SafetensorsFile() = default;

Result<std::unique_ptr<SafetensorsFile>> SafetensorsFile::open(const std::string& path) {
  return guard([&] { return path.ends_with(".json") ? open_index(path) : open_file(path); });
}

Result<std::unique_ptr<SafetensorsFile>> SafetensorsFile::open_file(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  TENFOLD_ASSIGN_OR_RETURN(Shard shard, open_shard(path, kMaxHeaderBytes));
  TENFOLD_RETURN_IF_ERROR(impl->add(std::move(shard)));
  TENFOLD_RETURN_IF_ERROR(impl->sort_names());
  return std::unique_ptr<SafetensorsFile>(new SafetensorsFile(std::move(impl)));
}

Result<std::unique_ptr<SafetensorsFile>> SafetensorsFile::open_index(const std::string& path) {
  TENFOLD_ASSIGN_OR_RETURN(const SafetensorsIndex index, read_index(path));
  auto impl = std::make_unique<Impl>();
  std::uint64_t header_bytes = 0;
  for (const std::string& name : index.shards) {
    TENFOLD_ASSIGN_OR_RETURN(Shard shard, open_shard(cat(folder_of(path), name), kMaxHeaderBytes - header_bytes));
    header_bytes += shard.header_bytes;
    TENFOLD_RETURN_IF_ERROR(impl->add(std::move(shard)));
  }
  TENFOLD_RETURN_IF_ERROR(impl->sort_names());
  TENFOLD_RETURN_IF_ERROR(impl->compare_with(index).with_context(printable_base_name(path)));
  return std::unique_ptr<SafetensorsFile>(new SafetensorsFile(std::move(impl)));
}

std::span<const SafetensorsEntry> SafetensorsFile::metadata() const noexcept { return impl_->metadata; }
std::span<const SafetensorsTensor> SafetensorsFile::tensors() const noexcept { return impl_->tensors; }
const SafetensorsTensor* SafetensorsFile::find_tensor(std::string_view name) const noexcept {
  return impl_->find(name);
}
std::uint64_t SafetensorsFile::file_bytes() const noexcept { return impl_->file_bytes; }

Status SafetensorsFile::read(const SafetensorsTensor& tensor, std::uint64_t begin, std::span<std::byte> out) const {
  if (tensor.shard < 0 || static_cast<std::size_t>(tensor.shard) >= impl_->files.size()) {
    return invalid_argument("tensor ", printable(tensor.name), ": expected a tensor of this file");
  }
  const PreadFile& file = impl_->files[static_cast<std::size_t>(tensor.shard)];
  return file.read_within({tensor.offset, tensor.n_bytes}, begin, out, tensor.name);
}

}  // namespace tenfold
