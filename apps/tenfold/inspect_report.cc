#include "inspect_report.h"

#include <algorithm>
#include <map>
#include <type_traits>
#include <variant>

#include "base/cat.h"
#include "base/utf8.h"
#include "console.h"

namespace tenfold::cli {

namespace {

constexpr std::size_t kShownInText = 6;
constexpr std::size_t kShownInJson = 16;
constexpr std::size_t kShownBytes = 80;
constexpr std::size_t kBytesInJson = 4096;  // of a text in a list

template <typename T>
struct ElementName;
template <>
struct ElementName<std::uint8_t> {
  static constexpr const char* value = "u8";
};
template <>
struct ElementName<std::int8_t> {
  static constexpr const char* value = "i8";
};
template <>
struct ElementName<std::uint16_t> {
  static constexpr const char* value = "u16";
};
template <>
struct ElementName<std::int16_t> {
  static constexpr const char* value = "i16";
};
template <>
struct ElementName<std::uint32_t> {
  static constexpr const char* value = "u32";
};
template <>
struct ElementName<std::int32_t> {
  static constexpr const char* value = "i32";
};
template <>
struct ElementName<std::uint64_t> {
  static constexpr const char* value = "u64";
};
template <>
struct ElementName<std::int64_t> {
  static constexpr const char* value = "i64";
};
template <>
struct ElementName<float> {
  static constexpr const char* value = "f32";
};
template <>
struct ElementName<double> {
  static constexpr const char* value = "f64";
};
template <>
struct ElementName<bool> {
  static constexpr const char* value = "bool";
};
template <>
struct ElementName<std::string> {
  static constexpr const char* value = "string";
};

std::string text_of(const std::string& value) { return printable(value, kShownBytes); }
template <typename T>
  requires std::is_arithmetic_v<T>
std::string text_of(T value) {
  return cat(value);
}

Json json_of(const std::string& value) { return to_valid_utf8(value); }
template <typename T>
  requires std::is_arithmetic_v<T>
Json json_of(T value) {
  return value;
}

struct TypeAndText {
  std::string type;
  std::string text;
};

// What may be shown of a value that lies in the file.
GgufValue beginning_of(const GgufStored& stored, std::size_t n, std::size_t max_text_bytes) {
  if (stored.shape == GgufStored::Shape::kText) {
    Result<std::string> text = read_text(stored, max_text_bytes);
    return GgufScalar(text.ok() ? *std::move(text) : std::string(text.status().message()));
  }
  Result<GgufArray> items = read_beginning(stored, n, max_text_bytes);
  return items.ok() ? GgufValue(*std::move(items)) : GgufScalar(std::string(items.status().message()));
}

TypeAndText describe_scalar(const GgufScalar& scalar) {
  return std::visit(
      [](const auto& x) -> TypeAndText { return {ElementName<std::decay_t<decltype(x)>>::value, text_of(x)}; }, scalar);
}

// n: how many elements there are, of which `array` has the first.
TypeAndText describe_array(const GgufArray& array, std::uint64_t n) {
  return std::visit(
      [n](const auto& items) -> TypeAndText {
        using T = typename std::decay_t<decltype(items)>::value_type;
        std::string text;
        for (std::size_t i = 0; i < items.size(); ++i) {
          text += cat(i == 0 ? "" : ", ", text_of(static_cast<const T&>(items[i])));
        }
        if (items.size() < n) text += ", …";
        return {cat(ElementName<T>::value, "[", n, "]"), text};
      },
      array);
}

TypeAndText describe(const GgufValue& value) {
  if (const auto* scalar = std::get_if<GgufScalar>(&value)) return describe_scalar(*scalar);
  if (const auto* array = std::get_if<GgufArray>(&value)) {
    return describe_array(*array, std::visit([](const auto& items) { return items.size(); }, *array));
  }
  const auto& stored = std::get<GgufStored>(value);
  const GgufValue beginning = beginning_of(stored, kShownInText, kShownBytes + 1);
  if (const auto* scalar = std::get_if<GgufScalar>(&beginning)) return describe_scalar(*scalar);
  return describe_array(std::get<GgufArray>(beginning), stored.count);
}

Json array_json(const GgufArray& array, std::uint64_t n) {
  return std::visit(
      [n](const auto& shown) -> Json {
        using T = typename std::decay_t<decltype(shown)>::value_type;
        Json items = Json::array();
        for (std::size_t i = 0; i < shown.size(); ++i) items.push_back(json_of(static_cast<const T&>(shown[i])));
        if (n <= kShownInJson) return items;
        return {{"length", n}, {"first", std::move(items)}};
      },
      array);
}

Json to_json(const GgufValue& value) {
  if (const auto* scalar = std::get_if<GgufScalar>(&value)) {
    return std::visit([](const auto& x) { return json_of(x); }, *scalar);
  }
  if (const auto* array = std::get_if<GgufArray>(&value)) {
    return array_json(*array, std::visit([](const auto& items) { return items.size(); }, *array));
  }
  const auto& stored = std::get<GgufStored>(value);
  const bool is_text = stored.shape == GgufStored::Shape::kText;
  const GgufValue beginning = beginning_of(stored, kShownInJson, is_text ? kMaxGgufTextBytes : kBytesInJson);
  if (const auto* items = std::get_if<GgufArray>(&beginning)) return array_json(*items, stored.count);
  return to_json(beginning);
}

// Sizes that every architecture states under its own prefix.
struct SizeKey {
  const char* key;
  const char* meaning;
};
constexpr SizeKey kSizeKeys[] = {
    {"block_count", "layers"},
    {"embedding_length", "width"},
    {"feed_forward_length", "feed-forward width"},
    {"attention.head_count", "attention heads"},
    {"attention.head_count_kv", "KV heads"},
    {"attention.key_length", "head size"},
    {"expert_count", "experts"},
    {"expert_used_count", "experts in use"},
    {"context_length", "context"},
    {"vocab_size", "vocabulary"},
};

std::string string_or(const GgufMetadata& metadata, std::string_view key, std::string otherwise) {
  auto value = metadata.string(key);
  return value.ok() ? *std::move(value) : std::move(otherwise);
}

std::string type_name(const GgufTensor& tensor) {
  if (const auto type = dtype_from_ggml_id(tensor.ggml_type)) return dtype_traits(*type).name;
  const std::string_view name = ggml_type_name(tensor.ggml_type);
  return name.empty() ? cat("type ", tensor.ggml_type) : std::string(name);
}

struct TypeTotal {
  std::uint64_t n_tensors = 0, n_params = 0, n_bytes = 0;
  void add(const GgufTensor& tensor) {
    ++n_tensors;
    n_params += tensor.n_elements();
    n_bytes += tensor.n_bytes;
  }
};

struct Totals {
  TypeTotal all;
  std::map<std::string, TypeTotal> by_type;
};

Totals add_up(const GgufFile& file) {
  Totals totals;
  for (const GgufTensor& tensor : file.tensors()) {
    totals.all.add(tensor);
    totals.by_type[type_name(tensor)].add(tensor);
  }
  return totals;
}

std::string shape_text(const GgufTensor& tensor) {
  std::string text = "[";
  for (int d = 0; d < tensor.n_dims; ++d) text += cat(d == 0 ? "" : ", ", tensor.dims[static_cast<std::size_t>(d)]);
  return text + "]";
}

std::string column(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text + "  ";
}
std::string right(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text + "  ";
}

std::string field(std::string name, const std::string& value) {
  return cat("  ", column(std::move(name), 18), value, "\n");
}

std::string sizes_text(const GgufMetadata& metadata, const std::string& architecture) {
  std::string out;
  for (const SizeKey& size : kSizeKeys) {
    if (const GgufValue* value = metadata.find(cat(architecture, ".", size.key))) {
      out += field(size.meaning, describe(*value).text);
    }
  }
  return out;
}

std::string types_text(const Totals& totals) {
  if (totals.all.n_tensors == 0) return "\nNo tensors.\n";
  std::string out = cat("\n", column("Type", 8), right("tensors", 8), right("parameters", 14), "bytes\n");
  const auto add_line = [&out](const std::string& name, const TypeTotal& total) {
    out += cat(column(name, 8), right(cat(total.n_tensors), 8), right(cat(total.n_params), 14),
               human_bytes(static_cast<double>(total.n_bytes)), "\n");
  };
  for (const auto& [name, total] : totals.by_type) add_line(name, total);
  if (totals.by_type.size() > 1) add_line("all", totals.all);
  return out;
}

std::string metadata_text(const GgufMetadata& metadata) {
  std::size_t key_width = 0;
  std::size_t type_width = 0;
  for (const GgufEntry& entry : metadata.entries()) {
    key_width = std::max(key_width, std::min<std::size_t>(printable(entry.key).size(), 44));
    type_width = std::max(type_width, describe(entry.value).type.size());
  }
  std::string out = cat("\nMetadata: ", metadata.entries().size(), " keys\n");
  for (const GgufEntry& entry : metadata.entries()) {
    const TypeAndText value = describe(entry.value);
    out += cat("  ", column(printable(entry.key), key_width), column(value.type, type_width), value.text, "\n");
  }
  return out;
}

}  // namespace

std::string summary_text(const std::string& path, const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  const std::string architecture = string_or(metadata, "general.architecture", "");
  const Totals totals = add_up(file);
  std::string out = cat(printable(path, 1000), ": GGUF v", file.version(), ", ",
                        human_bytes(static_cast<double>(file.file_bytes())), "\n");
  out += field("name", printable(string_or(metadata, "general.name", "(none)"), 200));
  out += field("architecture", architecture.empty() ? "(none)" : printable(architecture));
  out += field("parameters", cat(totals.all.n_params));
  out += sizes_text(metadata, architecture);
  return out + types_text(totals) + metadata_text(metadata);
}

std::string tensor_table_text(const GgufFile& file) {
  std::size_t name_width = 4;
  std::size_t shape_width = 5;
  for (const GgufTensor& tensor : file.tensors()) {
    name_width = std::max(name_width, printable(tensor.name).size());
    shape_width = std::max(shape_width, shape_text(tensor).size());
  }
  std::string out = cat(column("Name", name_width), column("type", 8), column("shape", shape_width), "bytes\n");
  for (const GgufTensor& tensor : file.tensors()) {
    out += cat(column(printable(tensor.name), name_width), column(type_name(tensor), 8),
               column(shape_text(tensor), shape_width), tensor.n_bytes, "\n");
  }
  return out;
}

Json inspect_json(const std::string& path, const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  const std::string architecture = string_or(metadata, "general.architecture", "");
  const Totals totals = add_up(file);
  Json json;
  json["path"] = path;
  json["file_bytes"] = file.file_bytes();
  json["version"] = file.version();
  json["alignment"] = file.alignment();
  json["architecture"] = to_valid_utf8(architecture);
  json["name"] = to_valid_utf8(string_or(metadata, "general.name", ""));
  json["parameters"] = totals.all.n_params;
  json["tensor_bytes"] = totals.all.n_bytes;
  json["sizes"] = Json::object();
  for (const SizeKey& size : kSizeKeys) {
    const GgufValue* value = metadata.find(cat(architecture, ".", size.key));
    if (value != nullptr) json["sizes"][size.key] = to_json(*value);
  }
  json["types"] = Json::object();
  for (const auto& [name, total] : totals.by_type) {
    json["types"][name] = {{"tensors", total.n_tensors}, {"parameters", total.n_params}, {"bytes", total.n_bytes}};
  }
  Json keys = Json::object();  // those of a file differ, but for bytes that are not UTF-8
  for (const GgufEntry& entry : metadata.entries()) keys.append(to_valid_utf8(entry.key), to_json(entry.value));
  json["metadata"] = std::move(keys);
  json["tensors"] = Json::array();
  for (const GgufTensor& tensor : file.tensors()) {
    const auto n_dims = static_cast<std::size_t>(tensor.n_dims);
    json["tensors"].push_back({{"name", to_valid_utf8(tensor.name)},
                               {"type", type_name(tensor)},
                               {"shape", std::vector<std::uint64_t>(tensor.dims.begin(), tensor.dims.begin() + n_dims)},
                               {"bytes", tensor.n_bytes},
                               {"offset", tensor.offset},
                               {"part", tensor.part}});
  }
  return json;
}

}  // namespace tenfold::cli
