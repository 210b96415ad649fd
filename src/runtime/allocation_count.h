// For tests only: a program that links tenfold_allocation_count counts every operator new of every thread, and can make
// one fail.
#pragma once

namespace tenfold {

// Allocations since the program began. Thread-safe; never allocates.
long allocation_count() noexcept;

// The n-th allocation from now on (0: the next) and all after it fail as if there were no memory; n < 0: none does.
void fail_allocations_from(long n) noexcept;
// Only the n-th from now on fails.
void fail_one_allocation(long n) noexcept;

}  // namespace tenfold
