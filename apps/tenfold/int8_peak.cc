#include "int8_peak.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "kernels/select.h"

namespace tenfold::cli {

namespace {

using kernels::KernelTable;
using kernels::WeightKernels;

constexpr std::int64_t kK = 512;
constexpr double kSeconds = 0.02;
constexpr DType kTypes[] = {DType::kQ8_0, DType::kQ4_0};
constexpr int kTokenCounts[] = {4, 8, 48};
constexpr int kPanels = 2;

// 64-byte aligned, zero-filled.
class Bytes {
 public:
  explicit Bytes(std::size_t n) : storage_(n + 64) {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    data_ = storage_.data() + ((64 - address % 64) % 64);
  }
  [[nodiscard]] std::byte* data() const { return data_; }

 private:
  std::vector<std::byte> storage_;
  std::byte* data_;
};

// Operations a second of one thread on a few panels: they, the activations and the results fit the nearest caches.
double panels_ops_per_s(const KernelTable& table, const WeightKernels& weights, int n_tokens) {
  const Bytes panels(kPanels * weights.panel_bytes(kK));
  const std::size_t row_bytes = kernels::q8_row_bytes(kK);
  const Bytes rows(row_bytes * static_cast<std::size_t>(n_tokens));
  const int n_rows = kPanels * table.panel_rows;
  std::vector<float> y(static_cast<std::size_t>(n_rows * n_tokens));
  kernels::MatMulArgs args = {};
  args.panels = panels.data();
  args.k = kK;
  args.panel_end = kPanels;
  args.n_rows = n_rows;
  args.n_tokens = n_tokens;
  args.x = rows.data();
  args.x_stride_bytes = row_bytes;
  args.y = y.data();
  args.y_stride = n_rows;

  std::int64_t n_calls = 0;
  const double begin = monotonic_seconds();
  double seconds = 0;
  while (seconds < kSeconds) {
    for (int i = 0; i < 16; ++i) weights.mat_mul_q8(args);
    n_calls += 16;
    seconds = monotonic_seconds() - begin;
  }
  return 2.0 * static_cast<double>(kK) * n_rows * n_tokens * static_cast<double>(n_calls) / seconds;
}

double best_ops_per_s(const KernelTable& table) {
  double best = 0;
  for (const DType type : kTypes) {
    const WeightKernels& weights = table.weights[static_cast<int>(type)];
    if (weights.mat_mul_q8 == nullptr) continue;
    for (const int n_tokens : kTokenCounts) best = std::max(best, panels_ops_per_s(table, weights, n_tokens));
  }
  return best;
}

}  // namespace

Result<double> machine_int8_gops(int n_threads) {
  TENFOLD_ASSIGN_OR_RETURN(const KernelTable* table, kernels::select_kernels());
  std::vector<double> rates(static_cast<std::size_t>(n_threads));
  std::vector<std::jthread> others;  // joined even if starting the next one fails
  for (std::size_t t = 1; t < rates.size(); ++t) {
    others.emplace_back([&rates, table, t] { rates[t] = best_ops_per_s(*table); });
  }
  rates[0] = best_ops_per_s(*table);
  others.clear();
  double total = 0;
  for (const double rate : rates) total += rate;
  return total / 1e9;
}

}  // namespace tenfold::cli
