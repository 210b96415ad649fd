#include "cpu/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr int kBlock = kernels::kKvBlock;
constexpr std::size_t kMaxPoolBytes = std::size_t{1} << 46;  // of address space

std::size_t blocks_for(int n_tokens) { return static_cast<std::size_t>((n_tokens + kBlock - 1) / kBlock); }

}  // namespace

Result<KvLayout> KvLayout::create(const kernels::KernelTable& kernels, kernels::KvType type, int n_layers,
                                  int n_kv_heads, int head_dim) {
  if (type == kernels::KvType::kQ8_0 && head_dim % 32 != 0) {
    return unsupported("KV cache of type q8_0: expected a head_dim that is a multiple of 32, found ", head_dim,
                       "; use f16");
  }
  KvLayout layout{type, n_layers, n_kv_heads, head_dim, 0, 0, &kernels.kv[static_cast<int>(type)]};
  layout.head_stride = layout.kernels->block_bytes(head_dim);
  layout.block_bytes = layout.head_stride * static_cast<std::size_t>(n_layers) * static_cast<std::size_t>(n_kv_heads);
  return layout;
}

Result<std::unique_ptr<KvPool>> KvPool::create(const KvLayout& layout, int max_blocks, int arena_blocks) {
  const auto n_blocks = static_cast<std::size_t>(max_blocks);
  if (n_blocks > kMaxPoolBytes / layout.block_bytes) {
    return resource_exhausted("KV cache: expected at most ", kMaxPoolBytes, " bytes, found ", max_blocks, " blocks of ",
                              layout.block_bytes);
  }
  auto pool = std::make_unique<KvPool>();
  pool->layout_ = layout;
  pool->arena_blocks_ = static_cast<std::size_t>(arena_blocks);
  pool->arenas_.reserve((n_blocks + pool->arena_blocks_ - 1) / pool->arena_blocks_);
  {
    const MutexLock lock(pool->mutex_);
    pool->owners_.assign(n_blocks, 0);
    pool->free_.reserve(n_blocks);
  }
  TENFOLD_RETURN_IF_ERROR(pool->reserve(1));
  return pool;
}

Status KvPool::map_arena() {
  const std::size_t n_blocks = std::min(arena_blocks_, owners_.size() - n_mapped_);
  Result<Arena> arena = Arena::create(n_blocks * layout_.block_bytes);
  if (!arena.ok()) return arena.status().with_context("KV cache");
  arenas_.push_back(std::move(arena).value());
  n_mapped_ += n_blocks;
  free_.insert(free_.begin(), n_blocks, 0);
  for (std::size_t i = 0; i < n_blocks; ++i) free_[i] = static_cast<int>(n_mapped_ - 1 - i);
  return {};
}

Status KvPool::reserve(int n_blocks) {
  const MutexLock lock(mutex_);
  const std::size_t wanted = std::min(static_cast<std::size_t>(n_blocks), owners_.size());
  while (n_mapped_ < wanted) TENFOLD_RETURN_IF_ERROR(map_arena());
  return {};
}

