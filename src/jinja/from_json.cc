#include "jinja/from_json.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/stack_left.h"
#include "base/utf8.h"

namespace tenfold::jinja {

namespace {

Result<Value> from_json_at(Heap* heap, const Json& json, int depth) {
  if (depth > Budget::kMaxValueDepth) {
    return resource_exhausted("JSON nested deeper than ", Budget::kMaxValueDepth, " levels");
  }
  if (stack_left_bytes() < kStackReserve) return stack_exhausted();
  switch (json.type()) {
    case Json::Type::kBoolean: return Value::boolean(json.get<bool>());
    case Json::Type::kLargeInteger: return make_integer(heap, json.digits());
    case Json::Type::kInteger: return Value::integer(json.get<std::int64_t>());
    case Json::Type::kReal: return Value::real(json.get<double>());
    case Json::Type::kString: return make_string(heap, to_valid_utf8(json.text()));
    case Json::Type::kArray: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const Json& item : json) {
        TENFOLD_ASSIGN_OR_RETURN(Value value, from_json_at(heap, item, depth + 1));
        items.push_back(std::move(value));
      }
      return make_list(heap, std::move(items));
    }
    case Json::Type::kObject: {
      std::vector<DictObject::Entry> entries;
      entries.reserve(json.size());
      for (const auto& [key, item] : json.items()) {
        TENFOLD_ASSIGN_OR_RETURN(Value value, from_json_at(heap, item, depth + 1));
        entries.emplace_back(make_string(heap, to_valid_utf8(key)), std::move(value));
      }
      return make_dict(heap, std::move(entries));
    }
    case Json::Type::kNull: break;
  }
  return Value::none();
}

}  // namespace

Result<Value> from_json(Heap* heap, const Json& json) { return from_json_at(heap, json, 0); }

}  // namespace tenfold::jinja
