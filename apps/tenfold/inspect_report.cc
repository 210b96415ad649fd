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

TypeAndText describe(const GgufValue& value) {
  if (const auto* scalar = std::get_if<GgufScalar>(&value)) {
    return std::visit(
        [](const auto& x) -> TypeAndText { return {ElementName<std::decay_t<decltype(x)>>::value, text_of(x)}; },
        *scalar);
  }
  return std::visit(
      [](const auto& array) -> TypeAndText {
        using T = typename std::decay_t<decltype(array)>::value_type;
        std::string text;
        for (std::size_t i = 0; i < std::min(array.size(), kShownInText); ++i) {
          text += cat(i == 0 ? "" : ", ", text_of(static_cast<const T&>(array[i])));
        }
        if (array.size() > kShownInText) text += ", …";
        return {cat(ElementName<T>::value, "[", array.size(), "]"), text};
      },
      std::get<GgufArray>(value));
}

Json to_json(const GgufValue& value) {
  if (const auto* scalar = std::get_if<GgufScalar>(&value)) {
    return std::visit([](const auto& x) { return json_of(x); }, *scalar);
  }
  return std::visit(
      [](const auto& array) -> Json {
        using T = typename std::decay_t<decltype(array)>::value_type;
        Json items = Json::array();
        for (std::size_t i = 0; i < std::min(array.size(), kShownInJson); ++i) {
          items.push_back(json_of(static_cast<const T&>(array[i])));
        }
        if (array.size() <= kShownInJson) return items;
        return {{"length", array.size()}, {"first", std::move(items)}};
      },
      std::get<GgufArray>(value));
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
  json["metadata"] = Json::object();
  for (const GgufEntry& entry : metadata.entries()) json["metadata"][to_valid_utf8(entry.key)] = to_json(entry.value);
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
