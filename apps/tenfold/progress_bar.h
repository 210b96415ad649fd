// A progress bar on stderr, drawn only if stderr is a terminal that can take a line back, at most ten times a second,
// as wide as the terminal allows, and wiped when done.
#pragma once

#include <string>

namespace tenfold::cli {

class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // fraction: 0…1
  void update(double fraction);

 private:
  std::string label_;
  bool enabled_;
  bool drawn_ = false;
  double next_draw_s_;
};

}  // namespace tenfold::cli
