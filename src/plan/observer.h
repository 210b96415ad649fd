// Observer: sees the rows that the operators of a plan read and write while it runs: a collector of statistics, or
// whoever looks for the layer where a new family goes wrong. Executors that have one tell in their headers when.
#pragma once

#include <cstdint>

#include "plan/operators.h"
#include "tenfold/status.h"

namespace tenfold {

enum class Access { kRead, kWritten };

// The rows of one value, as they are before an operator that reads them, or after one that writes them.
struct ObservedRows {
  int layer = -1;  // −1: before or after the layers
  const Operator& op;
  ValueId value = kNoValue;
  Access access = Access::kRead;
  // [n_rows, width] f32, `stride` floats from one row to the next; until see() returns
  const float* data = nullptr;
  std::int64_t stride = 0;
  int n_rows = 0;
  int width = 0;

  // i < n_rows
  [[nodiscard]] const float* row(int i) const { return data + i * stride; }
};

class Observer {
 public:
  virtual ~Observer() = default;
  // Called by the thread that runs the plan, while it waits. An error ends the run with that error.
  virtual Status see(const ObservedRows& rows) = 0;
};

}  // namespace tenfold
