// For tests only: a program that links tenfold_allocation_count counts every operator new of every thread.
#pragma once

namespace tenfold {

// Allocations since the program began. Thread-safe; never allocates.
long allocation_count() noexcept;

}  // namespace tenfold
