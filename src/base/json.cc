#include "base/json.h"

#include "base/error.h"

namespace tenfold {

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return resource_exhausted("JSON: expected at most ", limits.max_bytes, " bytes, found ", text.size());
  }
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t event, Json&) {
    const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= limits.max_depth) too_deep = true;
    return !too_deep;
  };
  try {
    Json parsed = Json::parse(text.begin(), text.end(), watch_depth);
    if (too_deep) return resource_exhausted("JSON: nested deeper than ", limits.max_depth, " levels");
    return parsed;
  } catch (const Json::parse_error& e) {
    if (too_deep) return resource_exhausted("JSON: nested deeper than ", limits.max_depth, " levels");
    return invalid_argument("JSON: ", printable(e.what(), 160));
  } catch (const Json::exception& e) {
    return invalid_argument("JSON: ", printable(e.what(), 160));
  }
}

}  // namespace tenfold
