#include "cpu/kv_cache.h"

#include <algorithm>
#include <cstring>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr int kBlock = kernels::kKvBlock;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

}  // namespace

Result<std::unique_ptr<KvPool>> KvPool::create(KvLayout layout, int n_texts) {
  std::unique_ptr<KvPool> pool(new KvPool(std::move(layout)));
  const KvLayout& kv = pool->layout_;
  const auto add = [&](std::size_t block_bytes, int text_blocks) -> Status {
    TENFOLD_ASSIGN_OR_RETURN(std::unique_ptr<BlockPool> blocks,
                             BlockPool::create({block_bytes, n_texts * text_blocks, text_blocks}));
    pool->pools_.push_back(std::move(blocks));
    return {};
  };
  for (const KvClassLayout& its : kv.classes) TENFOLD_RETURN_IF_ERROR(add(its.block_bytes, its.text_blocks));
  if (kv.state.is_used()) TENFOLD_RETURN_IF_ERROR(add(kv.state.block_bytes(), kv.state.text_blocks));
  return pool;
}

std::size_t KvPool::bytes_touched() const noexcept {
  std::size_t n = 0;
  for (const auto& pool : pools_) n += pool->bytes_touched();
  return n;
}

std::size_t KvPool::bytes_mapped() const noexcept {
  std::size_t n = 0;
  for (const auto& pool : pools_) n += pool->bytes_mapped();
  return n;
}

Status KvPool::reserve(int n_texts) {
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    TENFOLD_RETURN_IF_ERROR(pools_[i]->reserve(n_texts * text_blocks(i)));
  }
  return {};
}

void KvPool::keep(int n_texts) noexcept {
  for (std::size_t i = 0; i < pools_.size(); ++i) pools_[i]->keep(n_texts * text_blocks(i));
}

void KvPool::before_fork() {
  for (const auto& pool : pools_) pool->before_fork();
}

void KvPool::after_fork() {
  for (const auto& pool : pools_) pool->after_fork();
}

// All that later calls fill has its room from here on.
KvSequence::KvSequence(KvPool& pool, int max_tokens)
    : pool_(pool), max_tokens_(max_tokens), held_(pool.layout().classes.size()) {
  for (Held& held : held_) {
    held.ids.reserve(at(kv_blocks_for(max_tokens)));
    held.data.reserve(at(kv_blocks_for(max_tokens)));
  }
  for (Mark& mark : marks_) {
    for (const KvClassLayout& its : layout().classes) {
      mark.windows.emplace_back().reserve(its.gives_back ? at(kv_blocks_for(its.of.window) + 1) : 0);
    }
  }
}

KvSequence::~KvSequence() { truncate(0); }

void KvSequence::hold(std::size_t kv_class, int block) {
  held_[kv_class].ids.push_back(block);
  held_[kv_class].data.push_back(pool_.blocks(kv_class).data(block));
}

void KvSequence::drop_blocks(std::size_t kv_class, int n_left) noexcept {
  Held& held = held_[kv_class];
  while (held.ids.size() > at(n_left)) {
    if (held.ids.back() >= 0) pool_.blocks(kv_class).release(held.ids.back());
    held.ids.pop_back();
    held.data.pop_back();
  }
  held.first = std::min(held.first, n_left);
}

void KvSequence::drop(StateBlock& state) noexcept {
  if (state.block >= 0) pool_.state_blocks().release(state.block);
  state = {};
}

void KvSequence::drop(Mark& mark) noexcept {
  drop(mark.state);
  for (std::size_t c = 0; c < held_.size(); ++c) {
    for (const int id : mark.windows[c]) pool_.blocks(c).release(id);
    mark.windows[c].clear();
  }
}

Status KvSequence::make_writable(std::size_t kv_class, int block) {
  BlockPool& pool = pool_.blocks(kv_class);
  Held& held = held_[kv_class];
  if (!pool.is_shared(held.ids[at(block)])) return {};
  TENFOLD_ASSIGN_OR_RETURN(const int copy, pool.allocate());
  std::memcpy(pool.data(copy), held.data[at(block)], pool.block_bytes());
  pool.release(held.ids[at(block)]);
  held.ids[at(block)] = copy;
  held.data[at(block)] = pool.data(copy);
  return {};
}

