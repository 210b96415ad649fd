#include "engine/memory_sum.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "platform/memory_info.h"

namespace tenfold {

namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

std::uint64_t without(std::uint64_t n_bytes, std::uint64_t less) noexcept { return n_bytes - std::min(n_bytes, less); }

}  // namespace

void MemoryOfOthers::add(const MemorySum& sum, const MemoryInUse& in_use) noexcept {
  promised += sum.total();
  to_touch += without(sum.total(), in_use.touched);
  to_map += without(sum.total(), in_use.mapped);
}

Result<std::uint64_t> expect_fits(const MemorySum& sum, const MemoryInUse& in_use, const MemoryLimits& limits,
                                  const MemoryOfOthers& others) {
  const MemoryInfo info = read_memory_info();
  const std::optional<std::uint64_t> usable = usable_memory_bytes(info);
  const std::optional<std::uint64_t> mappable = mappable_memory_bytes(info);
  const std::uint64_t own = limits.engine > 0 ? limits.engine : kNoLimit;
  const std::uint64_t most = std::min({own, limits.host > 0 ? without(limits.host, others.promised) : kNoLimit,
                                       usable ? without(*usable + in_use.touched, others.to_touch) : kNoLimit,
                                       mappable ? without(*mappable + in_use.mapped, others.to_map) : kNoLimit});
  if (sum.total() <= most) return most - sum.total();
  const bool beside_others = most < own && others.promised > 0;
  return resource_exhausted(
      "memory: ", sum.weights, " bytes of weights, ", sum.vocabulary, " of vocabulary, ", sum.caches, " of KV cache (",
      sum.n_ctx, " tokens, sessions: ", sum.n_sessions, ") and ", sum.working, " to work in make ", sum.total(),
      ", expected at most ", most,
      beside_others ? cat(" beside ", others.promised, " that other models of this process were promised") : "", "; ",
      sum.advice);
}

}  // namespace tenfold
