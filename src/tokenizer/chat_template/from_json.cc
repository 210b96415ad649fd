#include "tokenizer/chat_template/from_json.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace tenfold::jinja {

namespace {

Result<Value> from_json_at(Heap* heap, const Json& json, int depth) {
  if (depth > Budget::kMaxValueDepth) {
    return resource_exhausted("JSON nested deeper than ", Budget::kMaxValueDepth, " levels");
  }
  switch (json.type()) {
    case Json::value_t::boolean: return Value::boolean(json.get<bool>());
    case Json::value_t::number_integer: return Value::integer(json.get<std::int64_t>());
    case Json::value_t::number_float: return Value::real(json.get<double>());
    case Json::value_t::string: return make_string(heap, to_valid_utf8(json.get_ref<const std::string&>()));
    case Json::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return unsupported("integer ", number, " does not fit into 64 bits");
      }
      return Value::integer(static_cast<std::int64_t>(number));
    }
    case Json::value_t::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const Json& item : json) {
        TENFOLD_ASSIGN_OR_RETURN(Value value, from_json_at(heap, item, depth + 1));
        items.push_back(std::move(value));
      }
      return make_list(heap, std::move(items));
    }
    case Json::value_t::object: {
      std::vector<DictObject::Entry> entries;
      entries.reserve(json.size());
      for (const auto& [key, item] : json.items()) {
        TENFOLD_ASSIGN_OR_RETURN(Value value, from_json_at(heap, item, depth + 1));
        entries.emplace_back(make_string(heap, to_valid_utf8(key)), std::move(value));
      }
      return make_dict(heap, std::move(entries));
    }
    default: return Value::none();
  }
}

}  // namespace

Result<Value> from_json(Heap* heap, const Json& json) { return from_json_at(heap, json, 0); }

}  // namespace tenfold::jinja
