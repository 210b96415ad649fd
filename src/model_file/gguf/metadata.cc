#include <cmath>
#include <concepts>
#include <limits>
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

template <typename T>
Result<std::span<const T>> elements(std::string_view key, const GgufValue& value, std::string_view expected) {
  if (const auto* array = std::get_if<GgufArray>(&value)) {
    if (const auto* items = std::get_if<std::vector<T>>(array)) return std::span<const T>(*items);
  }
  return wrong_type(key, expected, value);
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

Result<std::string> GgufMetadata::string(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto* scalar = std::get_if<GgufScalar>(value);
  const auto* found = scalar == nullptr ? nullptr : std::get_if<std::string>(scalar);
  if (found == nullptr) return wrong_type(key, "string", *value);
  return *found;
}

Result<std::span<const std::string>> GgufMetadata::strings(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  return elements<std::string>(key, *value, "array of string");
}

Result<std::span<const float>> GgufMetadata::floats(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  return elements<float>(key, *value, "array of float32");
}

Result<std::vector<std::int64_t>> GgufMetadata::integers(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  const auto convert = [&](const auto& items) -> Result<std::vector<std::int64_t>> {
    using Item = typename std::remove_cvref_t<decltype(items)>::value_type;
    if constexpr (kIsInteger<Item>) {
      std::vector<std::int64_t> out;
      out.reserve(items.size());
      for (const Item item : items) {
        if (!std::in_range<std::int64_t>(item)) {
          return corrupt_data("key ", printable(key), ": expected integers below 2^63, found ", item, " at ",
                              out.size());
        }
        out.push_back(static_cast<std::int64_t>(item));
      }
      return out;
    } else {
      return wrong_type(key, "array of integers", *value);
    }
  };
  const auto* array = std::get_if<GgufArray>(value);
  return array != nullptr ? std::visit(convert, *array) : wrong_type(key, "array of integers", *value);
}

Result<std::vector<bool>> GgufMetadata::booleans(std::string_view key) const {
  TENFOLD_ASSIGN_OR_RETURN(const GgufValue* value, require(key));
  if (const auto* array = std::get_if<GgufArray>(value)) {
    if (const auto* items = std::get_if<std::vector<bool>>(array)) return *items;
  }
  return wrong_type(key, "array of bool", *value);
}

}  // namespace tenfold
