// The tree of a parsed template. Immutable after parsing; shared by threads that render it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "jinja/compare.h"
#include "jinja/native.h"
#include "jinja/operators.h"

namespace tenfold::jinja {

// Variables are numbered once per template, so that finding one compares integers.
using NameId = std::uint32_t;

// The tree owns its expressions in one list: they may nest hundreds deep, and freeing them one inside the other would
// need that much stack.
struct Expr;
using ExprPtr = const Expr*;

struct CallArguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> keyword;
  ExprPtr star = nullptr;         // f(*star)
  ExprPtr double_star = nullptr;  // f(**double_star)
};

struct ConstantExpr {
  Value value;
};
struct NameExpr {
  NameId name;
};
struct SequenceExpr {
  Kind kind;  // kList or kTuple
  std::vector<ExprPtr> items;
};
struct DictExpr {
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};
struct NotExpr {
  ExprPtr operand = nullptr;
};
struct SignExpr {
  Sign sign;
  ExprPtr operand = nullptr;
};
struct BinaryExpr {
  BinaryOperator op;
  ExprPtr left = nullptr, right = nullptr;
};
enum class Logic { kAnd, kOr };
struct LogicExpr {
  Logic logic;
  ExprPtr left = nullptr, right = nullptr;
};
enum class Comparison { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kNotIn };
struct CompareExpr {  // a < b <= c …
  ExprPtr first = nullptr;
  std::vector<std::pair<Comparison, ExprPtr>> rest;
};
struct ConcatExpr {  // a ~ b ~ c
  std::vector<ExprPtr> parts;
};
struct ConditionalExpr {                                // yes if test else no
  ExprPtr test = nullptr, yes = nullptr, no = nullptr;  // no may be null
};
struct AttributeExpr {
  ExprPtr object = nullptr;
  std::string name;
};
struct ItemExpr {
  ExprPtr object = nullptr, key = nullptr;
};
struct SliceExpr {
  ExprPtr object = nullptr, start = nullptr, stop = nullptr, step = nullptr;  // all but the object may be null
};
struct CallExpr {
  ExprPtr callee = nullptr;
  CallArguments arguments;
};
// One `| name(arguments)`. The spec is null for an unknown function in a branch that may never run.
struct FilterStep {
  std::string name;
  const NativeSpec* spec;
  CallArguments arguments;
  int line;
};
struct FilterExpr {
  ExprPtr input = nullptr;
  FilterStep step;
};
struct TestExpr {
  ExprPtr input = nullptr;
  FilterStep step;
};

using ExprNode = std::variant<ConstantExpr, NameExpr, SequenceExpr, DictExpr, NotExpr, SignExpr, BinaryExpr, LogicExpr,
                              CompareExpr, ConcatExpr, ConditionalExpr, AttributeExpr, ItemExpr, SliceExpr, CallExpr,
                              FilterExpr, TestExpr>;
struct Expr {
  int line;
  int depth;  // of the tree below, itself included
  ExprNode node;
};

// Where a value is stored: a name, an attribute of a namespace, or several targets that unpack a sequence.
struct Target {
  enum class Sort { kName, kNamespaceAttribute, kTuple };
  Sort sort = Sort::kName;
  NameId name = 0;
  std::string attribute;
  std::vector<Target> items;
};

struct Stmt;
using Body = std::vector<Stmt>;

// Variables that a body assigns before it ever reads them: inside it they start out undefined, whatever an outer
// context calls by that name. Filled in by resolve_scopes().
struct Scope {
  std::vector<NameId> starts_undefined;
};

struct TextStmt {
  Value text;
};
struct PrintStmt {
  ExprPtr value = nullptr;
};
struct IfStmt {
  struct Branch {
    ExprPtr test = nullptr;
    Body body;
  };
  std::vector<Branch> branches;
  Body otherwise;
};
struct ForStmt {
  Target target;
  ExprPtr iterable = nullptr;
  ExprPtr filter = nullptr;  // may be null
  bool recursive = false;
  Body body, otherwise;
  Scope body_scope, otherwise_scope;
};
struct SetStmt {
  Target target;
  ExprPtr value = nullptr;
};
struct SetBlockStmt {
  Target target;
  std::vector<FilterStep> filters;
  Body body;
  Scope scope;
};
struct FilterBlockStmt {
  std::vector<FilterStep> filters;
  Body body;
  Scope scope;
};
struct WithStmt {
  std::vector<std::pair<Target, ExprPtr>> assignments;
  Body body;
  Scope scope;
};
// A macro, or the body of a call block, which is a macro called `caller`.
struct MacroDefinition {
  std::string name;
  std::vector<NameId> parameters;
  std::vector<std::string> parameter_names;
  std::vector<ExprPtr> defaults;  // for the last parameters
  Body body;
  Scope scope;
  bool uses_caller = false, uses_kwargs = false, uses_varargs = false;
};
struct MacroStmt {
  NameId name;
  std::unique_ptr<MacroDefinition> definition;
};
struct CallBlockStmt {
  std::unique_ptr<MacroDefinition> caller;
  ExprPtr call = nullptr;  // a CallExpr
};
// {% generation %}: Transformers makes it a call block around nothing.
struct GenerationStmt {
  std::unique_ptr<MacroDefinition> definition;
};
// {% block %}: a body whose scope lies in the template's, wherever it stands.
struct BlockStmt {
  Body body;
  Scope scope;
};
enum class Jump { kBreak, kContinue };
struct JumpStmt {
  Jump jump;
};

struct Stmt {
  int line;
  std::variant<TextStmt, PrintStmt, IfStmt, ForStmt, SetStmt, SetBlockStmt, FilterBlockStmt, WithStmt, MacroStmt,
               CallBlockStmt, GenerationStmt, BlockStmt, JumpStmt>
      node;
};

struct TemplateTree {
  std::deque<Expr> exprs;
  Body body;
  Scope scope;
  std::vector<std::string> names;  // by NameId
  NameId loop = 0, caller = 0, kwargs = 0, varargs = 0;
};

}  // namespace tenfold::jinja
