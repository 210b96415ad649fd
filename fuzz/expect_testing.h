// What a fuzz target asks of the code under test.
#pragma once

namespace tenfold {

// Ends the run with a finding.
inline void expect(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace tenfold
