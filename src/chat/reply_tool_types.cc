#include "chat/reply_tool_types.h"

#include <algorithm>

namespace tenfold {

namespace {

const Json& declaration(const Json& entry) {
  const Json* inner = entry.find("function");
  return inner != nullptr && inner->is_object() ? *inner : entry;
}

// The schemas of the tool's parameters, by name; null for a tool that was not offered.
const Json& declared_parameters(std::string_view name, const Json& tools) {
  static const Json kNull;
  for (const Json& entry : tools) {
    if (tool_name(entry) == name) return declaration(entry)["parameters"]["properties"];
  }
  return kNull;
}

// A type is a name or a list of those.
bool declares(const Json& schema, std::string_view type) {
  const Json& declared = schema["type"];
  const auto is_it = [&](const Json& item) { return item.text() == type; };
  return is_it(declared) || std::any_of(declared.begin(), declared.end(), is_it);
}

bool fits(const Json& value, const Json& schema) {
  if (value.is_boolean()) return declares(schema, "boolean");
  return value.is_integer() ? declares(schema, "integer") || declares(schema, "number")
                            : value.is_number() && declares(schema, "number");
}

}  // namespace

std::string_view tool_name(const Json& entry) { return declaration(entry)["name"].text(); }

Json value_of_text(std::string_view text, std::string_view tool, std::string_view parameter, const Json& tools) {
  const Json& schema = declared_parameters(tool, tools)[parameter];
  if (declares(schema, "string")) return text;
  if (text == "True") return true;
  if (text == "False") return false;
  if (text == "None") return nullptr;
  Result<Json> value = parse_json(text);
  // Text is written without quotes: those that are there belong to it.
  if (!value.ok() || value->is_string()) return text;
  return *std::move(value);
}

void fit_to_declared_types(Json& arguments, std::string_view tool, const Json& tools) {
  const Json& parameters = declared_parameters(tool, tools);
  if (parameters.empty()) return;
  for (Json::Member& argument : arguments.object_members()) {
    const Json& schema = parameters[argument.key];
    if (!argument.value.is_string() || declares(schema, "string")) continue;
    Result<Json> value = parse_json(argument.value.text());
    if (value.ok() && fits(*value, schema)) argument.value = *std::move(value);
  }
}

}  // namespace tenfold
