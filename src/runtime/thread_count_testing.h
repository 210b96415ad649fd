// For tests only: how many threads this process has, as the kernel counts them.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>

namespace tenfold {

inline int thread_count() {
  return static_cast<int>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator()));
}

// Waits until there are as many: a thread that was joined is there a little longer. The number found if it never is.
inline int thread_count_awaited(int expected) {
  for (int i = 0; i < 1000 && thread_count() != expected; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return thread_count();
}

// Where nobody starts one: those that the tests before have joined get a fifth of a second to go.
inline int settled_thread_count() {
  int least = thread_count();
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    least = std::min(least, thread_count());
  }
  return least;
}

}  // namespace tenfold