// Of the class's blocks, those from first_new on are to be written, up to the last of n_tokens.
Status KvSequence::reserve_blocks(std::size_t kv_class, int first_new, int n_tokens) {
  const int n_before = static_cast<int>(held_[kv_class].ids.size()), n_wanted = kv_blocks_for(n_tokens);
  for (int block = n_before; block < n_wanted; ++block) {
    TENFOLD_ASSIGN_OR_RETURN(const int id, pool_.blocks(kv_class).allocate());
    hold(kv_class, id);
  }
  for (int block = first_new; block < std::min(n_before, n_wanted); ++block) {
    TENFOLD_RETURN_IF_ERROR(make_writable(kv_class, block));
  }
  return {};
}

Status KvSequence::reserve_states(int n, int mark) {
  const auto allocate = [&](StateBlock& state, int end) -> Status {
    TENFOLD_ASSIGN_OR_RETURN(state.block, pool_.state_blocks().allocate());
    state.end = end;
    state.first = std::max({0, state_.first, end - layout().state.n_rows()});
    return {};
  };
  TENFOLD_RETURN_IF_ERROR(allocate(next_state_, n_tokens_ + n));
  return mark > 0 ? allocate(mark_state_, n_tokens_ + mark) : Status();
}

Status KvSequence::reserve(int n, int mark) {
  TENFOLD_DCHECK(n >= 0 && mark >= 0 && mark <= n && next_state_.block < 0);
  if (n > max_tokens_ - n_tokens_) {
    return resource_exhausted("context: expected at most ", max_tokens_, " tokens, found ", n_tokens_, " and ", n,
                              " more; open the model with a larger context");
  }
  mark_ = layout().rewinds_freely() ? 0 : mark;
  Status status;
  for (std::size_t c = 0; status.ok() && c < held_.size(); ++c) {
    status = reserve_blocks(c, n_tokens_ / kBlock, n_tokens_ + n);
  }
  if (status.ok() && layout().state.is_used()) status = reserve_states(n, mark_);
  if (!status.ok()) truncate(n_tokens_);
  return status;
}

void KvSequence::commit(int n) noexcept {
  TENFOLD_DCHECK(n >= mark_ && (!layout().state.is_used() || next_state_.end == n_tokens_ + n));
  if (mark_ > 0) keep_mark(n_tokens_ + mark_);
  n_tokens_ += n;
  if (next_state_.block >= 0) {
    drop(state_);
    std::swap(state_, next_state_);
  }
  mark_ = 0;
  for (std::size_t c = 0; c < held_.size(); ++c) {
    TENFOLD_DCHECK(at(kv_blocks_for(n_tokens_)) <= held_[c].ids.size());
    give_back_left_behind(c);
  }
}

void KvSequence::give_back_left_behind(std::size_t kv_class) noexcept {
  const KvClassLayout& its = layout().classes[kv_class];
  Held& held = held_[kv_class];
  for (const int first = its.first_block(std::max(0, n_tokens_ - kMaxRewind)); held.first < first; ++held.first) {
    pool_.blocks(kv_class).release(held.ids[at(held.first)]);
    held.ids[at(held.first)] = -1;
    held.data[at(held.first)] = nullptr;
  }
}

// Of a step that is being committed: all blocks are still there.
void KvSequence::keep_mark(int n_tokens) noexcept {
  forget_marks_after(n_tokens - 1);
  if (n_marks_ == kMaxMarks) {
    std::rotate(marks_.begin(), marks_.begin() + 1, marks_.end());
    drop(marks_[--n_marks_]);  // the oldest
  }
  Mark& mark = marks_[n_marks_++];
  mark.n_tokens = n_tokens;
  mark.state = std::exchange(mark_state_, {});
  for (std::size_t c = 0; c < held_.size(); ++c) {
    const KvClassLayout& its = layout().classes[c];
    if (!its.gives_back) continue;
    const std::vector<int>& ids = held_[c].ids;
    mark.windows[c].assign(ids.begin() + its.first_block(n_tokens), ids.begin() + kv_blocks_for(n_tokens));
    for (const int id : mark.windows[c]) pool_.blocks(c).share(id);
  }
}

