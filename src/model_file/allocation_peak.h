// For tests only: a program that links this counts the bytes of every operator new, so that a test can say how much
// memory something took at most. Works under the sanitizers, which watch malloc below it.
#pragma once

#include <cstddef>

namespace tenfold {

// Bytes that are allocated now, by all threads. Never allocates.
std::size_t allocated_bytes() noexcept;
// The most there ever were since the last reset, and the most asked for at once, granted or not.
std::size_t peak_allocated_bytes() noexcept;
std::size_t largest_request_bytes() noexcept;
void reset_allocation_peak() noexcept;

}  // namespace tenfold
