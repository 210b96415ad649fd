#include "model_file/gguf/metadata_reader.h"

#include <bit>
#include <concepts>
#include <utility>

#include "base/utf8.h"
#include "model_file/gguf/value_type.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kMaxAlignment = std::uint64_t{1} << 20;
constexpr std::size_t kMaxKeyBytes = 65535;
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

Status to_bool(std::uint8_t byte, bool& value) {
  if (byte > 1) return corrupt_data("expected 0 or 1 as a bool, found ", int{byte});
  value = byte == 1;
  return {};
}

Status read_scalar(HeaderReader& reader, std::string& value) { return reader.read_string(value); }
Status read_scalar(HeaderReader& reader, bool& value) {
  std::uint8_t byte = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read(byte));
  return to_bool(byte, value);
}
template <typename T>
Status read_scalar(HeaderReader& reader, T& value) {
  return reader.read(value);
}

template <typename T>
Status read_items(HeaderReader& reader, std::uint64_t count, std::vector<T>& items) {
  constexpr std::size_t kItemBytes = std::same_as<T, std::string> ? sizeof(std::uint64_t) : sizeof(T);
  TENFOLD_RETURN_IF_ERROR(reader.check_room(count, kItemBytes));
  items.resize(static_cast<std::size_t>(count));
  if constexpr (std::same_as<T, std::string>) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (Status status = reader.read_string(items[i]); !status.ok()) return status.with_context(cat("string ", i));
    }
  } else if constexpr (std::same_as<T, bool>) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      bool item = false;
      TENFOLD_RETURN_IF_ERROR(read_scalar(reader, item));
      items[i] = item;
    }
  } else {
    return reader.read_bytes(std::as_writable_bytes(std::span(items)));
  }
  return {};
}

Status read_array(HeaderReader& reader, GgufValue& value) {
  std::uint32_t type = 0;
  std::uint64_t count = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read(type));
  TENFOLD_RETURN_IF_ERROR(reader.read(count));
  return visit_scalar_type(type, [&](auto example) -> Status {
    std::vector<decltype(example)> items;
    TENFOLD_RETURN_IF_ERROR(read_items(reader, count, items));
    value.emplace<GgufArray>(std::move(items));
    return {};
  });
}

Status read_value(HeaderReader& reader, GgufValue& value) {
  std::uint32_t type = 0;
  TENFOLD_RETURN_IF_ERROR(reader.read(type));
  if (type == static_cast<std::uint32_t>(GgufType::kArray)) return read_array(reader, value);
  return visit_scalar_type(type, [&](auto scalar) -> Status {
    TENFOLD_RETURN_IF_ERROR(read_scalar(reader, scalar));
    value.emplace<GgufScalar>(std::in_place_type<decltype(scalar)>, std::move(scalar));
    return {};
  });
}

}  // namespace

Status check_key(std::string_view key) {
  if (key.empty() || key.size() > kMaxKeyBytes) {
    return corrupt_data("expected a key of 1…", kMaxKeyBytes, " bytes, found ", key.size());
  }
  if (!is_valid_utf8(key) || key.find('\0') != std::string_view::npos) {
    return corrupt_data("expected a key in UTF-8 without a zero byte, found \"", printable(key), "\"");
  }
  return {};
}

Status check_known_type(const GgufEntry& entry) {
  for (const auto& [key, type] : kKnownTypes) {
    if (entry.key != key) continue;
    const auto* scalar = std::get_if<GgufScalar>(&entry.value);
    if (scalar == nullptr || element_type(*scalar) != type) {
      return corrupt_data("key ", key, ": expected ", type_name(type), ", found ", type_name(entry.value));
    }
  }
  return {};
}

Result<GgufMetadata> read_metadata(HeaderReader& reader, std::uint64_t count) {
  TENFOLD_RETURN_IF_ERROR(reader.check_room(count, kMinEntryBytes).with_context("keys and values"));
  if (count > kMaxGgufKeys) return resource_exhausted("expected at most ", kMaxGgufKeys, " keys, found ", count);

  std::vector<GgufEntry> entries(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    GgufEntry& entry = entries[i];
    Status status = reader.read_string(entry.key);
    if (status.ok()) status = check_key(entry.key);
    if (!status.ok()) return status.with_context(cat("key number ", i));
    status = read_value(reader, entry.value);
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