void KvSequence::forget_marks_after(int n) noexcept {
  while (n_marks_ > 0 && marks_[n_marks_ - 1].n_tokens > n) {
    drop(marks_[--n_marks_]);
  }
}

bool KvSequence::is_within_reach(int n) const noexcept {
  if (n == n_tokens_ || n == 0) return true;
  if (layout().state.is_used() && std::max(0, n - layout().state.n_needed()) < state_.first) return false;
  for (std::size_t c = 0; c < held_.size(); ++c) {
    if (layout().classes[c].first_block(n) < held_[c].first) return false;
  }
  return true;
}

const KvSequence::Mark* KvSequence::mark_before(int n) const noexcept {
  for (std::size_t i = n_marks_; i > 0; --i) {
    if (marks_[i - 1].n_tokens <= n) return &marks_[i - 1];
  }
  return nullptr;
}

void KvSequence::forget_windows_and_state() noexcept {
  for (std::size_t c = 0; c < held_.size(); ++c) {
    if (layout().classes[c].gives_back) drop_blocks(c, 0);
  }
  drop(state_);
}

// Takes the windows and the state of a mark, of this sequence or another, after forgetting its own.
void KvSequence::share_at_mark(const Mark& mark) {
  for (std::size_t c = 0; c < held_.size(); ++c) {
    const KvClassLayout& its = layout().classes[c];
    if (!its.gives_back) continue;
    Held& held = held_[c];
    held.first = its.first_block(mark.n_tokens);
    held.ids.assign(at(held.first), -1);
    held.data.assign(at(held.first), nullptr);
    for (const int id : mark.windows[c]) {
      pool_.blocks(c).share(id);
      hold(c, id);
    }
  }
  state_ = mark.state;
  if (state_.block >= 0) pool_.state_blocks().share(state_.block);
}

int KvSequence::truncate(int n) {
  TENFOLD_DCHECK(n >= 0 && n <= n_tokens_);
  drop(next_state_);
  drop(mark_state_);
  mark_ = 0;
  if (!is_within_reach(n)) {
    const Mark* mark = mark_before(n);
    forget_windows_and_state();
    n = mark != nullptr ? mark->n_tokens : 0;
    if (mark != nullptr) share_at_mark(*mark);
  }
  for (std::size_t c = 0; c < held_.size(); ++c) drop_blocks(c, kv_blocks_for(n));
  if (n == 0) drop(state_);
  forget_marks_after(n);
  n_tokens_ = n;
  return n;
}

int KvSequence::share_prefix(const KvSequence& other, int n) {
  TENFOLD_DCHECK(&pool_ == &other.pool_ && n >= 0 && n <= other.n_tokens_);
  truncate(0);
  const bool reachable = other.is_within_reach(n);
  const Mark* mark = reachable ? nullptr : other.mark_before(n);
  if (!reachable) n = mark != nullptr ? mark->n_tokens : 0;
  if (n == 0) return 0;
  for (std::size_t c = 0; c < held_.size(); ++c) {
    if (mark != nullptr && layout().classes[c].gives_back) continue;
    held_[c].first = other.held_[c].first;
    for (int block = 0; block < kv_blocks_for(n); ++block) {
      const int id = other.held_[c].ids[at(block)];
      if (id >= 0) pool_.blocks(c).share(id);
      held_[c].ids.push_back(id);
      held_[c].data.push_back(other.held_[c].data[at(block)]);
    }
  }
  if (mark != nullptr) {
    share_at_mark(*mark);
  } else {
    state_ = other.state_;
    if (state_.block >= 0) pool_.state_blocks().share(state_.block);
  }
  n_tokens_ = n;
  return n;
}

void KvSequence::swap(KvSequence& other) noexcept {
  TENFOLD_DCHECK(&pool_ == &other.pool_ && max_tokens_ == other.max_tokens_);
  TENFOLD_DCHECK(next_state_.block < 0 && other.next_state_.block < 0);
  std::swap(n_tokens_, other.n_tokens_);
  held_.swap(other.held_);
  std::swap(state_, other.state_);
  marks_.swap(other.marks_);
  std::swap(n_marks_, other.n_marks_);
}

