// What this machine could do at best: the limits that a benchmark is measured against.
#pragma once

#include <string>

#include "base/json.h"
#include "tenfold/status.h"

namespace tenfold::cli {

struct MachineLimits {
  double gb_per_s = 0;            // read from memory, 10⁹ bytes a second: decode
  double int8_gops = 0;           // 8-bit multiplications and additions: prefill
  double core_round_trip_ns = 0;  // between two cores, see core_distance.h; 0 with one thread
};

// With so many threads, in about half a second. They may change from one moment to the next: on a shared machine, and
// where a virtual machine's cores are moved.
Result<MachineLimits> measure_machine(int n_threads);

Json to_json(const MachineLimits& limits, int n_threads);
std::string to_table(const MachineLimits& limits, int n_threads);

}  // namespace tenfold::cli
