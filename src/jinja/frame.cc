#include "jinja/frame.h"

namespace tenfold::jinja {

void Frame::drop_values() noexcept { variables.clear(); }

void Frame::enter(const Scope& scope) {
  variables.clear();
  heap->budget().owe(scope.starts_undefined.size() / 4);
  const std::size_t before = variables.capacity();
  for (const NameId name : scope.starts_undefined) variables.emplace_back(name, Value());
  account((variables.capacity() - before) * sizeof(variables[0]));
}

Value* Frame::find(NameId name) {
  for (auto& [candidate, value] : variables) {
    if (candidate == name) return &value;
  }
  return nullptr;
}

void Frame::set(NameId name, Value value) {
  if (Value* present = find(name); present != nullptr) {
    *present = std::move(value);
    return;
  }
  const std::size_t before = variables.capacity();
  variables.emplace_back(name, std::move(value));
  account((variables.capacity() - before) * sizeof(variables[0]));
}

}  // namespace tenfold::jinja
