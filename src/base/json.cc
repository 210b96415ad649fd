#include "base/json.h"

#include <cmath>
#include <cstdlib>
#include <ostream>
#include <span>

#include "base/cat.h"
#include "base/contracts.h"
#include "base/json_string.h"
#include "base/utf8.h"

namespace tenfold {

namespace {

const std::string kNoText;
const Json kNull;
const Json::Array kNoItems;
const Json::Object kNoMembers;

// The shortest digits that read back as the same number, with a fraction or an exponent.
std::string real_text(double value) {
  if (!std::isfinite(value)) return "null";
  std::string text = cat(value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// Of an object that is written down in the source, and so short.
[[maybe_unused]] bool keys_differ(std::span<const Json::Member> members) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members[i].key == members[j].key) return false;
    }
  }
  return true;
}

[[maybe_unused]] bool is_whole_number(std::string_view digits) {
  if (digits.starts_with('-')) digits.remove_prefix(1);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Json::Json() noexcept = default;
Json::Json(std::nullptr_t) noexcept {}
Json::Json(Value value) noexcept : value_(std::move(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(std::initializer_list<Member> members) : value_(Object(members)) {
  TENFOLD_DCHECK(keys_differ({members.begin(), members.size()}));
}

Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;
bool Json::operator==(const Json& other) const = default;

Json Json::array(std::initializer_list<Json> items) { return Json(Value(Array(items))); }
Json Json::object() { return Json(Value(Object())); }

Json Json::integer(std::string_view digits) {
  TENFOLD_DCHECK(is_whole_number(digits));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc() && end == digits.data() + digits.size()) return Json(Value(value));
  return Json(Value(LargeInteger{std::string(digits)}));
}

const char* Json::type_name() const noexcept {
  switch (type()) {
    case Type::kNull: return "null";
    case Type::kBoolean: return "boolean";
    case Type::kInteger:
    case Type::kLargeInteger:
    case Type::kReal: return "number";
    case Type::kString: return "string";
    case Type::kArray: return "array";
    case Type::kObject: break;
  }
  return "object";
}

double Json::as_double() const noexcept {
  if (const auto* real = std::get_if<double>(&value_)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*integer);
  double value = 0;
  std::from_chars(digits().data(), digits().data() + digits().size(), value);
  return value;
}

const std::string& Json::text() const noexcept {
  const auto* text = std::get_if<std::string>(&value_);
  return text != nullptr ? *text : kNoText;
}

const std::string& Json::digits() const noexcept {
  const auto* integer = std::get_if<LargeInteger>(&value_);
  return integer != nullptr ? integer->digits : kNoText;
}

std::size_t Json::size() const noexcept { return is_object() ? items().size() : elements().size(); }

const Json::Array& Json::elements() const noexcept {
  const auto* items = std::get_if<Array>(&value_);
  return items != nullptr ? *items : kNoItems;
}

const Json::Object& Json::items() const noexcept {
  const auto* members = std::get_if<Object>(&value_);
  return members != nullptr ? *members : kNoMembers;
}

const Json& Json::operator[](std::size_t index) const noexcept {
  return index < elements().size() ? elements()[index] : kNull;
}

const Json* Json::find(std::string_view key) const noexcept {
  for (const Member& member : items()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Json* Json::find(std::string_view key) noexcept { return const_cast<Json*>(std::as_const(*this).find(key)); }

const Json& Json::operator[](std::string_view key) const noexcept {
  const Json* value = find(key);
  return value != nullptr ? *value : kNull;
}

Json::Array& Json::array_items() {
  if (!is_array()) value_ = Array();
  return std::get<Array>(value_);
}

Json::Object& Json::object_members() {
  if (!is_object()) value_ = Object();
  return std::get<Object>(value_);
}

void Json::append(std::string key, Json value) { object_members().push_back({std::move(key), std::move(value)}); }

void Json::erase(std::string_view key) {
  if (is_object()) std::erase_if(object_members(), [&](const Member& member) { return member.key == key; });
}

Json& Json::operator[](std::string_view key) {
  if (Json* value = find(key)) return *value;
  append(std::string(key), nullptr);
  return object_members().back().value;
}

void Json::write(std::string& out) const {
  switch (type()) {
    case Type::kNull: out += "null"; return;
    case Type::kBoolean: out += get<bool>() ? "true" : "false"; return;
    case Type::kInteger: out += cat(get<std::int64_t>()); return;
    case Type::kLargeInteger: out += digits(); return;
    case Type::kReal: out += real_text(as_double()); return;
    case Type::kString: append_json_string(out, text(), JsonCharacters::kAll); return;
    case Type::kArray:
      out += '[';
      for (const Json& item : *this) {
        if (&item != begin()) out += ',';
        item.write(out);
      }
      out += ']';
      return;
    case Type::kObject:
      out += '{';
      for (const Member& member : items()) {
        if (&member != items().data()) out += ',';
        append_json_string(out, member.key, JsonCharacters::kAll);
        out += ':';
        member.value.write(out);
      }
      out += '}';
      return;
  }
}

std::string Json::dump() const {
  std::string out;
  write(out);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Json& json) { return out << json.dump(); }

}  // namespace tenfold
