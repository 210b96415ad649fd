#include "int8_peak.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "kernels/dot_peak.h"
#include "kernels/select.h"

namespace tenfold::cli {

namespace {

constexpr std::int64_t kRounds = 2000;  // between two looks at the clock
constexpr double kSeconds = 0.01;
constexpr int kTries = 3;  // the best counts: a thread may lose its core for a moment

double best_ops_per_s(kernels::DotPeakFn peak) {
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    std::int64_t n_ops = 0;
    const double begin = monotonic_seconds();
    double seconds = 0;
    while (seconds < kSeconds) {
      n_ops += peak(kRounds);
      seconds = monotonic_seconds() - begin;
    }
    best = std::max(best, static_cast<double>(n_ops) / seconds);
  }
  return best;
}

}  // namespace

Result<double> machine_int8_gops(int n_threads) {
  TENFOLD_ASSIGN_OR_RETURN(const kernels::KernelTable* table, kernels::select_kernels());
  const kernels::DotPeakFn peak = kernels::dot_peak(*table);
  std::vector<double> rates(static_cast<std::size_t>(n_threads));
  std::vector<std::jthread> others;  // joined even if starting the next one fails
  for (std::size_t t = 1; t < rates.size(); ++t) {
    others.emplace_back([&rates, peak, t] { rates[t] = best_ops_per_s(peak); });
  }
  rates[0] = best_ops_per_s(peak);
  others.clear();
  double total = 0;
  for (const double rate : rates) total += rate;
  return total / 1e9;
}

}  // namespace tenfold::cli
