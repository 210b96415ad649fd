#include "model_file/gguf/value_type.h"

namespace tenfold {

std::string type_name(GgufType type) {
  switch (type) {
    case GgufType::kUint8: return "uint8";
    case GgufType::kInt8: return "int8";
    case GgufType::kUint16: return "uint16";
    case GgufType::kInt16: return "int16";
    case GgufType::kUint32: return "uint32";
    case GgufType::kInt32: return "int32";
    case GgufType::kFloat32: return "float32";
    case GgufType::kBool: return "bool";
    case GgufType::kString: return "string";
    case GgufType::kArray: return "array";
    case GgufType::kUint64: return "uint64";
    case GgufType::kInt64: return "int64";
    case GgufType::kFloat64: return "float64";
  }
  return cat("type ", static_cast<std::uint32_t>(type));
}

std::string type_name(const GgufValue& value) {
  if (const auto* scalar = std::get_if<GgufScalar>(&value)) return type_name(element_type(*scalar));
  if (const auto* array = std::get_if<GgufArray>(&value)) return cat("array of ", type_name(element_type(*array)));
  const auto& stored = std::get<GgufStored>(value);
  return cat(stored.shape == GgufStored::Shape::kArray ? "array of " : "", type_name(stored.type));
}

}  // namespace tenfold
