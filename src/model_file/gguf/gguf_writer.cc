#include "model_file/gguf/gguf_writer.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/guard.h"
#include "model_file/gguf/gguf_header.h"
#include "model_file/gguf/gguf_part.h"
#include "model_file/gguf/metadata_reader.h"
#include "model_file/gguf/tensor_records.h"
#include "model_file/name_order.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kMaxFileBytes = ~std::uint64_t{0} / 2;

std::uint64_t padding(std::uint64_t position, std::uint64_t alignment) {
  return (alignment - position % alignment) % alignment;
}

// The reader calls it corrupt data; from a caller it is a wrong argument.
Status from_caller(const Status& status) { return status.ok() ? Status() : invalid_argument(status.message()); }

Status check_metadata(const GgufMetadata& metadata) {
  for (const GgufEntry& entry : metadata.entries()) {
    TENFOLD_RETURN_IF_ERROR(from_caller(check_key(entry.key)));
    TENFOLD_RETURN_IF_ERROR(from_caller(check_known_type(entry)));
  }
  if (const GgufEntry* twice = metadata.duplicate()) {
    return invalid_argument("key ", printable(twice->key), ": expected once, found twice");
  }
  return {};
}

// Checks every tensor and gives it its size.
Status check_tensors(std::vector<GgufTensor>& tensors) {
  if (tensors.size() > kMaxGgufTensors) return invalid_argument("expected at most ", kMaxGgufTensors, " tensors");
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
  }
  const std::span<const GgufTensor> all = tensors;
  if (const GgufTensor* twice = find_duplicate(all, order_by_name(all, &GgufTensor::name), &GgufTensor::name)) {
    return invalid_argument("tensor ", printable(twice->name), ": expected once, found twice");
  }
  return {};
}

// The keys of the first part and of any later one, but for what each says of itself.
struct Keys {
  KeyBytes first;
  KeyBytes later;
  static Result<Keys> of(const GgufMetadata& metadata) {
    Keys keys;
    for (const GgufEntry& entry : metadata.entries()) {
      if (!entry.key.starts_with(kSplitPrefix)) TENFOLD_RETURN_IF_ERROR(keys.first.add(entry));
      if (entry.key == kAlignmentKey) TENFOLD_RETURN_IF_ERROR(keys.later.add(entry));
    }
    return keys;
  }
  [[nodiscard]] KeyBytes of_part(std::size_t part, std::size_t n_parts, std::size_t n_tensors) const {
    KeyBytes keys = part == 0 ? first : later;
    if (n_parts == 1) return keys;
    keys.add(kSplitNumberKey, static_cast<std::uint16_t>(part));
    keys.add(kSplitCountKey, static_cast<std::uint16_t>(n_parts));
    keys.add(kSplitTensorsKey, static_cast<std::int32_t>(n_tensors));
    return keys;
  }
};

// Gives every tensor its part and its offset in that part's data: the next part begins where one would grow too long.
Status deal_out(std::vector<GgufTensor>& tensors, const Keys& keys, std::uint64_t max_part_bytes,
                std::uint64_t alignment) {
  // Without records. The split keys are counted even if it turns out that one file takes it all.
  const auto bare_header = [&](std::size_t part) {
    return header_bytes(0, keys.of_part(part, kMaxGgufParts, 0), {}).size();
  };
  const std::uint64_t later_header = bare_header(1);
  std::uint64_t header = bare_header(0);
  std::uint64_t data = 0;
  std::uint64_t part = 0;
  for (GgufTensor& tensor : tensors) {
    const std::uint64_t n_bytes = tensor.n_bytes + padding(tensor.n_bytes, alignment);
    header += record_bytes(tensor);
    const std::uint64_t before = header + padding(header, alignment) + data;
    if (max_part_bytes != 0 && data != 0 && (before > max_part_bytes || n_bytes > max_part_bytes - before)) {
      header = later_header + record_bytes(tensor);
      data = 0;
      if (++part == kMaxGgufParts) {
        return invalid_argument("expected at most ", kMaxGgufParts, " parts, found more of ", max_part_bytes, " bytes");
      }
    }
    tensor.part = static_cast<int>(part);
    tensor.offset = data;
    if (n_bytes > kMaxFileBytes - data) {
      return invalid_argument("tensor ", printable(tensor.name), ": expected less than 2^63 bytes in a file");
    }
    data += n_bytes;
  }
  return {};
}

// One header a part; offsets become absolute. What lies between a header and the data is not in it.
Result<std::vector<std::string>> make_headers(std::vector<GgufTensor>& tensors, const Keys& keys, int version,
                                              std::uint64_t alignment) {
  const std::size_t n_parts = tensors.empty() ? 1 : static_cast<std::size_t>(tensors.back().part) + 1;
  std::vector<std::string> headers;
  std::uint64_t n_bytes = 0;
  auto next = tensors.begin();
  for (std::size_t part = 0; part < n_parts; ++part) {
    const auto begin = next;
    while (next != tensors.end() && static_cast<std::size_t>(next->part) == part) ++next;
    const KeyBytes its_keys = keys.of_part(part, n_parts, tensors.size());
    if (its_keys.count() > kMaxGgufKeys) return invalid_argument("expected at most ", kMaxGgufKeys, " keys");
    headers.push_back(header_bytes(version, its_keys, {begin, next}));
    n_bytes += headers.back().size();
    const std::uint64_t data_begin = headers.back().size() + padding(headers.back().size(), alignment);
    for (auto tensor = begin; tensor != next; ++tensor) tensor->offset += data_begin;
  }
  if (n_bytes <= kMaxGgufHeaderBytes) return headers;
  return invalid_argument("expected headers of at most ", kMaxGgufHeaderBytes, " bytes, found ", n_bytes);
}

