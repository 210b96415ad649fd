// The one selection behind top-k, top-p and typical: the best candidates that together weigh enough. Linear time.
#pragma once

#include <bit>
#include <cstdint>

#include "base/contracts.h"
#include "sampler/candidates.h"

namespace tenfold {

// Unsigned keys in the order of the floats. x: no NaN; −0 must have been made +0.
inline std::uint32_t ascending_key(float x) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  TENFOLD_DCHECK(x == x && bits != 0x80000000U);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
}
inline std::uint32_t descending_key(float x) noexcept { return ~ascending_key(x); }

// Keeps the shortest beginning of the candidates, ordered by candidates.keys (one each, smaller is better) and then by
// id, whose weights add up to `target` ≥ 0; at least one, and all of them if they do not add up to it.
void keep_best(Candidates& candidates, double target) noexcept;

}  // namespace tenfold
