#include "tokenizer/chat_template/budget.h"

#include "base/error.h"

namespace tenfold::jinja {

Status Budget::overdrawn() const {
  if (value_too_deep_) return resource_exhausted("values nested deeper than ", kMaxValueDepth, " levels");
  if (live_bytes_ > limits_.max_value_bytes) {
    return resource_exhausted("values hold more than ", limits_.max_value_bytes, " bytes");
  }
  return resource_exhausted("more than ", limits_.max_steps, " steps");
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
  if (budget_.depth_ <= budget_.limits_.max_depth) return {};
  return resource_exhausted("recursion deeper than ", budget_.limits_.max_depth, " levels");
}

}  // namespace tenfold::jinja
