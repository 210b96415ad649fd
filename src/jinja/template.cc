#include "jinja/template.h"

#include <algorithm>
#include <unordered_map>

#include "base/contracts.h"
#include "base/error.h"
#include "base/guard.h"
#include "base/utf8.h"
#include "jinja/compared_constants.h"
#include "jinja/evaluator.h"
#include "jinja/from_json.h"
#include "jinja/parse_template.h"

namespace tenfold::jinja {

struct Template::Parsed {
  TemplateTree tree;
  Limits limits;
};

namespace {

[[maybe_unused]] bool overlap(const WrittenPart& a, const WrittenPart& b) {
  return a.text == b.text && a.part.end > b.part.begin;
}

// Values for the names that the template mentions, by NameId; the other variables are never converted.
Result<std::vector<Value>> values_of(const Input& input, const TemplateTree& tree) {
  std::vector<WrittenPart> written = input.written;
  std::sort(written.begin(), written.end(), comes_before);
  TENFOLD_DCHECK(std::adjacent_find(written.begin(), written.end(), overlap) == written.end());
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t i = 0; i < tree.names.size(); ++i) ids.emplace(tree.names[i], i);
  std::vector<Value> values(tree.names.size());
  for (const Variable& variable : input.variables) {
    TENFOLD_DCHECK(variable.value != nullptr);
    const auto id = ids.find(variable.name);
    if (id == ids.end()) continue;
    // Input does not count as memory of the template: its size is the caller's choice.
    TENFOLD_ASSIGN_OR_RETURN(values[id->second], from_json(nullptr, *variable.value, written));
  }
  return values;
}

}  // namespace

Result<Template> Template::parse(std::string_view source, const Limits& limits) {
  return guard([&]() -> Result<Template> {
    if (source.size() > limits.max_source_bytes) {
      return resource_exhausted("expected at most ", limits.max_source_bytes, " bytes, found ", source.size());
    }
    TENFOLD_ASSIGN_OR_RETURN(TemplateTree tree, parse_template(to_valid_utf8(source)));
    return Template(std::make_shared<const Parsed>(Parsed{std::move(tree), limits}));
  });
}

Result<MarkedText> Template::render(const Input& input) const {
  return guard([&]() -> Result<MarkedText> {
    Limits limits = parsed_->limits;
    limits.max_value_bytes = std::min(limits.max_value_bytes, input.max_bytes);
    limits.max_output_bytes = std::min(limits.max_output_bytes, input.max_bytes);
    limits.max_steps = std::min(limits.max_steps, input.max_steps);
    Runtime runtime(limits, input.now_s, input.cancel);
    TENFOLD_ASSIGN_OR_RETURN(std::vector<Value> values, values_of(input, parsed_->tree));
    return Evaluator(runtime, parsed_->tree, std::move(values)).run();
  });
}

std::vector<std::string> Template::constants_compared_with(std::string_view name) const {
  return jinja::constants_compared_with(name, parsed_->tree);
}

}  // namespace tenfold::jinja
