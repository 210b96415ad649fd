// The KV cache: keys and values of all layers, in blocks of 64 positions that sequences with a common beginning share.
//
// KvPool owns the blocks and is thread-safe. A KvSequence belongs to one Session at a time and gives its blocks back
// when it dies; the pool must outlive it.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "ops/kv_view.h"
#include "runtime/arena.h"
#include "tenfold/status.h"

namespace tenfold {

struct KvLayout {
  kernels::KvType type = kernels::KvType::kF32;
  int n_layers = 0;
  int n_kv_heads = 0;
  int head_dim = 0;
  std::size_t head_stride = 0;  // bytes of one layer and head
  std::size_t block_bytes = 0;  // all layers and heads
  const kernels::KvKernels* kernels = nullptr;

  // Errors: kUnsupported if the type cannot hold this head_dim.
  static Result<KvLayout> create(const kernels::KernelTable& kernels, kernels::KvType type, int n_layers,
                                 int n_kv_heads, int head_dim);
  [[nodiscard]] std::size_t layer_offset(int layer) const {
    return static_cast<std::size_t>(layer) * static_cast<std::size_t>(n_kv_heads) * head_stride;
  }
  // Of one layer of a block.
  [[nodiscard]] std::size_t layer_bytes() const { return layer_offset(1); }
};

class KvPool {
 public:
  // Up to max_blocks in arenas of arena_blocks, of which the first is mapped now and each other when it is needed. A
  // block uses memory from its first position on. Errors: kResourceExhausted.
  static Result<std::unique_ptr<KvPool>> create(const KvLayout& layout, int max_blocks, int arena_blocks);
  static Result<std::unique_ptr<KvPool>> create(const KvLayout& layout, int max_blocks) {
    return create(layout, max_blocks, max_blocks);
  }

  [[nodiscard]] const KvLayout& layout() const noexcept { return layout_; }
  // Of those that there may be, how many are not in use.
  [[nodiscard]] int n_free() const;
  // Of blocks that are in use or were: memory is kept for the next sequence, until keep(). Takes no lock.
  [[nodiscard]] std::size_t bytes_touched() const noexcept { return n_touched_ * layout_.block_bytes; }
  [[nodiscard]] std::size_t bytes_mapped() const noexcept { return n_mapped_ * layout_.block_bytes; }

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
    return arenas_[at / arena_blocks_].data() + at % arena_blocks_ * layout_.block_bytes;
  }

  // Around fork(): nobody is within the pool meanwhile.
  void before_fork() TENFOLD_ACQUIRE(mutex_) { mutex_.lock(); }
  void after_fork() TENFOLD_RELEASE(mutex_) { mutex_.unlock(); }

 private:
  Status map_arena() TENFOLD_REQUIRES(mutex_);
  // blocks: of one arena, one after the other
  void give_back(int first, std::size_t n_blocks) noexcept TENFOLD_REQUIRES(mutex_);

  KvLayout layout_;
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

class KvSequence {
 public:
  // Holds at most max_tokens positions.
  KvSequence(KvPool& pool, int max_tokens);
  ~KvSequence();
  KvSequence(const KvSequence&) = delete;
  KvSequence& operator=(const KvSequence&) = delete;

  [[nodiscard]] int n_tokens() const noexcept { return n_tokens_; }
  [[nodiscard]] int max_tokens() const noexcept { return max_tokens_; }
  [[nodiscard]] std::byte* const* blocks() const noexcept { return data_.data(); }
  [[nodiscard]] const KvLayout& layout() const noexcept { return pool_.layout(); }

  // Makes room for n more positions, all writable: blocks shared with others are copied first. Never allocates from the
  // heap. Errors: kResourceExhausted past max_tokens or when the pool is empty; the sequence is then as it was.
  Status reserve(int n);
  // The positions that reserve() made room for now hold n more tokens.
  void commit(int n) noexcept;
  // Forgets everything after the first n ≤ n_tokens().
  void truncate(int n);
  // Becomes the first n ≤ other.n_tokens() of `other`, sharing its blocks. The same pool.
  void share_prefix(const KvSequence& other, int n);
  // Of the same pool and as long. Never allocates.
  void swap(KvSequence& other) noexcept;

  // Copies a layer of a block as it lies there, but for positions that hold no token: what was there before, perhaps
  // somebody else's, becomes the keys and values of zeros.
  //
  //   out:  layout().layer_bytes()
  void copy_layer(int block, int layer, std::span<std::byte> out) const;

 private:
  Status make_writable(std::size_t block);

  KvPool& pool_;
  int max_tokens_;
  int n_tokens_ = 0;
  std::vector<int> ids_;
  std::vector<std::byte*> data_;  // data_[i] = pool.data(ids_[i])
};

}  // namespace tenfold
