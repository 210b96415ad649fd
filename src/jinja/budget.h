// What one rendering may spend: steps, bytes held by values, bytes of output, and depth of recursion.
//
// A template is a program from outside, so every loop of the interpreter pays into one of these accounts and stops with
// kResourceExhausted when it is empty. One Budget belongs to one rendering and one thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/contracts.h"
#include "jinja/limits.h"
#include "tenfold/status.h"

namespace tenfold::jinja {

// Stack that is left to what does not look at it: values are freed and keys compared as deep as they nest, libraries
// need some. Sanitizers make frames several times as large.
#ifdef TENFOLD_SANITIZED
inline constexpr std::size_t kStackReserve = std::size_t{96} << 10;
#else
inline constexpr std::size_t kStackReserve = std::size_t{24} << 10;
#endif
// The error for less than that.
Status stack_exhausted();

class Budget {
 public:
  // cancel: looked at while rendering; null, or outlives the Budget.
  explicit Budget(const Limits& limits, const std::atomic<bool>* cancel = nullptr) : limits_(limits), cancel_(cancel) {}

  // One unit of evaluation, 20 to 80 ns. Also notices limits that a value without a way to fail ran into, and, every
  // few thousand units, that the caller wants no more. Errors: kResourceExhausted, kCancelled.
  Status step(std::uint64_t n = 1) {
    steps_ += n;
    if (steps_ < next_look_ && live_bytes_ <= limits_.max_value_bytes && !value_too_deep_) return {};
    return look_around();
  }
  // Units of evaluation that the next step() asks for, for what has no way to fail.
  void owe(std::uint64_t n) { steps_ += n; }
  // Handling text or items character by character …
  Status work(std::size_t bytes) { return step(1 + bytes / 8); }
  // … and copying or comparing memory, which is cheaper.
  Status copy(std::size_t bytes) { return step(1 + bytes / 32); }

  // Asks before building a value of this size; an overflowed product must be passed as SIZE_MAX.
  Status reserve(std::size_t bytes) const;

  // Bytes appended to any output buffer, marks included, and taken off again when a captured buffer has become a value.
  Status output(std::size_t bytes);
  void output_taken_back(std::size_t bytes) { output_bytes_ -= bytes; }

  void allocated(std::size_t bytes) { live_bytes_ += bytes; }
  void released(std::size_t bytes) {  // of those allocated
    TENFOLD_DCHECK(bytes <= live_bytes_);
    live_bytes_ -= bytes;
  }
  [[nodiscard]] bool holds_values() const { return live_bytes_ > 0; }
  void built_value_of_depth(int depth) { value_too_deep_ |= depth > kMaxValueDepth; }

  // Lists of lists of lists: printing, comparing and destroying recurse, so their depth is bounded here.
  static constexpr int kMaxValueDepth = 100;

 private:
  friend class DepthScope;
  static constexpr std::uint64_t kStepsBetweenLooks = 4096;
  Status look_around();

  const Limits limits_;
  const std::atomic<bool>* const cancel_;
  std::uint64_t next_look_ = 0;  // steps at which step() looks around again
  std::uint64_t steps_ = 0;
  std::size_t live_bytes_ = 0;
  std::size_t output_bytes_ = 0;
  int depth_ = 0;
  bool value_too_deep_ = false;
};

// One level of recursion, by number and by the stack that is left, for as long as it lives: `DepthScope scope(budget);
// RETURN_IF_ERROR(scope.status())`.
class DepthScope {
 public:
  explicit DepthScope(Budget& budget) : budget_(budget) { ++budget_.depth_; }
  ~DepthScope() { --budget_.depth_; }
  DepthScope(const DepthScope&) = delete;
  DepthScope& operator=(const DepthScope&) = delete;

  Status status() const;

 private:
  Budget& budget_;
};

}  // namespace tenfold::jinja