std::vector<std::string> make_paths(const std::string& path, std::size_t n_parts) {
  if (n_parts == 1) return {path};
  std::filesystem::path prefix(path);
  if (prefix.extension() == ".gguf") prefix.replace_extension();
  std::vector<std::string> paths;
  for (std::size_t part = 0; part < n_parts; ++part) paths.push_back(part_path(prefix.string(), part + 1, n_parts));
  return paths;
}

}  // namespace

Result<std::unique_ptr<GgufWriter>> GgufWriter::create(const std::string& path, const GgufMetadata& metadata,
                                                       std::vector<GgufTensor> tensors,
                                                       const GgufWriterOptions& options) {
  return guard([&]() -> Result<std::unique_ptr<GgufWriter>> {
    if (options.version != 2 && options.version != 3) {
      return invalid_argument("expected GGUF version 2 or 3 to write, found ", options.version);
    }
    if (!std::filesystem::path(path).has_filename()) {
      return invalid_argument("expected a file to write, found path \"", printable(path), "\"");
    }
    TENFOLD_RETURN_IF_ERROR(check_metadata(metadata));
    const Result<std::uint64_t> alignment = alignment_of(metadata);
    if (!alignment.ok()) return from_caller(alignment.status());
    TENFOLD_RETURN_IF_ERROR(check_tensors(tensors));
    TENFOLD_ASSIGN_OR_RETURN(const Keys keys, Keys::of(metadata));
    TENFOLD_RETURN_IF_ERROR(deal_out(tensors, keys, options.max_part_bytes, *alignment));
    TENFOLD_ASSIGN_OR_RETURN(std::vector<std::string> headers,
                             make_headers(tensors, keys, options.version, *alignment));
    std::vector<std::string> paths = make_paths(path, headers.size());
    std::unique_ptr<GgufWriter> writer(
        new GgufWriter(std::move(paths), std::move(headers), std::move(tensors), *alignment));
    TENFOLD_RETURN_IF_ERROR(writer->begin());
    return writer;
  });
}

GgufWriter::GgufWriter(std::vector<std::string> paths, std::vector<std::string> headers,
                       std::vector<GgufTensor> tensors, std::uint64_t alignment)
    : paths_(std::move(paths)), headers_(std::move(headers)), tensors_(std::move(tensors)), alignment_(alignment) {}

Status GgufWriter::begin() {
  for (const std::string& path : paths_) TENFOLD_RETURN_IF_ERROR(expect_same_kind(path, kGgufMagic, "a GGUF file"));
  Result<std::shared_ptr<const Folder>> folder = Folder::open(std::string(folder_of(paths_.front())));
  if (!folder.ok()) return folder.status().with_context(printable_base_name(paths_.front()));
  folder_ = std::move(folder).value();
  return begin_part();
}

// Begun is a part with its whole header. After a failure the last file is still the closed one before, which takes no
// data, so that no caller can go on by mistake.
Status GgufWriter::begin_part() {
  const std::size_t part = files_.size();
  const std::string& path = paths_[part];
  TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file,
                           AtomicFile::create(folder_, path.substr(folder_of(path).size()), FileAccess::kEverybody));
  const std::string& header = headers_[part];
  TENFOLD_RETURN_IF_ERROR(file->write(std::as_bytes(std::span(header))));
  if (!tensors_.empty()) TENFOLD_RETURN_IF_ERROR(pad(*file, header.size()));
  files_.push_back(std::move(file));
  headers_[part] = {};
  return {};
}

Status GgufWriter::pad(AtomicFile& file, std::uint64_t position) const {
  const std::vector<std::byte> zeros(static_cast<std::size_t>(padding(position, alignment_)));
  return file.write(zeros);
}

Status GgufWriter::write(std::span<const std::byte> piece) {
  const OneCaller::Call call(callers_);
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
  TENFOLD_RETURN_IF_ERROR(files_.back()->write(piece));
  written_ += piece.size();
  if (written_ < tensor.n_bytes) return {};
  TENFOLD_RETURN_IF_ERROR(pad(*files_.back(), tensor.n_bytes));
  ++current_;
  written_ = 0;
  if (current_ == tensors_.size() || tensors_[current_].part == tensor.part) return {};
  TENFOLD_RETURN_IF_ERROR(files_.back()->close());
  return begin_part();
}

Status GgufWriter::finish() {
  const OneCaller::Call call(callers_);
  if (current_ < tensors_.size()) {
    const GgufTensor& tensor = tensors_[current_];
    return failed_precondition("tensor ", printable(tensor.name), ": expected ", tensor.n_bytes,
                               " bytes before the file is finished, found ", written_);
  }
  return guard([&] { return commit(); });
}

Status GgufWriter::commit() {
  TENFOLD_RETURN_IF_ERROR(files_.back()->close());
  if (files_.size() > 1) TENFOLD_RETURN_IF_ERROR(remove_file(paths_.front()));
  for (std::size_t part = files_.size(); part-- > 0;) {
    Status status = files_[part]->commit();
    if (status.ok()) continue;
    for (std::size_t done = part + 1; done < files_.size(); ++done) (void)remove_file(paths_[done]);
    return status;
  }
  return {};
}

}  // namespace tenfold
