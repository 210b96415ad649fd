// The KV cache: what a model keeps of texts. Keys and values lie in blocks of 64 positions that texts with a common
// beginning share; layers with a sliding window give back those that it has left behind. Layers with recurrent state
// keep that in a block of its own, which each step writes anew.
//
// KvPool owns the blocks and is thread-safe. A KvSequence belongs to one Session at a time and gives its blocks back
// when it dies; the pool must outlive it.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "cpu/block_pool.h"
#include "cpu/kv_layout.h"

namespace tenfold {

class KvPool {
 public:
  // For up to n_texts, of which the memory of one is mapped now. Errors: kResourceExhausted.
  static Result<std::unique_ptr<KvPool>> create(KvLayout layout, int n_texts);

  [[nodiscard]] const KvLayout& layout() const noexcept { return layout_; }
  // Of a class of layers: what its texts lie in.
  [[nodiscard]] BlockPool& blocks(std::size_t kv_class) const noexcept { return *pools_[kv_class]; }
  [[nodiscard]] BlockPool& state_blocks() const noexcept {
    TENFOLD_DCHECK(layout_.state.is_used());
    return *pools_.back();
  }
  // See BlockPool.
  [[nodiscard]] std::size_t bytes_touched() const noexcept;
  [[nodiscard]] std::size_t bytes_mapped() const noexcept;
  Status reserve(int n_texts);
  void keep(int n_texts) noexcept;
  void before_fork() TENFOLD_NO_THREAD_SAFETY_ANALYSIS;
  void after_fork() TENFOLD_NO_THREAD_SAFETY_ANALYSIS;

 private:
  explicit KvPool(KvLayout layout) : layout_(std::move(layout)) {}
  [[nodiscard]] int text_blocks(std::size_t pool) const {
    return pool < layout_.classes.size() ? layout_.classes[pool].text_blocks : layout_.state.text_blocks;
  }

  KvLayout layout_;
  std::vector<std::unique_ptr<BlockPool>> pools_;  // of each class, then that of states
};

// The recurrent state of a text, as a step reads and writes it: f32, see StateLayout. The last of its rows is the one
// of token end − 1.
struct StateBlock {
  int block = -1;  // none: the text has not begun
  int end = 0;
  int first = 0;  // rows of tokens before this one are not there
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
  [[nodiscard]] const KvLayout& layout() const noexcept { return pool_.layout(); }
  // [i]: of positions [64·i, 64·i + 64); null where a window has left them behind.
  [[nodiscard]] std::byte* const* blocks(std::size_t kv_class) const noexcept { return held_[kv_class].data.data(); }
  // State before the step that was reserved, behind it, and behind `mark` tokens of it; null where there is none.
  [[nodiscard]] const float* state_before() const noexcept { return floats(state_); }
  [[nodiscard]] int state_end() const noexcept { return state_.end; }
  [[nodiscard]] float* state_after() const noexcept { return floats(next_state_); }
  [[nodiscard]] float* state_at_mark() const noexcept { return floats(mark_state_); }

  // Makes room for n more positions, all writable: blocks shared with others are copied first. Never allocates from the
  // heap. Errors: kResourceExhausted past max_tokens or when the pool is empty; the sequence is then as it was.
  //
  //   mark:  0…n: behind so many of them truncate() is to find back to, 0 for nowhere. The last few marks hold.
  Status reserve(int n, int mark = 0);
  // The positions that reserve() made room for now hold n more tokens, all that it was asked for if there is a state.
  void commit(int n) noexcept;
  // Forgets everything after the first n ≤ n_tokens(), and what a step had reserved. Where windows or states of so far
  // back are gone, also what is behind the last mark before that, or all of it. The result is what is left.
  int truncate(int n);
  // Becomes the first n ≤ other.n_tokens() of `other`, sharing its blocks, or fewer as truncate() has it. The same
  // pool.
  int share_prefix(const KvSequence& other, int n);
  // Of the same pool and as long. Never allocates.
  void swap(KvSequence& other) noexcept;

  // Bytes of all blocks that it is an owner of.
  [[nodiscard]] std::uint64_t bytes_held() const noexcept;

  // How many tokens can be taken back and the text go on at once, as it is now: kMaxRewind, or fewer than that of a
  // shorter text, or 0. So much is saved.
  [[nodiscard]] int saved_back() const noexcept;
  // Copies a layer of a block as it lies there, but for positions that hold no token: what was there before, perhaps
  // somebody else's, becomes the keys and values of zeros.
  //
  //   block:  layout().classes[kv_class].first_block(n_tokens() − saved_back()) or later
  //   out:    layout().classes[kv_class].layer_bytes()
  void copy_layer(std::size_t kv_class, int block, int layer, std::span<std::byte> out) const;
  // The rows of the state that the next token needs after any of saved_back() others; zeros before the text.
  //
  //   out:  layout().state.needed_bytes(saved_back())
  void copy_state(std::span<std::byte> out) const;

  // Of a sequence without tokens: room for what the next token after n others needs, n_back of which may be taken back;
  // the caller fills it with what copy_layer() and copy_state() gave. Errors: as reserve().
  Status begin_restore(int n, int n_back);
  void finish_restore(int n, int n_back, std::span<const std::byte> state) noexcept;

 private:
  // Blocks of one class.
  struct Held {
    std::vector<int> ids;          // −1: given back
    std::vector<std::byte*> data;  // of each
    int first = 0;                 // that is held
  };
  // What was held of windows and states when the text had n_tokens.
  struct Mark {
    int n_tokens = 0;
    StateBlock state;
    std::vector<std::vector<int>> windows;  // of each class: block ids from first_block(n_tokens) on
  };

  [[nodiscard]] float* floats(const StateBlock& state) const noexcept {
    return state.block < 0 ? nullptr : reinterpret_cast<float*>(pool_.state_blocks().data(state.block));
  }
  Status reserve_blocks(std::size_t kv_class, int first_new, int n_tokens);
  Status make_writable(std::size_t kv_class, int block);
  Status reserve_states(int n, int mark);
  void hold(std::size_t kv_class, int block);  // one that was allocated or shared, behind the others
  void drop_blocks(std::size_t kv_class, int n_left) noexcept;
  void give_back_left_behind(std::size_t kv_class) noexcept;
  void drop(StateBlock& state) noexcept;
  void drop(Mark& mark) noexcept;
  void keep_mark(int n_tokens) noexcept;
  void forget_marks_after(int n) noexcept;
  [[nodiscard]] bool is_within_reach(int n) const noexcept;
  // The last mark at n or before; null: none.
  [[nodiscard]] const Mark* mark_before(int n) const noexcept;
  void share_at_mark(const Mark& mark);
  void forget_windows_and_state() noexcept;

  KvPool& pool_;
  int max_tokens_;
  int n_tokens_ = 0;
  std::vector<Held> held_;  // by class
  StateBlock state_, next_state_, mark_state_;
  int mark_ = 0;                       // of the step that was reserved
  std::array<Mark, kMaxMarks> marks_;  // the first n_marks_, in the order of n_tokens
  std::size_t n_marks_ = 0;
};

}  // namespace tenfold
