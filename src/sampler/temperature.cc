#include "sampler/temperature.h"

#include <bit>
#include <limits>

#include "base/contracts.h"

namespace tenfold {

namespace {

// e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln 2 / 2, and e^r by its Taylor polynomial of degree 7
// (r^8 / 8! < 6e-9 · e^r). ln 2 is split so that n · kLn2High is exact.
inline float exp_inline(float x) noexcept {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it leaves the rounded integer in the low bits
  const bool is_zero = !(x >= -87.0F);
  const float clamped = is_zero ? -87.0F : x;
  const float shifted = clamped * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = (clamped - n * kLn2High) - n * kLn2Low;
  float p = 1.0F / 5040;
  p = p * r + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const std::uint32_t exponent = (std::bit_cast<std::uint32_t>(shifted) << 23) + (127U << 23);
  const float value = p * std::bit_cast<float>(exponent);
  return is_zero ? 0.0F : value;
}

}  // namespace

float exp_of_negative(float x) noexcept {
  TENFOLD_DCHECK(!(x > 0));
  return exp_inline(x);
}

bool weigh_candidates(Candidates& candidates, float temperature) noexcept {
  TENFOLD_DCHECK(temperature > 0);
  const float best = max_score(candidates.scores.data(), candidates.n);
  if (best == -std::numeric_limits<float>::infinity()) return false;
  const float* const scores = candidates.scores.data();
  float* const weights = candidates.weights.data();
  for (std::size_t i = 0; i < candidates.n; ++i) weights[i] = exp_inline((scores[i] - best) / temperature);
  return true;
}

double sum_of_weights(const Candidates& candidates) noexcept {
  constexpr std::size_t kSums = 8;
  const float* const weights = candidates.weights.data();
  const std::size_t n = candidates.n;
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    for (std::size_t j = 0; j < kSums; ++j) sums[j] += static_cast<double>(weights[i + j]);
  }
  for (std::size_t j = 0; i < n; ++i, ++j) sums[j] += static_cast<double>(weights[i]);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

}  // namespace tenfold
