// StepPace: how long a text's next step should be while others wait for the threads, from how long the last one took.
//
// For whoever has the turn.
#pragma once

namespace tenfold {

class StepPace {
 public:
  // What others are to wait for a step.
  static constexpr double kSharedStep_s = 0.05;
  // Steps of fewer tokens take hardly less time: they read the same weights.
  static constexpr int kFewestTokens = 8;

  // A step of n_tokens ≥ 1 took so long.
  void record(int n_tokens, double seconds);
  // Tokens of a step that takes about kSharedStep_s; at most max_tokens ≥ 1.
  [[nodiscard]] int shared_step(int max_tokens) const;

 private:
  double tokens_ = 2 * kFewestTokens;  // before anything is known
};

}  // namespace tenfold
