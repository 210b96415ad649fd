#include "base/stack_left.h"

#include <pthread.h>

#include <cstdint>

namespace tenfold {

namespace {

struct StackRange {
  std::uintptr_t low = 0, high = 0;
};

StackRange read_range() noexcept {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* low = nullptr;
  std::size_t n_bytes = 0;
  const bool known = pthread_attr_getstack(&attributes, &low, &n_bytes) == 0;
  pthread_attr_destroy(&attributes);
  if (!known) return {};
  const auto address = reinterpret_cast<std::uintptr_t>(low);
  return {address, address + n_bytes};
}

}  // namespace

std::size_t stack_left_bytes() noexcept {
  thread_local StackRange range;
  if (range.high == 0) range = read_range();
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  return here >= range.low && here < range.high ? here - range.low : SIZE_MAX;
}

}  // namespace tenfold
