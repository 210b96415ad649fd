#include "base/error.h"
#include "jinja/evaluator.h"
#include "jinja/value_text.h"

namespace tenfold::jinja {

namespace {

// Takes a keyword argument out of the arguments.
std::optional<Value> take_keyword(std::vector<std::pair<std::string, Value>>& keyword, std::string_view name) {
  for (std::size_t i = 0; i < keyword.size(); ++i) {
    if (keyword[i].first != name) continue;
    std::optional<Value> value = std::move(keyword[i].second);
    keyword.erase(keyword.begin() + static_cast<std::ptrdiff_t>(i));
    return value;
  }
  return std::nullopt;
}

}  // namespace

Result<Arguments> Evaluator::eval_arguments(const CallArguments& node) {
  Arguments arguments;
  arguments.positional.reserve(node.positional.size());
  for (const ExprPtr& expr : node.positional) {
    TENFOLD_ASSIGN_OR_RETURN(Value value, eval(*expr));
    arguments.positional.push_back(std::move(value));
  }
  for (const auto& [name, expr] : node.keyword) {
    TENFOLD_ASSIGN_OR_RETURN(Value value, eval(*expr));
    arguments.keyword.emplace_back(name, std::move(value));
  }
  if (node.star != nullptr) {
    TENFOLD_ASSIGN_OR_RETURN(const Value star, eval(*node.star));
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt_, star));
    arguments.positional.insert(arguments.positional.end(), items.begin(), items.end());
  }
  if (node.double_star == nullptr) return arguments;
  TENFOLD_ASSIGN_OR_RETURN(const Value mapping, eval(*node.double_star));
  if (!mapping.is(Kind::kDict)) return invalid_argument("** expected a mapping, found ", type_name(mapping));
  for (const auto& [key, value] : mapping.dict().entries) {
    TENFOLD_RETURN_IF_ERROR(rt_.budget.step(1 + node.keyword.size()));
    if (!key.is_string()) return invalid_argument("** expected string keys, found ", type_name(key));
    for (const auto& [name, expr] : node.keyword) {
      if (name == key.text()) return invalid_argument("keyword argument '", name, "' given twice");
    }
    TENFOLD_RETURN_IF_ERROR(rt_.budget.reserve(arguments.keyword.size() * sizeof(arguments.keyword[0])));
    arguments.keyword.emplace_back(key.text(), value);
  }
  return arguments;
}

Result<Value> Evaluator::eval_node(const CallExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value callee, eval(*node.callee));
  // `loop.cycle(…)` and `loop.changed(…)` belong to the loop, not to the value.
  if (const auto* attribute = std::get_if<AttributeExpr>(&node.callee->node);
      attribute != nullptr && callee.is(Kind::kLoop)) {
    if (attribute->name == "cycle" || attribute->name == "changed") {
      TENFOLD_ASSIGN_OR_RETURN(const Arguments arguments, eval_arguments(node.arguments));
      return loop_method(callee.object<LoopObject>(), attribute->name, arguments);
    }
  }
  TENFOLD_ASSIGN_OR_RETURN(const Arguments arguments, eval_arguments(node.arguments));
  return call(callee, arguments);
}

Result<Value> Evaluator::call(const Value& callee, const Arguments& arguments) {
  switch (callee.kind()) {
    case Kind::kUndefined: return invalid_argument(callee.undefined_reason());
    case Kind::kMacro: return call_macro(callee.object<MacroObject>(), arguments);
    case Kind::kLoop: return call_recursively(callee.object<LoopObject>(), arguments);
    case Kind::kFunction: return call_native(rt_, callee.as_function(), Value(), arguments);
    case Kind::kMethod: {
      const auto& method = callee.object<MethodObject>();
      return call_native(rt_, method.spec, method.self, arguments);
    }
    case Kind::kJoiner: {
      if (!arguments.positional.empty() || !arguments.keyword.empty())
        return invalid_argument("joiner takes no arguments");
      auto& joiner = callee.object<JoinerObject>();
      return std::exchange(joiner.used, true) ? joiner.separator : make_string(&rt_.heap, "");
    }
    default: return invalid_argument("'", type_name(callee), "' object is not callable");
  }
}

Result<Value> Evaluator::call_macro(const MacroObject& macro, const Arguments& arguments) {
  const MacroDefinition& definition = macro.definition;
  const std::size_t n_parameters = definition.parameters.size();
  std::vector<std::pair<std::string, Value>> keyword = arguments.keyword;
  TENFOLD_RETURN_IF_ERROR(rt_.budget.step(1 + arguments.positional.size() / 4 + keyword.size() * (1 + n_parameters)));
  std::vector<std::optional<Value>> given(n_parameters);
  bool caller_is_parameter = false;
  for (std::size_t i = 0; i < n_parameters; ++i) {
    caller_is_parameter = caller_is_parameter || definition.parameters[i] == tree_.caller;
    if (i < arguments.positional.size()) {
      given[i] = arguments.positional[i];
    } else {
      given[i] = take_keyword(keyword, definition.parameter_names[i]);
    }
  }
  const InFrame closure(*this, macro.closure);
  const std::shared_ptr<Frame> frame = make_frame(definition.scope);
  TENFOLD_RETURN_IF_ERROR(rt_.budget.step(n_parameters * (1 + frame->variables.size() / 16)));
  if (definition.uses_caller && !caller_is_parameter) {
    const std::optional<Value> caller = take_keyword(keyword, "caller");
    const bool absent = !caller || caller->is(Kind::kNone);
    frame->set(tree_.caller, absent ? make_undefined(&rt_.heap, "No caller defined") : *caller);
  }
  if (definition.uses_kwargs) {
    std::vector<DictObject::Entry> entries;
    for (auto& [name, value] : keyword) entries.emplace_back(make_string(&rt_.heap, name), value);
    TENFOLD_ASSIGN_OR_RETURN(Value kwargs, make_dict(&rt_.heap, std::move(entries)));
    frame->set(tree_.kwargs, std::move(kwargs));
  } else if (!keyword.empty()) {
    return invalid_argument("macro '", definition.name, "' takes no keyword argument '", printable(keyword[0].first),
                            "'");
  }
  const std::size_t n_used = std::min(n_parameters, arguments.positional.size());
  if (definition.uses_varargs) {
    frame->set(tree_.varargs, make_tuple(&rt_.heap, {arguments.positional.begin() + static_cast<std::ptrdiff_t>(n_used),
                                                     arguments.positional.end()}));
  } else if (n_used < arguments.positional.size()) {
    return invalid_argument("macro '", definition.name, "' takes not more than ", n_parameters, " argument(s)");
  }
  return render_macro(definition, frame, std::move(given));
}

Result<Value> Evaluator::render_macro(const MacroDefinition& definition, std::shared_ptr<Frame> frame,
                                      std::vector<std::optional<Value>> given) {
  const InFrame inside(*this, frame);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i]) frame->set(definition.parameters[i], *given[i]);
  }
  const std::size_t n_without_default = given.size() - definition.defaults.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i]) continue;
    Value value = make_undefined(&rt_.heap, cat("parameter '", definition.parameter_names[i], "' was not provided"));
    if (i >= n_without_default) {
      TENFOLD_ASSIGN_OR_RETURN(value, eval(*definition.defaults[i - n_without_default]));
    }
    frame->set(definition.parameters[i], std::move(value));
  }
  TENFOLD_ASSIGN_OR_RETURN(Captured captured, capture([&] { return run_statements(definition.body); }));
  return make_string(&rt_.heap, std::move(captured.text));
}

}  // namespace tenfold::jinja
