#include "jinja/json_text.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json_string.h"
#include "jinja/number_text.h"
#include "jinja/sorted_order.h"

namespace tenfold::jinja {

namespace {

std::string json_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return float_repr(value);
}

class JsonWriter {
 public:
  JsonWriter(Runtime& rt, const JsonStyle& style) : rt_(rt), style_(style) {}

  Status write(const Value& value) {
    const DepthScope depth(rt_.budget);
    TENFOLD_RETURN_IF_ERROR(depth.status());
    switch (value.kind()) {
      case Kind::kNone: return add("null");
      case Kind::kBool: return add(value.as_bool() ? "true" : "false");
      case Kind::kInt:
      case Kind::kLargeInt: return add(value.digits());
      case Kind::kFloat: return add(json_float(value.as_real()));
      case Kind::kString: return string(value);
      case Kind::kList:
      case Kind::kTuple: return list(value.items());
      case Kind::kDict: return dict(value.dict());
      case Kind::kUndefined:
        return invalid_argument("Object of type Undefined is not JSON serializable: ", value.undefined_reason());
      default: return invalid_argument("Object of type ", type_name(value), " is not JSON serializable");
    }
  }

  MarkedText take() { return std::move(out_); }

 private:
  Status add(std::string_view text) {
    out_.append_written(text);
    TENFOLD_RETURN_IF_ERROR(rt_.budget.copy(text.size()));
    return rt_.budget.reserve(out_.n_bytes());
  }

  Status string(const Value& value) {
    return string(value.text(), value.origin() == Origin::kTemplate ? Origin::kTemplate : Origin::kGiven);
  }
  // The quotes are ours.
  Status string(std::string_view text, Origin origin = Origin::kTemplate) {
    TENFOLD_RETURN_IF_ERROR(rt_.budget.work(text.size()));
    TENFOLD_RETURN_IF_ERROR(rt_.budget.reserve(out_.n_bytes() + text.size()));
    std::string quoted;
    append_json_string(quoted, text, style_.characters);
    out_.append_written("\"");
    out_.append({std::string_view(quoted).substr(1, quoted.size() - 2), origin});
    out_.append_written("\"");
    return rt_.budget.reserve(out_.n_bytes());
  }

  // Line break and indentation before an item or a closing bracket; nothing on one line.
  Status new_line() {
    if (!style_.indent) return {};
    TENFOLD_RETURN_IF_ERROR(add("\n"));
    for (int i = 0; i < level_; ++i) TENFOLD_RETURN_IF_ERROR(add(*style_.indent));
    return {};
  }

  Status list(const std::vector<Value>& items) {
    if (items.empty()) return add("[]");
    TENFOLD_RETURN_IF_ERROR(add("["));
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) TENFOLD_RETURN_IF_ERROR(add(style_.item_separator));
      TENFOLD_RETURN_IF_ERROR(new_line());
      TENFOLD_RETURN_IF_ERROR(write(items[i]));
    }
    --level_;
    TENFOLD_RETURN_IF_ERROR(new_line());
    return add("]");
  }

  // Keys may be scalars, which json.dumps turns into strings.
  Status key(const Value& key) {
    switch (key.kind()) {
      case Kind::kString: return string(key);
      case Kind::kNone: return string("null");
      case Kind::kBool: return string(key.as_bool() ? "true" : "false");
      case Kind::kInt:
      case Kind::kLargeInt: return string(key.digits());
      case Kind::kFloat: return string(json_float(key.as_real()));
      default: return invalid_argument("keys must be str, int, float, bool or None, not ", type_name(key));
    }
  }

  Status dict(const DictObject& object) {
    if (object.entries.empty()) return add("{}");
    std::vector<std::size_t> order(object.entries.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    if (style_.sort_keys) {
      std::vector<Value> keys;
      for (const auto& [key, value] : object.entries) keys.push_back(key);
      TENFOLD_ASSIGN_OR_RETURN(order, sorted_order(rt_, keys, SortDirection::kAscending));
    }
    TENFOLD_RETURN_IF_ERROR(add("{"));
    ++level_;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto& [entry_key, value] = object.entries[order[i]];
      if (i > 0) TENFOLD_RETURN_IF_ERROR(add(style_.item_separator));
      TENFOLD_RETURN_IF_ERROR(new_line());
      TENFOLD_RETURN_IF_ERROR(key(entry_key));
      TENFOLD_RETURN_IF_ERROR(add(style_.key_separator));
      TENFOLD_RETURN_IF_ERROR(write(value));
    }
    --level_;
    TENFOLD_RETURN_IF_ERROR(new_line());
    return add("}");
  }

  Runtime& rt_;
  const JsonStyle& style_;
  MarkedText out_;
  int level_ = 0;
};

}  // namespace

Result<MarkedText> to_json(Runtime& rt, const Value& value, const JsonStyle& style) {
  JsonWriter writer(rt, style);
  TENFOLD_RETURN_IF_ERROR(writer.write(value));
  return writer.take();
}

}  // namespace tenfold::jinja
