#include "progress_bar.h"

#include <algorithm>

#include "base/cat.h"
#include "base/clock.h"
#include "console.h"

namespace tenfold::cli {

namespace {
constexpr int kMaxWidth = 32;
constexpr int kMinWidth = 4;
constexpr int kAroundWidth = 9;  // " [" and "] 100 %"
constexpr double kRedrawSeconds = 0.1;
}  // namespace

ProgressBar::ProgressBar(std::string label)
    : label_(printable(label)), enabled_(stderr_can_redraw()), next_draw_s_(monotonic_seconds()) {}

ProgressBar::~ProgressBar() {
  if (drawn_) draw("\r\033[K");
}

void ProgressBar::update(double fraction) {
  if (!enabled_) return;
  const double now = monotonic_seconds();
  if (now < next_draw_s_) return;
  next_draw_s_ = now + kRedrawSeconds;
  drawn_ = true;
  fraction = fraction >= 0 ? std::min(fraction, 1.0) : 0;  // NaN is no progress
  // A line that the terminal breaks in two could not be drawn over; the last column counts as such.
  const int width = std::min(kMaxWidth, stderr_columns() - 1 - static_cast<int>(label_.size()) - kAroundWidth);
  std::string line = cat("\r", label_, " ");
  if (width >= kMinWidth) {
    const int n_full = static_cast<int>(fraction * width);
    line += "[";
    for (int i = 0; i < width; ++i) line += i < n_full ? "█" : "·";
    line += "] ";
  }
  line += cat(static_cast<int>(fraction * 100), " %\033[K");
  draw(line);
}

}  // namespace tenfold::cli
