#include "model_file/gguf/metadata_reader.h"

#include <bit>
#include <concepts>
#include <span>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "model_file/gguf/value_type.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kMaxAlignment = std::uint64_t{1} << 20;
constexpr std::size_t kMaxKeyBytes = 65535;
constexpr std::uint64_t kMaxAllKeyBytes = std::uint64_t{4} << 20;
// Longer texts are read when they are asked for.
constexpr std::uint64_t kMaxTextInMemory = 256;
// Length of an empty key, its type number, one byte of value.
constexpr std::uint64_t kMinEntryBytes = 8 + 4 + 1;

// Keys that mean the same in every file.
constexpr std::pair<std::string_view, GgufType> kKnownTypes[] = {
    {"general.architecture", GgufType::kString},
    {"general.name", GgufType::kString},
    {kAlignmentKey, GgufType::kUint32},
    {"general.file_type", GgufType::kUint32},
    {"general.quantization_version", GgufType::kUint32},
};

Status check_key_size(std::uint64_t n_bytes) {
  if (n_bytes >= 1 && n_bytes <= kMaxKeyBytes) return {};
  return corrupt_data("expected a key of 1…", kMaxKeyBytes, " bytes, found ", n_bytes);
}

Status to_bool(std::uint8_t byte, bool& value) {
  if (byte > 1) return corrupt_data("expected 0 or 1 as a bool, found ", int{byte});
  value = byte == 1;
  return {};
}

Status read_scalar(HeaderReader& reader, bool& value) {
  std::uint8_t byte = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read(byte));
  return to_bool(byte, value);
}
template <typename T>
Status read_scalar(HeaderReader& reader, T& value) {
  return reader.read(value);
}

// Goes past the elements of an array of T, which are checked as far as their place and form depend on it.
template <typename T>
Status skip_items(HeaderReader& reader, std::uint64_t count) {
  constexpr std::size_t kItemBytes = std::same_as<T, std::string> ? sizeof(std::uint64_t) : sizeof(T);
  TENFOLD_RETURN_IF_ERROR(reader.check_room(count, kItemBytes));
  if constexpr (std::same_as<T, std::string>) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (Status status = reader.skip_text(); !status.ok()) return status.with_context(cat("string ", i));
    }
    return {};
  } else if constexpr (std::same_as<T, bool>) {
    bool item = false;
    for (std::uint64_t i = 0; i < count; ++i) TENFOLD_RETURN_IF_ERROR(read_scalar(reader, item));
    return {};
  } else {
    return reader.skip(count * sizeof(T));
  }
}

// The values of one file.
class ValueReader {
 public:
  ValueReader(HeaderReader& reader, std::shared_ptr<const PreadFile> file) : reader_(reader), file_(std::move(file)) {}

  Status read(GgufValue& value) {
    std::uint32_t type = 0;
    TENFOLD_RETURN_IF_ERROR(reader_.read(type));
    if (type == static_cast<std::uint32_t>(GgufType::kArray)) return read_array(value);
    if (type == static_cast<std::uint32_t>(GgufType::kString)) return read_text(value);
    return visit_scalar_type(type, [&]<typename T>(T scalar) -> Status {
      if constexpr (!std::same_as<T, std::string>) TENFOLD_RETURN_IF_ERROR(read_scalar(reader_, scalar));
      value.emplace<GgufScalar>(std::in_place_type<T>, std::move(scalar));
      return {};
    });
  }

 private:
  Status read_array(GgufValue& value) {
    std::uint32_t type = 0;
    std::uint64_t count = 0;
    TENFOLD_RETURN_IF_ERROR(reader_.read(type));
    TENFOLD_RETURN_IF_ERROR(reader_.read(count));
    const std::uint64_t begin = reader_.position();
    TENFOLD_RETURN_IF_ERROR(
        visit_scalar_type(type, [&]<typename T>(const T&) { return skip_items<T>(reader_, count); }));
    const FileRange range = {begin, reader_.position() - begin};
    value = GgufStored{GgufStored::Shape::kArray, static_cast<GgufType>(type), count, range, file_};
    return {};
  }

  Status read_text(GgufValue& value) {
    std::uint64_t length = 0;
    TENFOLD_RETURN_IF_ERROR(reader_.read_length(length));
    if (length > kMaxTextInMemory) {
      const FileRange range = {reader_.position(), length};
      value = GgufStored{GgufStored::Shape::kText, GgufType::kString, 1, range, file_};
      return reader_.skip(length);
    }
    std::string text;
    TENFOLD_RETURN_IF_ERROR(reader_.read_text(text, length));
    value = GgufScalar(std::move(text));
    return {};
  }

  HeaderReader& reader_;
  std::shared_ptr<const PreadFile> file_;
};

Status read_key(HeaderReader& reader, std::string& key, std::uint64_t& key_bytes) {
  std::uint64_t length = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read_length(length));
  TENFOLD_RETURN_IF_ERROR(check_key_size(length));
  key_bytes += length;
  if (key_bytes > kMaxAllKeyBytes) {
    return resource_exhausted("expected keys of at most ", kMaxAllKeyBytes, " bytes together, found more");
  }
  TENFOLD_RETURN_IF_ERROR(reader.read_text(key, length));
  return check_key(key);
}

}  // namespace

Status check_key(std::string_view key) {
  TENFOLD_RETURN_IF_ERROR(check_key_size(key.size()));
  if (!is_valid_utf8(key) || key.find('\0') != std::string_view::npos) {
    return corrupt_data("expected a key in UTF-8 without a zero byte, found \"", printable(key), "\"");
  }
  return {};
}

Status check_known_type(const GgufEntry& entry) {
  for (const auto& [key, type] : kKnownTypes) {
    if (entry.key != key) continue;
    if (type_name(entry.value) != type_name(type)) {
      return corrupt_data("key ", key, ": expected ", type_name(type), ", found ", type_name(entry.value));
    }
  }
  return {};
}

Result<GgufMetadata> read_metadata(HeaderReader& reader, const std::shared_ptr<const PreadFile>& file,
                                   std::uint64_t count) {
  TENFOLD_RETURN_IF_ERROR(reader.check_room(count, kMinEntryBytes).with_context("keys and values"));
  if (count > kMaxGgufKeys) return resource_exhausted("expected at most ", kMaxGgufKeys, " keys, found ", count);

  std::vector<GgufEntry> entries(static_cast<std::size_t>(count));
  ValueReader values(reader, file);
  std::uint64_t key_bytes = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    GgufEntry& entry = entries[i];
    Status status = read_key(reader, entry.key, key_bytes);
    if (!status.ok()) return status.with_context(cat("key number ", i));
    status = values.read(entry.value);
    if (!status.ok()) return status.with_context(cat("key ", printable(entry.key)));
    TENFOLD_RETURN_IF_ERROR(check_known_type(entry));
  }
  GgufMetadata metadata(std::move(entries));
  if (const GgufEntry* twice = metadata.duplicate()) {
    return corrupt_data("key ", printable(twice->key), ": expected once, found twice");
  }
  return metadata;
}

Result<std::uint64_t> alignment_of(const GgufMetadata& metadata) {
  if (!metadata.has(kAlignmentKey)) return kDefaultAlignment;
  TENFOLD_ASSIGN_OR_RETURN(const std::uint64_t alignment, metadata.unsigned_integer(kAlignmentKey));
  if (!std::has_single_bit(alignment) || alignment > kMaxAlignment) {
    return corrupt_data("key ", kAlignmentKey, ": expected a power of two of at most ", kMaxAlignment, ", found ",
                        alignment);
  }
  return alignment;
}

}  // namespace tenfold