void KvPool::keep(int n_blocks) noexcept {
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

void KvPool::give_back(int first, std::size_t n_blocks) noexcept {
  const auto at = static_cast<std::size_t>(first);
  arenas_[at / arena_blocks_].give_back(at % arena_blocks_ * layout_.block_bytes, n_blocks * layout_.block_bytes);
}

int KvPool::n_free() const {
  const MutexLock lock(mutex_);
  return static_cast<int>(free_.size() + owners_.size() - n_mapped_);
}

Result<int> KvPool::allocate() {
  const MutexLock lock(mutex_);
  if (free_.empty() && n_mapped_ < owners_.size()) TENFOLD_RETURN_IF_ERROR(map_arena());
  if (free_.empty()) {
    return resource_exhausted("KV cache: all ", owners_.size(), " blocks of ", kBlock, " positions are in use");
  }
  const int block = free_.back();
  free_.pop_back();
  owners_[static_cast<std::size_t>(block)] = 1;
  n_touched_ = std::max(n_touched_.load(), n_mapped_ - free_.size());
  return block;
}

void KvPool::share(int block) {
  const MutexLock lock(mutex_);
  TENFOLD_DCHECK(owners_[static_cast<std::size_t>(block)] > 0);
  ++owners_[static_cast<std::size_t>(block)];
}

void KvPool::release(int block) {
  const MutexLock lock(mutex_);
  TENFOLD_DCHECK(owners_[static_cast<std::size_t>(block)] > 0);
  if (--owners_[static_cast<std::size_t>(block)] == 0) free_.push_back(block);
}

bool KvPool::is_shared(int block) const {
  const MutexLock lock(mutex_);
  return owners_[static_cast<std::size_t>(block)] > 1;
}

KvSequence::KvSequence(KvPool& pool, int max_tokens) : pool_(pool), max_tokens_(max_tokens) {
  ids_.reserve(blocks_for(max_tokens));
  data_.reserve(blocks_for(max_tokens));
}

KvSequence::~KvSequence() { truncate(0); }

Status KvSequence::reserve(int n) {
  if (n > max_tokens_ - n_tokens_) {
    return resource_exhausted("context: expected at most ", max_tokens_, " tokens, found ", n_tokens_, " and ", n,
                              " more; open the model with a larger context");
  }
  const std::size_t wanted = blocks_for(n_tokens_ + n);
  const std::size_t before = ids_.size();
  Status status;
  while (status.ok() && ids_.size() < wanted) {
    Result<int> block = pool_.allocate();
    if (!block.ok()) {
      status = block.status();
      break;
    }
    ids_.push_back(*block);
    data_.push_back(pool_.data(*block));
  }
  for (std::size_t b = static_cast<std::size_t>(n_tokens_ / kBlock); status.ok() && b < before && b < wanted; ++b) {
    status = make_writable(b);
  }
  if (!status.ok()) truncate(n_tokens_);
  return status;
}

Status KvSequence::make_writable(std::size_t block) {
  if (!pool_.is_shared(ids_[block])) return {};
  TENFOLD_ASSIGN_OR_RETURN(const int copy, pool_.allocate());
  std::memcpy(pool_.data(copy), data_[block], pool_.layout().block_bytes);
  pool_.release(ids_[block]);
  ids_[block] = copy;
  data_[block] = pool_.data(copy);
  return {};
}

void KvSequence::commit(int n) noexcept {
  TENFOLD_DCHECK(n >= 0 && blocks_for(n_tokens_ + n) <= ids_.size());
  n_tokens_ += n;
}

void KvSequence::truncate(int n) {
  TENFOLD_DCHECK(n >= 0 && n <= n_tokens_);
  while (ids_.size() > blocks_for(n)) {
    pool_.release(ids_.back());
    ids_.pop_back();
    data_.pop_back();
  }
  n_tokens_ = n;
}

void KvSequence::share_prefix(const KvSequence& other, int n) {
  TENFOLD_DCHECK(&pool_ == &other.pool_ && n >= 0 && n <= other.n_tokens_);
  truncate(0);
  for (std::size_t b = 0; b < blocks_for(n); ++b) {
    pool_.share(other.ids_[b]);
    ids_.push_back(other.ids_[b]);
    data_.push_back(other.data_[b]);
  }
  n_tokens_ = n;
}

void KvSequence::swap(KvSequence& other) noexcept {
  TENFOLD_DCHECK(&pool_ == &other.pool_ && max_tokens_ == other.max_tokens_);
  std::swap(n_tokens_, other.n_tokens_);
  ids_.swap(other.ids_);
  data_.swap(other.data_);
}

void KvSequence::copy_layer(int block, int layer, std::span<std::byte> out) const {
  const KvLayout& kv = pool_.layout();
  TENFOLD_DCHECK(block >= 0 && static_cast<std::size_t>(block) < blocks_for(n_tokens_) &&
                 out.size() == kv.layer_bytes());
  std::memcpy(out.data(), data_[static_cast<std::size_t>(block)] + kv.layer_offset(layer), out.size());
  const int n_held = std::min(n_tokens_ - block * kBlock, kBlock);
  if (n_held == kBlock) return;
  const std::vector<float> zeros(static_cast<std::size_t>(kv.head_dim));
  for (std::size_t head = 0; head < out.size(); head += kv.head_stride) {
    for (int position = n_held; position < kBlock; ++position) {
      kv.kernels->store(zeros.data(), zeros.data(), kv.head_dim, position, out.data() + head);
    }
  }
}

}  // namespace tenfold
