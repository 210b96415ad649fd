// The types of GGUF metadata values: their numbers in the file, their names in messages.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "model_file/gguf/gguf_value.h"

namespace tenfold {

// "uint32", "array of string".
std::string type_name(const GgufValue& value);
std::string type_name(GgufType type);

// The number of a scalar's type or of an array's element type. Both variants list the types in the file's order, in
// which 9 is the array itself.
template <typename Variant>
GgufType element_type(const Variant& value) noexcept {
  const auto index = static_cast<std::uint32_t>(value.index());
  return static_cast<GgufType>(index < static_cast<std::uint32_t>(GgufType::kArray) ? index : index + 1);
}

// Calls visit(T{}) with the C++ type of a type number from a file.
// Errors: kCorruptData for a number that is no scalar type; what `visit` returns.
template <typename Visit>
Status visit_scalar_type(std::uint32_t number, Visit&& visit) {
  switch (static_cast<GgufType>(number)) {
    case GgufType::kUint8: return visit(std::uint8_t{});
    case GgufType::kInt8: return visit(std::int8_t{});
    case GgufType::kUint16: return visit(std::uint16_t{});
    case GgufType::kInt16: return visit(std::int16_t{});
    case GgufType::kUint32: return visit(std::uint32_t{});
    case GgufType::kInt32: return visit(std::int32_t{});
    case GgufType::kFloat32: return visit(float{});
    case GgufType::kBool: return visit(bool{});
    case GgufType::kString: return visit(std::string{});
    case GgufType::kUint64: return visit(std::uint64_t{});
    case GgufType::kInt64: return visit(std::int64_t{});
    case GgufType::kFloat64: return visit(double{});
    case GgufType::kArray: return corrupt_data("expected an array of scalars, found an array of arrays");
  }
  return corrupt_data("expected a value type of 0…12, found ", number);
}

}  // namespace tenfold
