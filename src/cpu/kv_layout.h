// KvLayout: how that which a model keeps of a text lies in memory: keys and values in blocks of 64 positions, a kind of
// blocks for each class of layers, and the recurrent state of layers that have no keys and values. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"
#include "ops/state_view.h"
#include "plan/plan.h"
#include "tenfold/status.h"

namespace tenfold {

// Tokens that can always be taken back again: those of a step of drafts.
inline constexpr int kMaxRewind = 8;
// Places farther back that a text can return to, see KvSequence::reserve.
inline constexpr int kMaxMarks = 3;

// Kinds of layers of one model: sessions are saved with a section for each block.
inline constexpr std::size_t kMaxKvClasses = 15;

inline constexpr int kv_blocks_for(int n_tokens) { return (n_tokens + kernels::kKvBlock - 1) / kernels::kKvBlock; }

struct KvLimits {
  int max_tokens = 0;  // of a text
  int max_step = 0;    // of these, that come at once
};

struct KvClassLayout {
  KvClass of;
  std::size_t head_stride = 0;  // bytes of one layer and head
  std::size_t block_bytes = 0;  // all layers and heads
  bool gives_back = false;      // blocks that the window has left behind
  int text_blocks = 0;          // that a text takes at most, with its marks

  [[nodiscard]] std::size_t layer_offset(int layer) const {
    return static_cast<std::size_t>(layer) * static_cast<std::size_t>(of.n_kv_heads) * head_stride;
  }
  // Of one layer of a block.
  [[nodiscard]] std::size_t layer_bytes() const { return layer_offset(1); }
  // The first block that the token behind the first n, and those after it, can see.
  [[nodiscard]] int first_block(int n) const {
    return gives_back && n >= of.window ? (n + 1 - of.window) / kernels::kKvBlock : 0;
  }
};

// A block is [n_layers, n_rows, width] f32: the last rows that ShortConv operators have read, as many as the next token
// needs and, beside those, as many as may be taken back.
struct StateLayout {
  ConvState of;
  int text_blocks = 0;

  [[nodiscard]] bool is_used() const { return of.n_layers > 0; }
  [[nodiscard]] int n_needed() const { return of.n_taps - 1; }
  [[nodiscard]] int n_rows() const { return n_needed() + kMaxRewind; }
  [[nodiscard]] std::size_t layer_floats() const {
    return static_cast<std::size_t>(n_rows()) * static_cast<std::size_t>(of.width);
  }
  [[nodiscard]] std::size_t block_bytes() const {
    return static_cast<std::size_t>(of.n_layers) * layer_floats() * sizeof(float);
  }
  // Of a layer of no sequence yet.
  [[nodiscard]] StateLayerView view(int layer) const {
    return {{}, static_cast<std::size_t>(layer) * layer_floats(), n_rows(), of.width};
  }
  // Where a layer's row of a token lies in a block whose last row is that of token end − 1.
  template <typename Float>
  [[nodiscard]] Float* row(Float* block, int layer, int end, int token) const {
    return block + view(layer).row_offset(end, token);
  }
  // Of the rows that the next token needs after n_back others were taken back, all layers.
  [[nodiscard]] std::size_t needed_bytes(int n_back) const {
    if (!is_used()) return 0;
    return static_cast<std::size_t>(of.n_layers) * static_cast<std::size_t>(n_needed() + n_back) *
           static_cast<std::size_t>(of.width) * sizeof(float);
  }
};

struct KvLayout {
  kernels::KvType type = kernels::KvType::kF32;
  const kernels::KvKernels* kernels = nullptr;
  std::vector<KvClassLayout> classes;
  StateLayout state;

  // Errors: kUnsupported if the type cannot hold a class's head_dim, or for more than kMaxKvClasses.
  static Result<KvLayout> create(const kernels::KernelTable& kernels, kernels::KvType type,
                                 const std::vector<KvClass>& classes, const ConvState& state, const KvLimits& limits);

  // Of one text of max_tokens.
  [[nodiscard]] std::uint64_t text_bytes() const;
  // Of one token in all layers that store it.
  [[nodiscard]] std::uint64_t token_bytes() const;
  // What the next token needs, also after n_back of the n_tokens ≥ n_back were taken back.
  [[nodiscard]] std::uint64_t needed_bytes(int n_tokens, int n_back) const;
  // Whether a text can go back to any of its tokens.
  [[nodiscard]] bool rewinds_freely() const;
};

}  // namespace tenfold
