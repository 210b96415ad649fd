#include "sampler/keep_best.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/contracts.h"

namespace tenfold {

namespace {

constexpr int kDigitBits = 8;
constexpr std::uint32_t kDigits = 1U << kDigitBits;

struct Boundary {
  std::uint32_t key = 0;     // of the last candidate that is needed
  double weight_before = 0;  // of all candidates with smaller keys
};

// A radix selection: finds the key at which the running weight reaches the target, eight bits at a time, by the weight
// of all candidates that share the bits found so far. If they do not reach it, that is the last key.
Boundary find_boundary(const Candidates& c, double target) noexcept {
  Boundary found;
  for (int shift = 32 - kDigitBits; shift >= 0; shift -= kDigitBits) {
    std::array<double, kDigits> weight{};
    const std::uint64_t parent = std::uint64_t{found.key} >> (shift + kDigitBits);
    for (std::size_t i = 0; i < c.n; ++i) {
      const std::uint32_t key = c.keys[i];
      if (std::uint64_t{key} >> (shift + kDigitBits) == parent) weight[key >> shift & (kDigits - 1)] += c.weights[i];
    }
    // Never past the last digit in use: sums rounded in another order may fall short of the target by an ulp.
    std::uint32_t last = kDigits - 1;
    while (last > 0 && weight[last] == 0) --last;
    std::uint32_t digit = 0;
    while (digit < last && found.weight_before + weight[digit] < target) found.weight_before += weight[digit++];
    found.key |= digit << shift;
  }
  return found;
}

}  // namespace

void keep_best(Candidates& candidates, double target) noexcept {
  TENFOLD_DCHECK(target >= 0);
  if (candidates.n <= 1) return;
  // A target of 0 would stop at the first key, whether any candidate has it or not.
  const Boundary boundary = find_boundary(candidates, std::max(target, std::numeric_limits<double>::min()));
  double weight = boundary.weight_before;
  bool has_last = false;
  candidates.keep_if([&](std::size_t i) {
    if (candidates.keys[i] != boundary.key) return candidates.keys[i] < boundary.key;
    if (has_last && weight >= target) return false;
    has_last = true;
    weight += candidates.weights[i];
    return true;
  });
}

}  // namespace tenfold
