// The guard of memory that somebody outside decides about: how long a list in a file is, how long a text. What would
// not fit is refused before it is touched. What an engine needs as a whole is summed up in MemoryBudget.
#pragma once

#include <cstdint>
#include <string_view>

#include "tenfold/status.h"

namespace tenfold {

// Whether `what` ("the vocabulary") may take n_bytes more. Takes a tenth of a millisecond for 16 MiB and more, and no
// time below: so little is never refused. Thread-safe.
// Errors: kResourceExhausted with n_bytes and what the machine, the control group or RLIMIT_AS have left.
Status expect_memory_for(std::string_view what, std::uint64_t n_bytes);

// What the machine, the control group and RLIMIT_AS have left, the least of them; the largest number where none says
// so.
std::uint64_t memory_left();

}  // namespace tenfold