std::uint64_t KvSequence::bytes_held() const noexcept {
  std::uint64_t n = 0;
  const auto add = [&](int block, std::size_t n_bytes) { n += block >= 0 ? n_bytes : 0; };
  const std::size_t state_bytes = layout().state.block_bytes();
  for (const StateBlock* state : {&state_, &next_state_, &mark_state_}) add(state->block, state_bytes);
  for (std::size_t i = 0; i < n_marks_; ++i) add(marks_[i].state.block, state_bytes);
  for (std::size_t c = 0; c < held_.size(); ++c) {
    const std::size_t block_bytes = layout().classes[c].block_bytes;
    for (const int id : held_[c].ids) add(id, block_bytes);
    for (std::size_t i = 0; i < n_marks_; ++i) n += marks_[i].windows[c].size() * block_bytes;
  }
  return n;
}

int KvSequence::saved_back() const noexcept {
  const int n_back = std::min(kMaxRewind, n_tokens_);
  return is_within_reach(std::max(1, n_tokens_ - n_back)) ? n_back : 0;
}

void KvSequence::copy_layer(std::size_t kv_class, int block, int layer, std::span<std::byte> out) const {
  const KvClassLayout& its = layout().classes[kv_class];
  TENFOLD_DCHECK(block >= held_[kv_class].first && block < kv_blocks_for(n_tokens_));
  TENFOLD_DCHECK(out.size() == its.layer_bytes());
  std::memcpy(out.data(), held_[kv_class].data[at(block)] + its.layer_offset(layer), out.size());
  const int n_held = std::min(n_tokens_ - block * kBlock, kBlock);
  if (n_held == kBlock) return;
  const std::vector<float> zeros(at(its.of.head_dim));
  for (std::size_t head = 0; head < out.size(); head += its.head_stride) {
    for (int position = n_held; position < kBlock; ++position) {
      layout().kernels->store(zeros.data(), zeros.data(), its.of.head_dim, position, out.data() + head);
    }
  }
}

void KvSequence::copy_state(std::span<std::byte> out) const {
  const StateLayout& its = layout().state;
  const int n_back = saved_back();
  TENFOLD_DCHECK(out.size() == its.needed_bytes(n_back));
  const std::size_t row_bytes = at(its.of.width) * sizeof(float);
  std::byte* to = out.data();
  for (int layer = 0; layer < its.of.n_layers; ++layer) {
    for (int token = n_tokens_ - n_back - its.n_needed(); token < n_tokens_; ++token, to += row_bytes) {
      if (token < 0) {
        std::memset(to, 0, row_bytes);
      } else {
        std::memcpy(to, its.row(floats(state_), layer, state_.end, token), row_bytes);
      }
    }
  }
}

Status KvSequence::begin_restore(int n, int n_back) {
  TENFOLD_DCHECK(n_tokens_ == 0 && n <= max_tokens_ && n_back >= 0 && n_back <= std::min(n, kMaxRewind));
  Status status;
  for (std::size_t c = 0; status.ok() && c < held_.size(); ++c) {
    Held& held = held_[c];
    held.first = layout().classes[c].first_block(n - n_back);
    held.ids.assign(at(held.first), -1);
    held.data.assign(at(held.first), nullptr);
    status = reserve_blocks(c, held.first, n);
  }
  if (status.ok() && layout().state.is_used() && n > 0) status = reserve_states(n, 0);
  if (!status.ok()) truncate(0);
  return status;
}

void KvSequence::finish_restore(int n, int n_back, std::span<const std::byte> state) noexcept {
  const StateLayout& its = layout().state;
  TENFOLD_DCHECK(state.size() == its.needed_bytes(n_back));
  n_tokens_ = n;
  if (!its.is_used() || n == 0) return;
  std::swap(state_, next_state_);
  state_.first = std::max(0, n - n_back - its.n_needed());
  const std::size_t row_bytes = at(its.of.width) * sizeof(float);
  const std::byte* from = state.data();
  for (int layer = 0; layer < its.of.n_layers; ++layer) {
    for (int token = n - n_back - its.n_needed(); token < n; ++token, from += row_bytes) {
      if (token >= 0) std::memcpy(its.row(floats(state_), layer, n, token), from, row_bytes);
    }
  }
}

}  // namespace tenfold
