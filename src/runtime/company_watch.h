// CompanyWatch: how many threads a step should use beside other processes, under contention for the cores.
//
// A step of few tokens is hundreds of regions of microseconds each. A thread that loses its core while it holds a chunk
// makes all the others wait for a whole turn of the scheduler, so beside a busy process one thread fewer is faster than
// all of them waiting half the time. A long prompt has regions long enough to share out even so, and keeps them all,
// unless none of them has a core: then they mostly wait for each other (a scheduler that weighs groups of processes
// leaves all of ours on one core), and fewer are faster, if that gives them a core. If it does not, more threads get
// more turns.
//
// The watch looks at how long each thread waited for a core, over windows of some steps. A thread that hardly waited
// has a core of its own; where others waited much, only so many threads go on as there were such cores. Now and then
// all are tried again, more rarely each time that it was wrong. Where every thread waits half of them go on, and so
// forth down to one: it has fewer rivals than two that wait for each other as well.
//
// Not thread-safe: whoever runs a step.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace tenfold {

class CompanyWatch {
 public:
  static constexpr int kSmallStepTokens = 8;
  static constexpr double kWindow_s = 0.01;
  static constexpr double kCrowdedShare = 0.25;  // of a thread's time, spent waiting
  static constexpr int kCrowdedWindows = 2;      // one after the other, before anything is done about it
  static constexpr double kCertain_s = 0.1;      // or one as long as this
  static constexpr double kFirstHold_s = 0.1;
  static constexpr double kLongestHold_s = 3.2;

  struct Senses {
    std::function<double()> now_s;
    // Writes how long each of the first waited_s.size() threads has waited for a core so far; asked once a window.
    std::function<void(std::span<double> waited_s)> read_waits;
  };

  // n_threads: at least 1. senses: of one thread alone nothing is asked.
  CompanyWatch(int n_threads, Senses senses);

  // The threads to use for a step of n_tokens ≥ 1 that begins now, at most `most` of them, 1…n_threads.
  [[nodiscard]] int begin_step(int n_tokens, int most);
  [[nodiscard]] int begin_step(int n_tokens) { return begin_step(n_tokens, n_threads_); }
  // After each step that ran to its end, once.
  void end_step();
  // Between steps: there are so many threads now, not fewer than before.
  void grow(int n_threads);

 private:
  void begin_window(int n_active, int most);
  void judge(int n_own_cores, double now_s);
  void give_way(int n_active, double now_s);

  int n_threads_;
  Senses senses_;
  int n_active_;                      // for small steps
  bool long_steps_give_way_ = false;  // so do they
  double next_hold_s_ = kFirstHold_s;
  double held_until_s_ = 0;  // all threads are not tried before
  // The window: steps with the same number of threads, of which they might have used window_most_.
  int window_threads_;
  int window_most_;
  int n_crowded_ = 0;    // windows in a row
  double window_s_ = 0;  // sum of its steps
  std::vector<double> waits_before_s_, waits_now_s_;
  double step_began_s_ = 0;
  double step_ended_s_ = 0;
};

}  // namespace tenfold
