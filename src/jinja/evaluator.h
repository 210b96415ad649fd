// Runs a parsed template once.
//
// Statements write to the current output buffer; expressions give values. The implementation is split by what is
// evaluated: eval_statement.cc, eval_expression.cc, eval_loop.cc, eval_call.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/contracts.h"
#include "jinja/ast.h"
#include "jinja/frame.h"
#include "jinja/loop.h"
#include "jinja/runtime.h"
#include "jinja/subscript.h"

namespace tenfold::jinja {

class Evaluator {
 public:
  // `context` holds the variables that the caller passes, by NameId, of all names; undefined where it passes none.
  Evaluator(Runtime& rt, const TemplateTree& tree, std::vector<Value> context)
      : rt_(rt), tree_(tree), context_(std::move(context)) {
    TENFOLD_DCHECK(context_.size() == tree_.names.size());
  }

  // Errors: those of the template, with the line; kResourceExhausted at a limit.
  Result<MarkedText> run();

 private:
  // Makes a frame current for as long as it lives.
  class InFrame {
   public:
    InFrame(Evaluator& evaluator, std::shared_ptr<Frame> frame)
        : current_(evaluator.frame_), outer_(std::exchange(evaluator.frame_, std::move(frame))) {}
    ~InFrame() { current_ = std::move(outer_); }
    InFrame(const InFrame&) = delete;
    InFrame& operator=(const InFrame&) = delete;

   private:
    std::shared_ptr<Frame>& current_;
    std::shared_ptr<Frame> outer_;
  };

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
  Result<Flow> run_node(const GenerationStmt& node);
  Result<Flow> run_node(const BlockStmt& node);
  Result<Flow> run_node(const JumpStmt& node);

  Status write(const MarkedView& text);
  // What a body, or anything else that runs, writes. A jump out of it throws that away.
  struct Captured {
    MarkedText text;
    Flow flow;
  };
  template <typename Run>
  Result<Captured> capture(Run run);
  // A body and the filters behind it, both in a frame of their own. Nothing when a jump left the body.
  struct Filtered {
    Value value;
    Flow flow;
  };
  Result<Filtered> run_filtered(const Body& body, const Scope& scope, const std::vector<FilterStep>& filters);
  Status print(const Value& value);
  // Prints what a block gave. Errors: kInvalidArgument unless it is text, as Jinja joins the texts of blocks.
  Status print_text(const Value& value);
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
  MarkedText* out_ = nullptr;
  int error_line_ = 0;  // innermost line where an error arose
};

template <typename Run>
Result<Evaluator::Captured> Evaluator::capture(Run run) {
  MarkedText text;
  MarkedText* const outer = std::exchange(out_, &text);
  const Result<Flow> flow = run();
  out_ = outer;
  TENFOLD_RETURN_IF_ERROR(flow.status());
  rt_.budget.output_taken_back(text.n_bytes());
  return Captured{std::move(text), *flow};
}

}  // namespace tenfold::jinja
