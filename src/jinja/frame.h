// The variables of one scope while it runs.
#pragma once

#include <memory>

#include "jinja/ast.h"
#include "jinja/heap.h"

namespace tenfold::jinja {

// Scopes know the scope around them; a macro keeps the one it was defined in. Owned by whoever runs it and by macros.
struct Frame final : MutableObject {
  Frame(Heap& owner, std::shared_ptr<Frame> around) : MutableObject(owner, sizeof(Frame)), parent(std::move(around)) {}
  void drop_values() noexcept override;

  // Makes the frame a fresh one for this scope.
  void enter(const Scope& scope);
  Value* find(NameId name);
  void set(NameId name, Value value);

  const std::shared_ptr<Frame> parent;
  std::vector<std::pair<NameId, Value>> variables;
};

struct MacroObject final : Object {
  MacroObject(Heap* owner, const MacroDefinition& macro, std::shared_ptr<Frame> frame)
      : Object(owner, sizeof(MacroObject), 0), definition(macro), closure(std::move(frame)) {}
  const MacroDefinition& definition;
  const std::shared_ptr<Frame> closure;
};

}  // namespace tenfold::jinja
