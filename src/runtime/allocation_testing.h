// For tests only: a program that links tenfold_runtime_testing counts every operator new of every thread and its bytes,
// and can make one fail. Works under the sanitizers, which watch malloc below it.
#pragma once

#include <cstddef>

namespace tenfold {

// All functions are thread-safe and never allocate.

// Allocations since the program began.
long allocation_count() noexcept;

// The n-th allocation from now on (0: the next) and all after it fail as if there were no memory; n < 0: none does.
void fail_allocations_from(long n) noexcept;
// Only the n-th from now on fails.
void fail_one_allocation(long n) noexcept;

// Bytes that are allocated now.
std::size_t allocated_bytes() noexcept;
// The most there ever were since the last reset, and the most asked for at once, granted or not.
std::size_t peak_allocated_bytes() noexcept;
std::size_t largest_request_bytes() noexcept;
void reset_allocation_peak() noexcept;

}  // namespace tenfold
