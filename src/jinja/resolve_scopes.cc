#include "jinja/resolve_scopes.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "jinja/ast_children.h"

namespace tenfold::jinja {

namespace {

// How a scope gets a name that it mentions.
enum class Origin {
  kParameter,  // assigned by whoever enters the scope
  kOutside,    // looked up in the scopes around it and the context
  kUndefined,  // nowhere until assigned
};

// The names that one scope mentions.
class Names {
 public:
  explicit Names(const Names* parent) : parent_(parent) {}

  void load(NameId name) {
    if (!known_here_or_outside(name)) origins_.emplace(name, Origin::kOutside);
  }
  void store(NameId name) {
    if (origins_.contains(name)) return;
    origins_.emplace(name, known_outside(name) ? Origin::kOutside : Origin::kUndefined);
  }
  // What only some branch of an `if` assigns is looked up outside when another branch ran.
  void store_in_branch(NameId name) { origins_.emplace(name, Origin::kOutside); }
  void parameter(NameId name) { origins_[name] = Origin::kParameter; }

  std::vector<NameId> undefined() const {
    std::vector<NameId> names;
    for (const auto& [name, origin] : origins_) {
      if (origin == Origin::kUndefined) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  bool known_outside(NameId name) const { return parent_ != nullptr && parent_->known_here_or_outside(name); }
  bool known_here_or_outside(NameId name) const { return origins_.contains(name) || known_outside(name); }

  const Names* parent_;
  std::unordered_map<NameId, Origin> origins_;
};

void load_all(const Expr& expr, Names& names) {
  for_each_below(expr, [&](const Expr& each) {
    if (const auto* name = std::get_if<NameExpr>(&each.node)) names.load(name->name);
  });
}

void load_arguments(const std::vector<FilterStep>& steps, Names& names) {
  for (const FilterStep& step : steps) {
    for_each_argument(step.arguments, [&](const Expr& child) { load_all(child, names); });
  }
}

enum class TargetRole { kStore, kStoreInBranch, kParameter };

void assign(NameId name, TargetRole role, Names& names) {
  switch (role) {
    case TargetRole::kStore: names.store(name); break;
    case TargetRole::kStoreInBranch: names.store_in_branch(name); break;
    case TargetRole::kParameter: names.parameter(name); break;
  }
}

void assign(const Target& target, TargetRole role, Names& names) {
  switch (target.sort) {
    case Target::Sort::kName: assign(target.name, role, names); break;
    case Target::Sort::kNamespaceAttribute: names.load(target.name); break;
    case Target::Sort::kTuple:
      for (const Target& item : target.items) assign(item, role, names);
  }
}

// First pass over a scope: its names, without looking into the scopes inside it.
struct NameCollector {
  Names& names;
  TargetRole role = TargetRole::kStore;

  void collect(const Body& body) {
    for (const Stmt& stmt : body) std::visit(*this, stmt.node);
  }

  void operator()(const TextStmt&) {}
  void operator()(const JumpStmt&) {}
  void operator()(const GenerationStmt&) {}
  void operator()(const BlockStmt&) {}
  void operator()(const PrintStmt& node) { load_all(*node.value, names); }
  void operator()(const SetStmt& node) {
    load_all(*node.value, names);
    assign(node.target, role, names);
  }
  void operator()(const SetBlockStmt& node) { assign(node.target, role, names); }
  void operator()(const FilterBlockStmt& node) { load_arguments(node.filters, names); }
  void operator()(const MacroStmt& node) { assign(node.name, role, names); }
  void operator()(const ForStmt& node) { load_all(*node.iterable, names); }
  void operator()(const CallBlockStmt& node) { load_all(*node.call, names); }
  void operator()(const WithStmt& node) {
    for (const auto& [target, value] : node.assignments) load_all(*value, names);
  }
  void operator()(const IfStmt& node) {
    NameCollector inside{names, TargetRole::kStoreInBranch};
    for (const IfStmt::Branch& branch : node.branches) {
      load_all(*branch.test, names);
      inside.collect(branch.body);
    }
    inside.collect(node.otherwise);
  }
};

// Whether a macro reads one of its special variables without having a parameter or variable of that name.
class SpecialNames {
 public:
  explicit SpecialNames(const TemplateTree& tree) : candidates_{tree.caller, tree.kwargs, tree.varargs} {}

  void look(const Body& body) {
    for (const Stmt& stmt : body) std::visit(*this, stmt.node);
  }
  bool uses(NameId name) const { return used_.contains(name); }

  void operator()(const TextStmt&) {}
  void operator()(const JumpStmt&) {}
  void operator()(const PrintStmt& node) { read(*node.value); }
  void operator()(const SetStmt& node) {
    write(node.target);
    read(*node.value);
  }
  void operator()(const SetBlockStmt& node) {
    write(node.target);
    chain(node.filters);
    look(node.body);
  }
  void operator()(const FilterBlockStmt& node) {
    look(node.body);
    chain(node.filters);
  }
  void operator()(const WithStmt& node) {
    for (const auto& [target, value] : node.assignments) write(target);
    for (const auto& [target, value] : node.assignments) read(*value);
    look(node.body);
  }
  void operator()(const IfStmt& node) {
    for (const IfStmt::Branch& branch : node.branches) {
      read(*branch.test);
      look(branch.body);
    }
    look(node.otherwise);
  }
  void operator()(const ForStmt& node) {
    write(node.target);
    read(*node.iterable);
    look(node.body);
    look(node.otherwise);
    if (node.filter != nullptr) read(*node.filter);
  }
  void operator()(const MacroStmt& node) { macro(*node.definition); }
  void operator()(const CallBlockStmt& node) {
    read(*node.call);
    macro(*node.caller);
  }
  void operator()(const GenerationStmt& node) { macro(*node.definition); }
  void operator()(const BlockStmt&) {}

 private:
  void read(const Expr& expr) {
    for_each_below(expr, [&](const Expr& each) {
      const auto* name = std::get_if<NameExpr>(&each.node);
      if (name != nullptr && candidates_.contains(name->name)) used_.insert(name->name);
    });
  }
  void chain(const std::vector<FilterStep>& steps) {
    for (const FilterStep& step : steps) {
      for_each_argument(step.arguments, [&](const Expr& child) { read(child); });
    }
  }
  void write(const Target& target) {
    if (target.sort == Target::Sort::kName) candidates_.erase(target.name);
    for (const Target& item : target.items) write(item);
  }
  void macro(const MacroDefinition& definition) {
    for (const NameId name : definition.parameters) candidates_.erase(name);
    for (const ExprPtr& value : definition.defaults) read(*value);
    look(definition.body);
  }

  std::unordered_set<NameId> candidates_;
  std::unordered_set<NameId> used_;
};

// Second pass: every scope inside, with the names of the scopes around it known.
struct ScopeResolver {
  const TemplateTree& tree;
  const Names& outer;

  void resolve_inside(Body& body, const Names& names) {
    for (Stmt& stmt : body) std::visit(ScopeResolver{tree, names}, stmt.node);
  }
  void resolve(Body& body, Scope& scope, Names names) {
    NameCollector{names}.collect(body);
    scope.starts_undefined = names.undefined();
    resolve_inside(body, names);
  }

  void operator()(TextStmt&) {}
  void operator()(JumpStmt&) {}
  void operator()(PrintStmt&) {}
  void operator()(SetStmt&) {}
  void operator()(IfStmt& node) {
    for (IfStmt::Branch& branch : node.branches) resolve_inside(branch.body, outer);
    resolve_inside(node.otherwise, outer);
  }
  void operator()(ForStmt& node) {
    Names names(&outer);
    names.parameter(tree.loop);
    assign(node.target, TargetRole::kParameter, names);
    resolve(node.body, node.body_scope, std::move(names));
    resolve(node.otherwise, node.otherwise_scope, Names(&outer));
  }
  void operator()(SetBlockStmt& node) { resolve(node.body, node.scope, Names(&outer)); }
  void operator()(FilterBlockStmt& node) { resolve(node.body, node.scope, Names(&outer)); }
  void operator()(WithStmt& node) {
    Names names(&outer);
    for (const auto& [target, value] : node.assignments) assign(target, TargetRole::kParameter, names);
    resolve(node.body, node.scope, std::move(names));
  }
  void operator()(GenerationStmt& node) { macro(*node.definition); }
  void operator()(BlockStmt& node) {
    // A name that only the template around mentions comes from the context, like one that nobody does.
    resolve(node.body, node.scope, Names(nullptr));
  }
  void operator()(MacroStmt& node) { macro(*node.definition); }
  void operator()(CallBlockStmt& node) { macro(*node.caller); }

  void macro(MacroDefinition& definition) {
    SpecialNames special(tree);
    special.look(definition.body);
    definition.uses_caller = special.uses(tree.caller);
    definition.uses_kwargs = special.uses(tree.kwargs);
    definition.uses_varargs = special.uses(tree.varargs);
    Names names(&outer);
    for (const NameId name : definition.parameters) names.parameter(name);
    if (definition.uses_caller) names.parameter(tree.caller);
    if (definition.uses_kwargs) names.parameter(tree.kwargs);
    if (definition.uses_varargs) names.parameter(tree.varargs);
    for (const ExprPtr& value : definition.defaults) load_all(*value, names);
    resolve(definition.body, definition.scope, std::move(names));
  }
};

}  // namespace

void resolve_scopes(TemplateTree& tree) {
  const Names nothing(nullptr);
  ScopeResolver{tree, nothing}.resolve(tree.body, tree.scope, Names(nullptr));
}

}  // namespace tenfold::jinja
