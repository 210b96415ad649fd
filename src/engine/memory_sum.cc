#include "engine/memory_sum.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "platform/memory_info.h"

namespace tenfold {

Result<std::uint64_t> expect_fits(const MemorySum& sum, const MemoryInUse& in_use, std::uint64_t limit) {
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  const MemoryInfo info = read_memory_info();
  const std::optional<std::uint64_t> usable = usable_memory_bytes(info);
  const std::optional<std::uint64_t> mappable = mappable_memory_bytes(info);
  const std::uint64_t most = std::min({limit > 0 ? limit : kNone, usable ? *usable + in_use.touched : kNone,
                                       mappable ? *mappable + in_use.mapped : kNone});
  if (sum.total() <= most) return most - sum.total();
  return resource_exhausted("memory: ", sum.weights, " bytes of weights, ", sum.vocabulary, " of vocabulary, ",
                            sum.caches, " of KV cache (", sum.n_ctx, " tokens, sessions: ", sum.n_sessions, ") and ",
                            sum.working, " to work in make ", sum.total(), ", expected at most ", most, "; ",
                            sum.advice);
}

}  // namespace tenfold
