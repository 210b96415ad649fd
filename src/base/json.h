// A JSON value, and JSON from outside with limits.
//
// Objects keep the order of their keys, since chat templates print them in that order; whole numbers keep their digits,
// however many. Asking a value for what it does not hold gives an empty answer (null, 0, "", no items), never an
// exception; only adding can run out of memory, and destroying needs none. Copying, comparing, writing and destroying
// recurse, so the parser bounds the depth.
//
// A value: one object belongs to one thread at a time, const access is thread-safe.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tenfold/status.h"

namespace tenfold {

class Json {
 public:
  struct Member;  // of an object: key and value
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;
  enum class Type { kNull, kBoolean, kInteger, kLargeInteger, kReal, kString, kArray, kObject };

  Json() noexcept;                // null
  Json(std::nullptr_t) noexcept;  // NOLINT(google-explicit-constructor)
  template <std::same_as<bool> T>
  Json(T value) : Json(Value(value)) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Json(T value) : Json(whole(value)) {}  // NOLINT(google-explicit-constructor)
  template <std::floating_point T>
  Json(T value) : Json(Value(static_cast<double>(value))) {}  // NOLINT(google-explicit-constructor)
  Json(std::string value);                                    // NOLINT(google-explicit-constructor)
  Json(std::string_view value);                               // NOLINT(google-explicit-constructor)
  Json(const char* value);                                    // NOLINT(google-explicit-constructor)
  // An array.
  template <typename T>
  Json(const std::vector<T>& items);  // NOLINT(google-explicit-constructor)
  // An object: {{"role", "user"}, {"content", text}}. Keys must differ.
  Json(std::initializer_list<Member> members);

  static Json array(std::initializer_list<Json> items = {});
  static Json object();
  // A whole number by its decimal digits, '-' before them if it is negative.
  static Json integer(std::string_view digits);

  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();
  // Objects are equal when keys, values and their order are.
  bool operator==(const Json& other) const;

  Type type() const noexcept { return static_cast<Type>(value_.index()); }
  bool is_null() const noexcept { return type() == Type::kNull; }
  bool is_boolean() const noexcept { return type() == Type::kBoolean; }
  bool is_integer() const noexcept { return type() == Type::kInteger || type() == Type::kLargeInteger; }
  bool is_number() const noexcept { return is_integer() || type() == Type::kReal; }
  bool is_string() const noexcept { return type() == Type::kString; }
  bool is_array() const noexcept { return type() == Type::kArray; }
  bool is_object() const noexcept { return type() == Type::kObject; }
  // "null", "boolean", "number", "string", "array" or "object".
  const char* type_name() const noexcept;

  // The whole number that it holds, if T can hold it too.
  template <std::integral T>
  std::optional<T> to_integer() const;
  // The value as bool, a number, std::string or a vector of those; T() where it holds something else. A number is
  // rounded to a floating-point T.
  template <typename T>
  T get() const;
  const std::string& text() const noexcept;    // of a string
  const std::string& digits() const noexcept;  // of a kLargeInteger

  // Items of an array, members of an object.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  const Json* begin() const noexcept { return elements().data(); }
  const Json* end() const noexcept { return begin() + elements().size(); }
  const Json& operator[](std::size_t index) const noexcept;
  // The members of an object, in order.
  const Object& items() const noexcept;
  // The member's value, or null if there is none. Looks at all keys before it.
  const Json* find(std::string_view key) const noexcept;
  Json* find(std::string_view key) noexcept;
  bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  const Json& operator[](std::string_view key) const noexcept;

  // All members of that key, if there are some.
  void erase(std::string_view key);

  // What follows makes an array or an object of a value that is none.
  Array& array_items();
  Object& object_members();
  void push_back(Json item) { array_items().push_back(std::move(item)); }
  // Adds a member without looking for its key among the others.
  void append(std::string key, Json value);
  Json& operator[](std::string_view key);

  // As text on one line. Bytes that are not UTF-8 become U+FFFD; NaN and infinity, which JSON lacks, become null.
  std::string dump() const;
  friend std::ostream& operator<<(std::ostream& out, const Json& json);

 private:
  struct LargeInteger {
    std::string digits;
    bool operator==(const LargeInteger&) const = default;
  };
  // In the order of Type.
  using Value = std::variant<std::monostate, bool, std::int64_t, LargeInteger, double, std::string, Array, Object>;

  explicit Json(Value value) noexcept;
  template <std::integral T>
  static Json whole(T value);
  double as_double() const noexcept;
  const Array& elements() const noexcept;
  void write(std::string& out) const;

  Value value_;
};

struct Json::Member {
  std::string key;
  Json value;
  bool operator==(const Member&) const = default;
};

struct JsonLimits {
  int max_depth = 64;
  std::size_t max_bytes = std::size_t{32} << 20;  // a list of small numbers takes twenty times as much, and half again
};

// Of a key that comes twice, the first keeps its place and gets the later value.
// Errors: kInvalidArgument with the byte offset for text that is not JSON or not UTF-8; kResourceExhausted past a
// limit.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

template <std::integral T>
Json Json::whole(T value) {
  if (std::in_range<std::int64_t>(value)) return Json(Value(static_cast<std::int64_t>(value)));
  return integer(std::to_string(value));
}

template <typename T>
Json::Json(const std::vector<T>& items) : value_(Array(items.begin(), items.end())) {}

template <std::integral T>
std::optional<T> Json::to_integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) {
    return std::in_range<T>(*value) ? std::optional(static_cast<T>(*value)) : std::nullopt;
  }
  T large{};
  const std::string_view text = digits();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), large);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(large) : std::nullopt;
}

template <typename T>
T Json::get() const {
  if constexpr (std::same_as<T, bool>) {
    const bool* value = std::get_if<bool>(&value_);
    return value != nullptr && *value;
  } else if constexpr (std::integral<T>) {
    return to_integer<T>().value_or(T());
  } else if constexpr (std::floating_point<T>) {
    return static_cast<T>(as_double());
  } else if constexpr (std::same_as<T, std::string>) {
    return text();
  } else {
    T values;
    for (const Json& item : *this) values.push_back(item.get<typename T::value_type>());
    return values;
  }
}

}  // namespace tenfold
