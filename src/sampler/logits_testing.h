// For tests only: logits of many shapes, and candidates made of them.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "sampler/candidates.h"
#include "sampler/random.h"
#include "sampler/temperature.h"
#include "sampler/top_k.h"

namespace tenfold {

enum class LogitShape { kSmooth, kPeaked, kTies, kEqual, kExtreme };
inline constexpr LogitShape kAllLogitShapes[] = {LogitShape::kSmooth, LogitShape::kPeaked, LogitShape::kTies,
                                                 LogitShape::kEqual, LogitShape::kExtreme};

inline std::vector<float> make_logits(LogitShape shape, std::size_t n, std::uint64_t seed) {
  std::vector<float> logits(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto u = static_cast<float>(uniform_random(seed, i));
    switch (shape) {
      case LogitShape::kSmooth: logits[i] = 12 * u - 3; break;
      case LogitShape::kPeaked: logits[i] = u < 0.02F ? 10 + 200 * u : 4 * u - 8; break;
      case LogitShape::kTies: logits[i] = static_cast<float>(static_cast<int>(u * 7)) - 3; break;
      case LogitShape::kEqual: logits[i] = -2.5F; break;
      case LogitShape::kExtreme:
        logits[i] = u < 0.1F   ? -std::numeric_limits<float>::infinity()
                    : u < 0.2F ? -std::numeric_limits<float>::max()
                    : u < 0.3F ? 1e-40F * u
                               : 300 * (u - 0.5F);
        break;
    }
  }
  return logits;
}

// The whole vocabulary, weighed.
inline Candidates make_candidates(const std::vector<float>& logits, float temperature) {
  Candidates c(logits.size());
  c.n = logits.size();
  for (std::size_t i = 0; i < logits.size(); ++i) c.scores[i] = sane_score(logits[i]);
  keep_top_k(c, 0);
  static_cast<void>(weigh_candidates(c, temperature));
  return c;
}

inline std::vector<TokenId> ids_of(const Candidates& c) {
  return {c.ids.begin(), c.ids.begin() + static_cast<std::ptrdiff_t>(c.n)};
}

}  // namespace tenfold
