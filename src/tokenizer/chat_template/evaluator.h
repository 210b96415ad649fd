// Runs a parsed template once.
//
// Statements write to the current output buffer; expressions give values. The implementation is split by what is
// evaluated: eval_statement.cc, eval_expression.cc, eval_loop.cc, eval_call.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tokenizer/chat_template/ast.h"
#include "tokenizer/chat_template/frame.h"
#include "tokenizer/chat_template/loop.h"
#include "tokenizer/chat_template/runtime.h"
#include "tokenizer/chat_template/subscript.h"

namespace tenfold::jinja {

class Evaluator {
 public:
  // `context` holds the variables that the caller passes, by NameId; undefined where it passes none.
  Evaluator(Runtime& rt, const TemplateTree& tree, std::vector<Value> context)
      : rt_(rt), tree_(tree), context_(std::move(context)) {}

  // Errors: those of the template, with the line; kResourceExhausted at a limit.
  Result<std::string> run();

 private:
  // How a statement ends.
  enum class Flow { kNext, kBreak, kContinue };

  // Runs a body in a frame; the frame is current meanwhile.
  Result<Flow> run_body(const Body& body, std::shared_ptr<Frame> frame);
  Result<Flow> run_statements(const Body& body);
  Result<Flow> run_statement(const Stmt& stmt);
  Result<Flow> run_node(const TextStmt& node);
  Result<Flow> run_node(const PrintStmt& node);
  Result<Flow> run_node(const IfStmt& node);
  Result<Flow> run_node(const ForStmt& node);
  Result<Flow> run_node(const SetStmt& node);
  Result<Flow> run_node(const SetBlockStmt& node);
  Result<Flow> run_node(const FilterBlockStmt& node);
  Result<Flow> run_node(const WithStmt& node);
  Result<Flow> run_node(const MacroStmt& node);
  Result<Flow> run_node(const CallBlockStmt& node);
  Result<Flow> run_node(const ScopeStmt& node);
  Result<Flow> run_node(const JumpStmt& node);

  Status write(std::string_view text);
  // What running the body writes. A jump out of it throws away what it wrote.
  struct Captured {
    std::string text;
    Flow flow;
  };
  Result<Captured> capture(const Body& body, std::shared_ptr<Frame> frame);
  Result<Value> apply_filters(const std::vector<FilterStep>& steps, std::string text);
  Status assign(const Target& target, const Value& value, Frame& frame);
  std::shared_ptr<Frame> make_frame(const Scope& scope);

  Result<Value> eval(const Expr& expr);
  Result<Value> eval_node(const ConstantExpr& node);
  Result<Value> eval_node(const NameExpr& node);
  Result<Value> eval_node(const SequenceExpr& node);
  Result<Value> eval_node(const DictExpr& node);
  Result<Value> eval_node(const NotExpr& node);
  Result<Value> eval_node(const SignExpr& node);
  Result<Value> eval_node(const BinaryExpr& node);
  Result<Value> eval_node(const LogicExpr& node);
  Result<Value> eval_node(const CompareExpr& node);
  Result<Value> eval_node(const ConcatExpr& node);
  Result<Value> eval_node(const ConditionalExpr& node);
  Result<Value> eval_node(const AttributeExpr& node);
  Result<Value> eval_node(const ItemExpr& node);
  Result<Value> eval_node(const SliceExpr& node);
  Result<Value> eval_node(const CallExpr& node);
  Result<Value> eval_node(const FilterExpr& node);
  Result<Value> eval_node(const TestExpr& node);
  Result<bool> compare(Comparison comparison, const Value& left, const Value& right);
  Result<std::optional<std::int64_t>> eval_bound(const ExprPtr& bound);

  // Loops.
  Result<std::shared_ptr<LoopObject>> start_loop(const ForStmt& node, const Value& iterable,
                                                 std::shared_ptr<Frame> frame);
  Result<Flow> run_loop(LoopObject& loop, const Value& loop_value);
  // Makes sure that the next item is drawn if there is one, and says whether there is.
  Result<bool> peek(LoopObject& loop);
  Result<bool> passes_filter(LoopObject& loop, const Value& item);
  Status draw_all(LoopObject& loop);
  Result<Value> loop_attribute(const Value& loop_value, std::string_view name);
  Result<Value> loop_method(LoopObject& loop, std::string_view name, const Arguments& arguments);
  Result<Value> call_recursively(LoopObject& loop, const Arguments& arguments);

  // Calls.
  Result<Arguments> eval_arguments(const CallArguments& arguments);
  Result<Value> call(const Value& callee, const Arguments& arguments);
  Result<Value> call_macro(const MacroObject& macro, const Arguments& arguments);
  Result<Value> render_macro(const MacroDefinition& definition, std::shared_ptr<Frame> frame,
                             std::vector<std::optional<Value>> given);

  Value undefined_name(NameId name);

  Runtime& rt_;
  const TemplateTree& tree_;
  const std::vector<Value> context_;
  std::shared_ptr<Frame> root_;
  std::shared_ptr<Frame> frame_;
  std::string* out_ = nullptr;
  int error_line_ = 0;  // innermost line where an error arose
};

}  // namespace tenfold::jinja
