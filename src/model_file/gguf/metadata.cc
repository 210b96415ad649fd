#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/gguf/value_type.h"
#include "model_file/name_order.h"

namespace tenfold {

namespace {

template <typename T>
inline constexpr bool kIsInteger = std::integral<T> && !std::same_as<T, bool>;

Status wrong_type(std::string_view key, std::string_view expected, const GgufValue& found) {
  return corrupt_data("key ", printable(key), ": expected ", expected, ", found ", type_name(found));
}

// Any integer type to `To`, if the value fits.
template <typename To>
Result<To> to_integer(std::string_view key, const GgufValue& value) {
  const auto convert = [&](const auto& found) -> Result<To> {
    using From = std::remove_cvref_t<decltype(found)>;
    if constexpr (kIsInteger<From>) {
      if (std::in_range<To>(found)) return static_cast<To>(found);
      return corrupt_data("key ", printable(key), ": expected an integer of ", std::numeric_limits<To>::min(), "…",
                          std::numeric_limits<To>::max(), ", found ", found);
    } else {
      return wrong_type(key, "an integer", value);
    }
  };
  const auto* scalar = std::get_if<GgufScalar>(&value);
  return scalar != nullptr ? std::visit(convert, *scalar) : wrong_type(key, "an integer", value);
}

bool is_integer(GgufType type) noexcept {
  return type != GgufType::kFloat32 && type != GgufType::kFloat64 && type != GgufType::kBool &&
         type != GgufType::kString;
}

struct ArrayShape {
  GgufType type;
  std::uint64_t n_elements;
};

std::optional<ArrayShape> array_shape(const GgufValue& value) noexcept {
  if (const auto* array = std::get_if<GgufArray>(&value)) {
    return ArrayShape{element_type(*array), std::visit([](const auto& items) { return items.size(); }, *array)};
  }
  const auto* stored = std::get_if<GgufStored>(&value);
  if (stored == nullptr || stored->shape != GgufStored::Shape::kArray) return std::nullopt;
  return ArrayShape{stored->type, stored->count};
}

// What a caller takes: asked before anything is read.
struct WantedArray {
  bool (*accepts)(GgufType type);
  std::string_view name;
  std::uint64_t max_elements;
};

Status check_array(std::string_view key, const GgufValue& value, const WantedArray& wanted) {
  const std::optional<ArrayShape> found = array_shape(value);
  if (!found || !wanted.accepts(found->type)) return wrong_type(key, wanted.name, value);
  if (found->n_elements <= wanted.max_elements) return {};
  return resource_exhausted("key ", printable(key), ": expected at most ", wanted.max_elements, " elements, found ",
                            found->n_elements);
}

Result<GgufArray> elements(std::string_view key, const GgufValue& value, const WantedArray& wanted) {
  TENFOLD_RETURN_IF_ERROR(check_array(key, value, wanted));
  if (const auto* array = std::get_if<GgufArray>(&value)) return *array;
  Result<GgufArray> read = read_array(std::get<GgufStored>(value));
  if (!read.ok()) return read.status().with_context(cat("key ", printable(key)));
  return read;
}

Result<std::vector<std::int64_t>> to_integers(std::string_view key, const GgufArray& array) {
  std::vector<std::int64_t> out;
  const auto convert = [&](const auto& items) -> Status {
    using Item = typename std::remove_cvref_t<decltype(items)>::value_type;
    if constexpr (kIsInteger<Item>) {
      out.reserve(items.size());
      for (const Item item : items) {
        if (!std::in_range<std::int64_t>(item)) {
          return corrupt_data("key ", printable(key), ": expected integers below 2^63, found ", item, " at ",
                              out.size());
        }
        out.push_back(static_cast<std::int64_t>(item));
      }
    }
    return {};
  };
  TENFOLD_RETURN_IF_ERROR(std::visit(convert, array));
  return out;
}

GgufTexts texts_of(const std::vector<std::string>& texts) {
  std::size_t n_bytes = 0;
  for (const std::string& text : texts) n_bytes += text.size();
  const std::shared_ptr<char[]> bytes = std::make_shared_for_overwrite<char[]>(n_bytes);
  GgufTexts copied{bytes, {}};
  char* at = bytes.get();
  for (const std::string& text : texts) {
    copied.texts.emplace_back(at, text.size());
    at = std::copy(text.begin(), text.end(), at);
  }
  return copied;
}

}  // namespace

GgufMetadata::GgufMetadata(std::vector<GgufEntry> entries)
    : entries_(std::move(entries)), by_key_(order_by_name(std::span<const GgufEntry>(entries_), &GgufEntry::key)) {}

std::span<const GgufEntry> GgufMetadata::entries() const noexcept { return entries_; }

const GgufValue* GgufMetadata::find(std::string_view key) const noexcept {
  const GgufEntry* entry = find_by_name(entries(), by_key_, &GgufEntry::key, key);
  return entry == nullptr ? nullptr : &entry->value;
}

const GgufEntry* GgufMetadata::duplicate() const noexcept {
  return find_duplicate(entries(), by_key_, &GgufEntry::key);
}

Result<const GgufValue*> GgufMetadata::require(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return not_found("key ", printable(key), ": expected in the file's metadata, found nothing");
  return value;
}

Result<std::uint64_t> GgufMetadata::unsigned_integer(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  return to_integer<std::uint64_t>(key, *value);
}

Result<std::int64_t> GgufMetadata::integer(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  return to_integer<std::int64_t>(key, *value);
}

Result<double> GgufMetadata::real(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto* scalar = std::get_if<GgufScalar>(value);
  const auto* f32 = scalar == nullptr ? nullptr : std::get_if<float>(scalar);
  const auto* f64 = scalar == nullptr ? nullptr : std::get_if<double>(scalar);
  if (f32 == nullptr && f64 == nullptr) return wrong_type(key, "float32 or float64", *value);
  const double found = f32 != nullptr ? *f32 : *f64;
  if (!std::isfinite(found)) return corrupt_data("key ", printable(key), ": expected a finite number, found ", found);
  return found;
}

Result<bool> GgufMetadata::boolean(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto* scalar = std::get_if<GgufScalar>(value);
  const auto* found = scalar == nullptr ? nullptr : std::get_if<bool>(scalar);
  if (found == nullptr) return wrong_type(key, "bool", *value);
  return *found;
}

std::uint64_t GgufMetadata::n_elements(std::string_view key) const noexcept {
  const GgufValue* value = find(key);
  const std::optional<ArrayShape> shape = value == nullptr ? std::nullopt : array_shape(*value);
  return shape ? shape->n_elements : 0;
}

Result<std::string> GgufMetadata::string(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto* scalar = std::get_if<GgufScalar>(value);
  const auto* found = scalar == nullptr ? nullptr : std::get_if<std::string>(scalar);
  if (found != nullptr) return *found;
  const auto* stored = std::get_if<GgufStored>(value);
  if (stored == nullptr || stored->shape != GgufStored::Shape::kText) return wrong_type(key, "string", *value);
  if (stored->range.n_bytes > kMaxGgufTextBytes) {
    return resource_exhausted("key ", printable(key), ": expected a text of at most ", kMaxGgufTextBytes,
                              " bytes, found ", stored->range.n_bytes);
  }
  return read_text(*stored, stored->range.n_bytes);
}

Result<GgufTexts> GgufMetadata::strings(std::string_view key, std::uint64_t max_elements) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto accepts = [](GgufType type) { return type == GgufType::kString; };
  TENFOLD_RETURN_IF_ERROR(check_array(key, *value, {accepts, "array of string", max_elements}));
  if (const auto* array = std::get_if<GgufArray>(value)) return texts_of(std::get<std::vector<std::string>>(*array));
  Result<GgufTexts> read = read_texts(std::get<GgufStored>(*value));
  if (!read.ok()) return read.status().with_context(cat("key ", printable(key)));
  return read;
}

Result<std::vector<float>> GgufMetadata::floats(std::string_view key, std::uint64_t max_elements) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto accepts = [](GgufType type) { return type == GgufType::kFloat32; };
  TENFOLD_ASSIGN_OR_RETURN(GgufArray array, elements(key, *value, {accepts, "array of float32", max_elements}));
  return std::move(std::get<std::vector<float>>(array));
}

Result<std::vector<std::int64_t>> GgufMetadata::integers(std::string_view key, std::uint64_t max_elements) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  TENFOLD_ASSIGN_OR_RETURN(const GgufArray array,
                           elements(key, *value, {is_integer, "array of integers", max_elements}));
  return to_integers(key, array);
}

Result<std::vector<bool>> GgufMetadata::booleans(std::string_view key, std::uint64_t max_elements) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto accepts = [](GgufType type) { return type == GgufType::kBool; };
  TENFOLD_ASSIGN_OR_RETURN(GgufArray array, elements(key, *value, {accepts, "array of bool", max_elements}));
  return std::move(std::get<std::vector<bool>>(array));
}

}  // namespace tenfold
