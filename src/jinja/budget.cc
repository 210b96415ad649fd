#include "jinja/budget.h"

#include <algorithm>

#include "base/error.h"
#include "base/stack_left.h"

namespace tenfold::jinja {

Status stack_exhausted() {
  return resource_exhausted("nested too deep for this thread's stack: ", stack_left_bytes(), " bytes left, ",
                            kStackReserve, " held back");
}

Status Budget::look_around() {
  if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) return cancelled("rendering was cancelled");
  if (value_too_deep_) return resource_exhausted("values nested deeper than ", kMaxValueDepth, " levels");
  if (live_bytes_ > limits_.max_value_bytes) {
    return resource_exhausted("values hold more than ", limits_.max_value_bytes, " bytes");
  }
  if (steps_ > limits_.max_steps) return resource_exhausted("more than ", limits_.max_steps, " steps");
  next_look_ = std::min(steps_ + kStepsBetweenLooks, limits_.max_steps + 1);
  return {};
}

Status Budget::reserve(std::size_t bytes) const {
  if (bytes <= limits_.max_value_bytes && live_bytes_ <= limits_.max_value_bytes - bytes) return {};
  return resource_exhausted("values hold more than ", limits_.max_value_bytes, " bytes");
}

Status Budget::output(std::size_t bytes) {
  output_bytes_ += bytes;
  if (output_bytes_ <= limits_.max_output_bytes) return copy(bytes);
  return resource_exhausted("output longer than ", limits_.max_output_bytes, " bytes");
}

Status DepthScope::status() const {
  if (budget_.depth_ > budget_.limits_.max_depth) {
    return resource_exhausted("recursion deeper than ", budget_.limits_.max_depth, " levels");
  }
  return stack_left_bytes() >= kStackReserve ? Status() : stack_exhausted();
}

}  // namespace tenfold::jinja
