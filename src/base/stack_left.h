// How much of its stack the calling thread has left. Threads of apps may have 64 KB, those of musl have 128 KB unless
// asked, and what recurses on data from outside must stop before the end. Thread-safe.
#pragma once

#include <cstddef>

namespace tenfold {

// Bytes below the caller's frame. SIZE_MAX where nobody knows: on a stack that is not the thread's own (a fiber's), or
// when the system does not tell. A few nanoseconds, but for a thread's first call.
std::size_t stack_left_bytes() noexcept;

}  // namespace tenfold
