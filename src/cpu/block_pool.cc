#include "cpu/block_pool.h"

#include <algorithm>
#include <functional>
#include <span>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxPoolBytes = std::size_t{1} << 46;  // of address space

}  // namespace

Result<std::unique_ptr<BlockPool>> BlockPool::create(const BlockPoolSize& size) {
  TENFOLD_DCHECK(size.block_bytes > 0 && size.max_blocks > 0 && size.arena_blocks > 0);
  const auto n_blocks = static_cast<std::size_t>(size.max_blocks);
  if (n_blocks > kMaxPoolBytes / size.block_bytes) {
    return resource_exhausted("KV cache: expected at most ", kMaxPoolBytes, " bytes, found ", size.max_blocks,
                              " blocks of ", size.block_bytes);
  }
  auto pool = std::make_unique<BlockPool>();
  pool->block_bytes_ = size.block_bytes;
  pool->arena_blocks_ = static_cast<std::size_t>(size.arena_blocks);
  pool->arenas_.reserve((n_blocks + pool->arena_blocks_ - 1) / pool->arena_blocks_);
  {
    const MutexLock lock(pool->mutex_);
    pool->owners_.assign(n_blocks, 0);
    pool->free_.reserve(n_blocks);
  }
  TENFOLD_RETURN_IF_ERROR(pool->reserve(1));
  return pool;
}

Status BlockPool::map_arena() {
  const std::size_t n_blocks = std::min(arena_blocks_, owners_.size() - n_mapped_);
  Result<Arena> arena = Arena::create(n_blocks * block_bytes_);
  if (!arena.ok()) return arena.status().with_context("KV cache");
  arenas_.push_back(std::move(arena).value());
  n_mapped_ += n_blocks;
  free_.insert(free_.begin(), n_blocks, 0);
  for (std::size_t i = 0; i < n_blocks; ++i) free_[i] = static_cast<int>(n_mapped_ - 1 - i);
  return {};
}

Status BlockPool::reserve(int n_blocks) {
  const MutexLock lock(mutex_);
  const std::size_t wanted = std::min(static_cast<std::size_t>(n_blocks), owners_.size());
  while (n_mapped_ < wanted) TENFOLD_RETURN_IF_ERROR(map_arena());
  return {};
}

void BlockPool::keep(int n_blocks) noexcept {
  if (n_touched_ <= static_cast<std::size_t>(n_blocks)) return;
  const MutexLock lock(mutex_);
  const std::size_t n_kept = std::max(static_cast<std::size_t>(n_blocks), n_mapped_ - free_.size());
  if (n_touched_ <= n_kept) return;
  const std::span<int> cold = std::span(free_).subspan(n_mapped_ - n_touched_, n_touched_ - n_kept);
  std::sort(cold.begin(), cold.end(), std::greater<>());
  for (std::size_t i = 0; i < cold.size();) {
    std::size_t n = 1;
    while (i + n < cold.size() && cold[i + n] == cold[i] - static_cast<int>(n) &&
           static_cast<std::size_t>(cold[i]) / arena_blocks_ == static_cast<std::size_t>(cold[i + n]) / arena_blocks_) {
      ++n;
    }
    give_back(cold[i + n - 1], n);
    i += n;
  }
  n_touched_ = n_kept;
}

void BlockPool::give_back(int first, std::size_t n_blocks) noexcept {
  const auto at = static_cast<std::size_t>(first);
  arenas_[at / arena_blocks_].give_back(at % arena_blocks_ * block_bytes_, n_blocks * block_bytes_);
}

int BlockPool::n_free() const {
  const MutexLock lock(mutex_);
  return static_cast<int>(free_.size() + owners_.size() - n_mapped_);
}

Result<int> BlockPool::allocate() {
  const MutexLock lock(mutex_);
  if (free_.empty() && n_mapped_ < owners_.size()) TENFOLD_RETURN_IF_ERROR(map_arena());
  if (free_.empty()) {
    return resource_exhausted("KV cache: all ", owners_.size(), " blocks are in use");
  }
  const int block = free_.back();
  free_.pop_back();
  owners_[static_cast<std::size_t>(block)] = 1;
  n_touched_ = std::max(n_touched_.load(), n_mapped_ - free_.size());
  return block;
}

void BlockPool::share(int block) {
  const MutexLock lock(mutex_);
  TENFOLD_DCHECK(owners_[static_cast<std::size_t>(block)] > 0);
  ++owners_[static_cast<std::size_t>(block)];
}

void BlockPool::release(int block) {
  const MutexLock lock(mutex_);
  TENFOLD_DCHECK(owners_[static_cast<std::size_t>(block)] > 0);
  if (--owners_[static_cast<std::size_t>(block)] == 0) free_.push_back(block);
}

bool BlockPool::is_shared(int block) const {
  const MutexLock lock(mutex_);
  return owners_[static_cast<std::size_t>(block)] > 1;
}

}  // namespace tenfold
