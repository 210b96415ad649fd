#include "progress_bar.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/clock.h"
#include "console.h"

namespace tenfold::cli {

namespace {
constexpr int kWidth = 32;
constexpr double kRedrawSeconds = 0.1;
}  // namespace

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), enabled_(stderr_is_terminal()), next_draw_s_(monotonic_seconds()) {}

ProgressBar::~ProgressBar() {
  if (drawn_) print_note("\r\033[K");
}

void ProgressBar::update(double fraction) {
  if (!enabled_) return;
  const double now = monotonic_seconds();
  if (now < next_draw_s_) return;
  next_draw_s_ = now + kRedrawSeconds;
  drawn_ = true;
  fraction = fraction >= 0 ? std::min(fraction, 1.0) : 0;  // NaN is no progress
  const int n_full = static_cast<int>(fraction * kWidth);
  std::string line = cat("\r", label_, " [");
  for (int i = 0; i < kWidth; ++i) line += i < n_full ? "█" : "·";
  line += cat("] ", static_cast<int>(fraction * 100), " %\033[K");
  print_note(line);
}

}  // namespace tenfold::cli
