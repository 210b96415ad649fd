#include "machine_limits.h"

#include "base/cat.h"
#include "bench_report.h"
#include "console.h"
#include "core_distance.h"
#include "int8_peak.h"
#include "memory_bandwidth.h"

namespace tenfold::cli {

Result<MachineLimits> measure_machine(int n_threads) {
  MachineLimits limits;
  TENFOLD_ASSIGN_OR_RETURN(limits.gb_per_s, measure_read_bandwidth(n_threads, default_probe_bytes()));
  TENFOLD_ASSIGN_OR_RETURN(limits.int8_gops, machine_int8_gops(n_threads));
  if (n_threads > 1) {
    TENFOLD_ASSIGN_OR_RETURN(limits.core_round_trip_ns, measure_core_round_trip_ns());
  }
  return limits;
}

Json to_json(const MachineLimits& limits, int n_threads) {
  Json json;
  json["threads"] = n_threads;
  json["machine_gb_per_s"] = limits.gb_per_s;
  json["machine_int8_gops"] = limits.int8_gops;
  json["core_round_trip_ns"] = limits.core_round_trip_ns;
  return json;
}

std::string to_table(const MachineLimits& limits, int n_threads) {
  std::string out = cat("this machine, ", n_threads, n_threads == 1 ? " thread\n" : " threads\n");
  out += table_line("memory", cat(fixed(limits.gb_per_s, 2), " GB/s"), "read");
  out += table_line("multiply", cat(fixed(limits.int8_gops, 0), " Gop/s"), "8-bit, in registers");
  if (n_threads == 1) return out;
  return out + table_line("cores", cat(fixed(limits.core_round_trip_ns, 0), " ns"), "from one to another and back");
}

}  // namespace tenfold::cli
