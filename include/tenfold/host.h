// Host: what all engines of a process share: threads, turns and memory.
//
// Engines are opened on the process's own host unless EngineOptions::host names another. Those of one host run one
// step at a time, each session with the same share of the time, on as many threads as the largest engine asked for; and
// no byte of memory is promised to two of them. A Host is opaque, thread-safe, and lives as long as somebody holds it
// or an engine that was opened on it; its threads live as long as such engines.
#pragma once

#include <cstdint>
#include <memory>

#include "tenfold/status.h"

namespace tenfold {

class Host;

struct HostOptions {
  // For all engines of the host together, beside what EngineOptions::memory_limit_bytes says of each; never more than
  // the machine has, which is the limit if this is 0.
  std::uint64_t memory_limit_bytes = 0;
};

// A host of one's own, for engines that are to have a budget of their own. Threads are then not shared with others.
// Errors: kResourceExhausted.
Result<std::shared_ptr<Host>> create_host(const HostOptions& options);

}  // namespace tenfold
