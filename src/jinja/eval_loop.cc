#include <algorithm>

#include "base/error.h"
#include "jinja/evaluator.h"

namespace tenfold::jinja {

void LoopObject::drop_values() noexcept {
  ahead.clear();
  iterable = previous = current = Value();
  last_changed.reset();
}

Result<std::shared_ptr<LoopObject>> Evaluator::start_loop(const ForStmt& node, const Value& iterable,
                                                          std::shared_ptr<Frame> frame) {
  TENFOLD_ASSIGN_OR_RETURN(Walk walk, Walk::over(iterable));
  auto loop = rt_.heap.make<LoopObject>(node, iterable, std::move(walk));
  loop->frame = std::move(frame);
  return loop;
}

Result<Evaluator::Flow> Evaluator::run_node(const ForStmt& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value iterable, eval(*node.iterable));
  TENFOLD_ASSIGN_OR_RETURN(const std::shared_ptr<LoopObject> loop, start_loop(node, iterable, frame_));
  return run_loop(*loop, Value(loop, Kind::kLoop));
}

Result<Evaluator::Flow> Evaluator::run_loop(LoopObject& loop, const Value& loop_value) {
  const ForStmt& node = loop.node;
  const InFrame around(*this, loop.frame);
  std::shared_ptr<Frame> frame;
  // Jinja's `else` runs unless some pass reached the end of the body: break and continue do not count.
  bool completed_a_pass = false;
  while (true) {
    TENFOLD_ASSIGN_OR_RETURN(const bool more, peek(loop));
    if (!more) break;
    Value item = std::move(loop.ahead.back());
    loop.ahead.pop_back();
    ++loop.index0;
    loop.previous = std::exchange(loop.current, item);
    if (frame == nullptr || frame.use_count() > 1) {
      frame = make_frame(node.body_scope);
    } else {
      frame->enter(node.body_scope);
    }
    frame->set(tree_.loop, loop_value);
    TENFOLD_RETURN_IF_ERROR(assign(node.target, item, *frame));
    TENFOLD_ASSIGN_OR_RETURN(const Flow flow, run_body(node.body, frame));
    if (flow == Flow::kBreak) break;
    completed_a_pass = completed_a_pass || flow == Flow::kNext;
  }
  if (completed_a_pass || node.otherwise.empty()) return Flow::kNext;
  return run_body(node.otherwise, make_frame(node.otherwise_scope));
}

Result<bool> Evaluator::passes_filter(LoopObject& loop, const Value& item) {
  const InFrame inner(*this, rt_.heap.make<Frame>(loop.frame));
  TENFOLD_RETURN_IF_ERROR(assign(loop.node.target, item, *frame_));
  TENFOLD_ASSIGN_OR_RETURN(const Value result, eval(*loop.node.filter));
  return truthy(result);
}

Result<bool> Evaluator::peek(LoopObject& loop) {
  while (loop.ahead.empty() && !loop.drawn_to_end) {
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<Value> item, loop.walk.next(rt_));
    if (!item) {
      loop.drawn_to_end = true;
      break;
    }
    bool passes = true;
    if (loop.node.filter != nullptr) {
      TENFOLD_ASSIGN_OR_RETURN(passes, passes_filter(loop, *item));
    }
    if (passes) loop.ahead.push_back(*item);
  }
  return !loop.ahead.empty();
}

Status Evaluator::draw_all(LoopObject& loop) {
  if (loop.length) return {};
  if (loop.node.filter == nullptr) {
    if (loop.iterable.is_string()) TENFOLD_RETURN_IF_ERROR(rt_.budget.copy(loop.iterable.text().size()));
    if (const auto n = length_of(loop.iterable)) {
      loop.length = static_cast<std::int64_t>(*n);
      return {};
    }
  }
  std::vector<Value> drawn;
  while (true) {
    TENFOLD_ASSIGN_OR_RETURN(const bool more, peek(loop));
    if (!more) break;
    drawn.push_back(std::move(loop.ahead.back()));
    loop.ahead.pop_back();
    if (drawn.size() % 1024 == 0) TENFOLD_RETURN_IF_ERROR(rt_.budget.reserve(drawn.size() * sizeof(Value)));
  }
  loop.length = static_cast<std::int64_t>(drawn.size()) + loop.index0 + 1;
  std::reverse(drawn.begin(), drawn.end());
  loop.account(drawn.capacity() * sizeof(Value));
  loop.ahead = std::move(drawn);
  return {};
}

Result<Value> Evaluator::loop_attribute(const Value& loop_value, std::string_view name) {
  auto& loop = loop_value.object<LoopObject>();
  if (name == "index") return Value::integer(loop.index0 + 1);
  if (name == "index0") return Value::integer(loop.index0);
  if (name == "first") return Value::boolean(loop.index0 == 0);
  if (name == "depth") return Value::integer(loop.depth0 + 1);
  if (name == "depth0") return Value::integer(loop.depth0);
  if (name == "length" || name == "revindex" || name == "revindex0") {
    TENFOLD_RETURN_IF_ERROR(draw_all(loop));
    const std::int64_t taken = name == "length" ? 0 : name == "revindex" ? loop.index0 : loop.index0 + 1;
    return Value::integer(*loop.length - taken);
  }
  if (name == "last" || name == "nextitem") {
    TENFOLD_ASSIGN_OR_RETURN(const bool more, peek(loop));
    if (name == "last") return Value::boolean(!more);
    return more ? loop.ahead.back() : make_undefined(&rt_.heap, "there is no next item");
  }
  if (name == "previtem") {
    return loop.index0 > 0 ? loop.previous : make_undefined(&rt_.heap, "there is no previous item");
  }
  if (name == "cycle" || name == "changed") return loop_value;  // the call that follows finds the method
  return make_undefined(&rt_.heap, cat("'LoopContext' object has no attribute '", printable(name), "'"));
}

Result<Value> Evaluator::loop_method(LoopObject& loop, std::string_view name, const Arguments& arguments) {
  if (!arguments.keyword.empty()) return invalid_argument("loop.", name, " takes no keyword arguments");
  if (name == "cycle") {
    if (arguments.positional.empty()) return invalid_argument("no items for cycling given");
    return arguments.positional[static_cast<std::size_t>(loop.index0) % arguments.positional.size()];
  }
  Value now = make_tuple(&rt_.heap, arguments.positional);
  bool same = false;
  if (loop.last_changed) {
    TENFOLD_ASSIGN_OR_RETURN(same, equal(rt_, *loop.last_changed, now));
  }
  loop.last_changed = std::move(now);
  return Value::boolean(!same);
}

Result<Value> Evaluator::call_recursively(LoopObject& loop, const Arguments& arguments) {
  if (!loop.node.recursive) return invalid_argument("the loop must be marked recursive to be called");
  if (arguments.positional.size() != 1 || !arguments.keyword.empty()) {
    return invalid_argument("loop(…): expected one iterable");
  }
  const DepthScope depth(rt_.budget);
  TENFOLD_RETURN_IF_ERROR(depth.status());
  TENFOLD_ASSIGN_OR_RETURN(const std::shared_ptr<LoopObject> inner,
                           start_loop(loop.node, arguments.positional[0], loop.frame));
  inner->depth0 = loop.depth0 + 1;
  TENFOLD_ASSIGN_OR_RETURN(Captured captured, capture([&] { return run_loop(*inner, Value(inner, Kind::kLoop)); }));
  return make_string(&rt_.heap, std::move(captured.text));
}

}  // namespace tenfold::jinja
