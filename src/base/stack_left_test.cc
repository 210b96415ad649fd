#include "base/stack_left.h"

#include <gtest/gtest.h>
#include <limits.h>
#include <pthread.h>

#include <cstdint>

namespace tenfold {
namespace {

struct Readings {
  std::size_t at_start = 0;
  std::size_t deeper = 0;
};

// AddressSanitizer would put the array elsewhere than on the thread's own stack.
__attribute__((noinline, no_sanitize("address"))) std::size_t left_below_a_frame_of_16_kb() {
  volatile char frame[16384];
  for (volatile char& byte : frame) byte = 0;  // or a compiler makes the array smaller
  return stack_left_bytes() + static_cast<std::size_t>(frame[0]);
}

void* read_both(void* into) {
  auto& readings = *static_cast<Readings*>(into);
  readings.at_start = stack_left_bytes();
  readings.deeper = left_below_a_frame_of_16_kb();
  return nullptr;
}

Readings on_a_thread_of(std::size_t n_bytes) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  EXPECT_EQ(pthread_attr_setstacksize(&attributes, n_bytes), 0);
  pthread_t thread;
  Readings readings;
  EXPECT_EQ(pthread_create(&thread, &attributes, read_both, &readings), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  return readings;
}

TEST(StackLeft, IsWhatAThreadWasGivenWithoutWhatItUses) {
  for (const std::size_t kb : {64, 128, 1024}) {
    if (kb << 10 < static_cast<std::size_t>(PTHREAD_STACK_MIN)) continue;  // none so small can be made here
    const Readings readings = on_a_thread_of(kb << 10);
    EXPECT_LT(readings.at_start, kb << 10);
    EXPECT_GT(readings.at_start, (kb << 10) / 2);
    EXPECT_LE(readings.deeper + 16384, readings.at_start);
  }
}

TEST(StackLeft, IsKnownOnTheMainThread) {
  const std::size_t left = stack_left_bytes();
  EXPECT_GT(left, std::size_t{64} << 10);
  EXPECT_LT(left_below_a_frame_of_16_kb() + 16000, left);
}

}  // namespace
}  // namespace tenfold
