#include "jinja/from_json.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/contracts.h"
#include "base/error.h"
#include "base/stack_left.h"
#include "base/utf8.h"

namespace tenfold::jinja {

namespace {

class Converter {
 public:
  Converter(Heap* heap, std::span<const WrittenPart> written) : heap_(heap), written_(written) {}

  Result<Value> convert(const Json& json, int depth) const {
    if (depth > Budget::kMaxValueDepth) {
      return resource_exhausted("JSON nested deeper than ", Budget::kMaxValueDepth, " levels");
    }
    if (stack_left_bytes() < kStackReserve) return stack_exhausted();
    switch (json.type()) {
      case Json::Type::kBoolean: return Value::boolean(json.get<bool>());
      case Json::Type::kLargeInteger: return make_integer(heap_, json.digits());
      case Json::Type::kInteger: return Value::integer(json.get<std::int64_t>());
      case Json::Type::kReal: return Value::real(json.get<double>());
      case Json::Type::kString: return string(json);
      case Json::Type::kArray: return list(json, depth);
      case Json::Type::kObject: return dict(json, depth);
      case Json::Type::kNull: break;
    }
    return Value::none();
  }

 private:
  Value string(const Json& json) const {
    std::string text = to_valid_utf8(json.text());
    const auto before = [](const WrittenPart& part, const Json* address) { return std::less<>()(part.text, address); };
    auto part = std::lower_bound(written_.begin(), written_.end(), &json, before);
    // Where the text had to be mended its parts lie elsewhere: all of it is given then.
    const bool is_written = part != written_.end() && part->text == &json && text == json.text();
    if (!is_written) return make_string(heap_, std::move(text));
    MarkedText marked;
    const auto append_up_to = [&](std::size_t end, Origin origin) {
      const std::size_t at = marked.text.size();
      if (end > at) marked.append({std::string_view(text).substr(at, end - at), origin});
    };
    for (; part != written_.end() && part->text == &json; ++part) {
      TENFOLD_DCHECK(part->part.begin <= part->part.end && part->part.end <= text.size());
      append_up_to(part->part.begin, Origin::kGiven);
      append_up_to(part->part.end, Origin::kTemplate);
    }
    append_up_to(text.size(), Origin::kGiven);
    return make_string(heap_, std::move(marked));
  }

  Result<Value> list(const Json& json, int depth) const {
    std::vector<Value> items;
    items.reserve(json.size());
    for (const Json& item : json) {
      TENFOLD_ASSIGN_OR_RETURN(Value value, convert(item, depth + 1));
      items.push_back(std::move(value));
    }
    return make_list(heap_, std::move(items));
  }

  Result<Value> dict(const Json& json, int depth) const {
    std::vector<DictObject::Entry> entries;
    entries.reserve(json.size());
    for (const auto& [key, item] : json.items()) {
      TENFOLD_ASSIGN_OR_RETURN(Value value, convert(item, depth + 1));
      entries.emplace_back(make_string(heap_, to_valid_utf8(key)), std::move(value));
    }
    return make_dict(heap_, std::move(entries));
  }

  Heap* const heap_;
  const std::span<const WrittenPart> written_;
};

}  // namespace

Result<Value> from_json(Heap* heap, const Json& json, std::span<const WrittenPart> written) {
  TENFOLD_DCHECK(std::is_sorted(written.begin(), written.end(), comes_before));
  return Converter(heap, written).convert(json, 0);
}

}  // namespace tenfold::jinja
