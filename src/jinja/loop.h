// The state of a running for loop, which templates see as `loop`.
#pragma once

#include <memory>
#include <optional>

#include "jinja/frame.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

// Items are drawn one by one, and one ahead when the template asks whether there is a next: the filter of the loop may
// depend on what the body has done so far.
struct LoopObject final : MutableObject {
  LoopObject(Heap& owner, const ForStmt& statement, Value over, Walk walk_over)
      : MutableObject(owner, sizeof(LoopObject)),
        node(statement),
        iterable(std::move(over)),
        walk(std::move(walk_over)) {}
  void drop_values() noexcept override;

  const ForStmt& node;
  Value iterable;
  Walk walk;
  std::shared_ptr<Frame> frame;  // around the loop: for its filter and its recursion
  std::vector<Value> ahead;      // drawn and not yet visited, the next one last
  bool drawn_to_end = false;
  std::int64_t index0 = -1;
  std::int64_t depth0 = 0;
  std::optional<std::int64_t> length;
  Value previous, current;
  std::optional<Value> last_changed;
};

}  // namespace tenfold::jinja
