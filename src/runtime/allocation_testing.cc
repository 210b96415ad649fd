#include "runtime/allocation_testing.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace tenfold {

namespace {

constexpr long kNever = std::numeric_limits<long>::max();

std::atomic<long> n_allocations{0};
std::atomic<long> first_to_fail{kNever}, last_to_fail{kNever};
std::atomic<std::size_t> current_bytes{0}, peak_bytes{0}, largest_bytes{0};

void raise_to(std::atomic<std::size_t>& mark, std::size_t value) noexcept {
  std::size_t seen = mark.load(std::memory_order_relaxed);
  while (seen < value && !mark.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

// Null if there is no memory.
void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
  const long number = n_allocations.fetch_add(1, std::memory_order_relaxed);
  raise_to(largest_bytes, bytes);
  if (number >= first_to_fail.load(std::memory_order_relaxed) &&
      number <= last_to_fail.load(std::memory_order_relaxed)) {
    return nullptr;
  }
  if (bytes == 0) bytes = 1;
  void* memory = nullptr;
  if (alignment <= alignof(std::max_align_t)) {
    memory = std::malloc(bytes);
  } else if (::posix_memalign(&memory, alignment, bytes) != 0) {
    memory = nullptr;
  }
  if (memory == nullptr) return nullptr;
  const std::size_t usable = ::malloc_usable_size(memory);
  raise_to(peak_bytes, current_bytes.fetch_add(usable, std::memory_order_relaxed) + usable);
  return memory;
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  void* memory = allocate(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  current_bytes.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

long allocation_count() noexcept { return n_allocations.load(std::memory_order_relaxed); }

void fail_allocations_from(long n) noexcept {
  last_to_fail.store(kNever, std::memory_order_relaxed);
  first_to_fail.store(n < 0 ? kNever : n_allocations.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

void fail_one_allocation(long n) noexcept {
  const long number = n_allocations.load(std::memory_order_relaxed) + n;
  last_to_fail.store(number, std::memory_order_relaxed);
  first_to_fail.store(number, std::memory_order_relaxed);
}

std::size_t allocated_bytes() noexcept { return current_bytes.load(std::memory_order_relaxed); }
std::size_t peak_allocated_bytes() noexcept { return peak_bytes.load(std::memory_order_relaxed); }
std::size_t largest_request_bytes() noexcept { return largest_bytes.load(std::memory_order_relaxed); }

void reset_allocation_peak() noexcept {
  peak_bytes.store(allocated_bytes(), std::memory_order_relaxed);
  largest_bytes.store(0, std::memory_order_relaxed);
}

}  // namespace tenfold

// All forms: AddressSanitizer has forms of its own, which must not mix with these.
void* operator new(std::size_t bytes) { return tenfold::allocate_or_throw(bytes, 1); }
void* operator new[](std::size_t bytes) { return tenfold::allocate_or_throw(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return tenfold::allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return tenfold::allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return tenfold::allocate(bytes, 1); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return tenfold::allocate(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return tenfold::allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return tenfold::allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { tenfold::release(memory); }
void operator delete[](void* memory) noexcept { tenfold::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { tenfold::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { tenfold::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { tenfold::release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { tenfold::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { tenfold::release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { tenfold::release(memory); }
