#include "runtime/allocation_count.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr long kNever = std::numeric_limits<long>::max();

std::atomic<long> n_allocations{0};
std::atomic<long> first_to_fail{kNever}, last_to_fail{kNever};

// Null if there is no memory.
void* count_and_allocate(std::size_t bytes, std::size_t alignment) noexcept {
  const long number = n_allocations.fetch_add(1, std::memory_order_relaxed);
  if (number >= first_to_fail.load(std::memory_order_relaxed) &&
      number <= last_to_fail.load(std::memory_order_relaxed)) {
    return nullptr;
  }
  void* memory = nullptr;
  if (alignment < sizeof(void*)) alignment = sizeof(void*);
  return posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) == 0 ? memory : nullptr;
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

long tenfold::allocation_count() noexcept { return n_allocations.load(std::memory_order_relaxed); }

void tenfold::fail_allocations_from(long n) noexcept {
  last_to_fail.store(kNever, std::memory_order_relaxed);
  first_to_fail.store(n < 0 ? kNever : n_allocations.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

void tenfold::fail_one_allocation(long n) noexcept {
  const long number = n_allocations.load(std::memory_order_relaxed) + n;
  last_to_fail.store(number, std::memory_order_relaxed);
  first_to_fail.store(number, std::memory_order_relaxed);
}

// The standard library builds its array forms on these. AddressSanitizer has forms of its own, which must not mix with
// these: it keeps the array ones, new and delete alike, but nothrow new shares its delete with plain new.
void* operator new(std::size_t bytes) { return or_throw(count_and_allocate(bytes, alignof(std::max_align_t))); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return count_and_allocate(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return or_throw(count_and_allocate(bytes, static_cast<std::size_t>(alignment)));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return count_and_allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
