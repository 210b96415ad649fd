// How fast this machine's cores can read memory: the limit that a decode step is measured against.
//
// The probe streams through a buffer larger than any cache, in several ways (one or more streams a thread, prefetching
// near or far), and reports the fastest. It starts its own threads and holds its memory only while
// it runs. One call at a time is meaningful; two at once are safe, but share the bandwidth.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tenfold/status.h"

namespace tenfold::cli {

// What is read in one probe: four times the largest cache, 256 MiB to 1 GiB; but at most an eighth of the memory that
// this process may still take.
std::size_t default_probe_bytes();

// Gigabytes (10⁹ bytes) a second that n_threads threads read together; the best of all patterns, each tried once.
//
//   n_threads:     1…1024
//   buffer_bytes:  at least 1 MiB a thread is used; less than the caches hold measures the caches
//
// Takes about half a second with default_probe_bytes().
// Errors: kInvalidArgument; kResourceExhausted if neither memory nor threads can be had.
Result<double> measure_read_bandwidth(int n_threads, std::size_t buffer_bytes);

}  // namespace tenfold::cli
