#include "model_file/allocation_peak.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace tenfold {

namespace {

std::atomic<std::size_t> current{0};
std::atomic<std::size_t> peak{0};
std::atomic<std::size_t> largest{0};

void raise_to(std::atomic<std::size_t>& mark, std::size_t value) {
  std::size_t seen = mark.load();
  while (seen < value && !mark.compare_exchange_weak(seen, value)) {
  }
}

void* allocate(std::size_t n, std::size_t alignment) {
  raise_to(largest, n);
  void* p = nullptr;
  if (alignment <= alignof(std::max_align_t)) {
    p = std::malloc(n == 0 ? 1 : n);
  } else if (::posix_memalign(&p, alignment, n) != 0) {
    p = nullptr;
  }
  if (p == nullptr) throw std::bad_alloc();
  raise_to(peak, current.fetch_add(::malloc_usable_size(p)) + ::malloc_usable_size(p));
  return p;
}

void release(void* p) noexcept {
  if (p == nullptr) return;
  current.fetch_sub(::malloc_usable_size(p));
  std::free(p);
}

}  // namespace

std::size_t allocated_bytes() noexcept { return current.load(); }
std::size_t peak_allocated_bytes() noexcept { return peak.load(); }
std::size_t largest_request_bytes() noexcept { return largest.load(); }
void reset_allocation_peak() noexcept {
  peak.store(current.load());
  largest.store(0);
}

}  // namespace tenfold

void* operator new(std::size_t n) { return tenfold::allocate(n, 1); }
void* operator new[](std::size_t n) { return tenfold::allocate(n, 1); }
void* operator new(std::size_t n, std::align_val_t a) { return tenfold::allocate(n, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return tenfold::allocate(n, static_cast<std::size_t>(a)); }
void operator delete(void* p) noexcept { tenfold::release(p); }
void operator delete[](void* p) noexcept { tenfold::release(p); }
void operator delete(void* p, std::size_t) noexcept { tenfold::release(p); }
void operator delete[](void* p, std::size_t) noexcept { tenfold::release(p); }
void operator delete(void* p, std::align_val_t) noexcept { tenfold::release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { tenfold::release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { tenfold::release(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { tenfold::release(p); }
