// BlockPool: memory in blocks of one size that several owners may share, counted. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "runtime/arena.h"
#include "tenfold/status.h"

namespace tenfold {

struct BlockPoolSize {
  std::size_t block_bytes = 0;
  int max_blocks = 0;    // that there may ever be
  int arena_blocks = 0;  // mapped at once
};

class BlockPool {
 public:
  // The first arena is mapped now and each other when it is needed. A block uses memory from its first touch on.
  // Errors: kResourceExhausted.
  static Result<std::unique_ptr<BlockPool>> create(const BlockPoolSize& size);

  [[nodiscard]] std::size_t block_bytes() const noexcept { return block_bytes_; }
  // Of those that there may be, how many are not in use.
  [[nodiscard]] int n_free() const;
  // Of blocks that are in use or were: memory is kept for the next owner, until keep(). Takes no lock.
  [[nodiscard]] std::size_t bytes_touched() const noexcept { return n_touched_ * block_bytes_; }
  [[nodiscard]] std::size_t bytes_mapped() const noexcept { return n_mapped_ * block_bytes_; }

  // Maps arenas until there are n_blocks, or max_blocks. Errors: kResourceExhausted.
  Status reserve(int n_blocks);
  // Gives the memory of free blocks back to the system, but for n_blocks with those in use: what was released last
  // stays. A page that a block shares with its neighbour goes with both.
  void keep(int n_blocks) noexcept;
  // Errors: kResourceExhausted when all blocks are in use, or the system maps no more.
  Result<int> allocate();
  void share(int block);    // one more owner
  void release(int block);  // one owner less
  [[nodiscard]] bool is_shared(int block) const;
  // block: one that is in use.
  [[nodiscard]] std::byte* data(int block) const noexcept {
    const auto at = static_cast<std::size_t>(block);
    return arenas_[at / arena_blocks_].data() + at % arena_blocks_ * block_bytes_;
  }

  // Around fork(): nobody is within the pool meanwhile.
  void before_fork() TENFOLD_ACQUIRE(mutex_) { mutex_.lock(); }
  void after_fork() TENFOLD_RELEASE(mutex_) { mutex_.unlock(); }

 private:
  Status map_arena() TENFOLD_REQUIRES(mutex_);
  // blocks: of one arena, one after the other
  void give_back(int first, std::size_t n_blocks) noexcept TENFOLD_REQUIRES(mutex_);

  std::size_t block_bytes_ = 0;
  std::size_t arena_blocks_ = 1;
  std::vector<Arena> arenas_;  // capacity as many as there may be: those that are there never move
  mutable Mutex mutex_;
  // Of mapped blocks, first those without memory, in the other order than they are taken; capacity max_blocks, as
  // nothing is allocated later.
  std::vector<int> free_ TENFOLD_GUARDED_BY(mutex_);
  std::vector<int> owners_ TENFOLD_GUARDED_BY(mutex_);  // [max_blocks]
  // Blocks; written with the lock, read without. n_touched_: in use, or free and with memory.
  std::atomic<std::size_t> n_mapped_ = 0, n_touched_ = 0;
};

}  // namespace tenfold
