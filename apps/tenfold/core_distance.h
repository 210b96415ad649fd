// How far apart two cores are: cores that share a cache also share its way to memory, and a virtual machine's may be
// moved closer together or further apart while a program runs. A measurement says which it had.
#pragma once

#include "tenfold/status.h"

namespace tenfold::cli {

// Nanoseconds that a cache line takes from one core to another and back, the median of many; two threads hand a number
// to and fro for about a millisecond. 50 to 70 is usual for cores of one chip, several hundred across chips; thousands
// mean that the threads shared a core.
// Errors: kResourceExhausted if no thread can be started.
Result<double> measure_core_round_trip_ns();

}  // namespace tenfold::cli
