// Where a step's tokens lie in the KV cache. Views; a KvSequence owns the blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/kernel_table.h"

namespace tenfold {

// One sequence's part of a step.
struct KvSequenceView {
  std::byte* const* blocks = nullptr;  // block i holds positions [64·i, 64·i + 64) of all layers and heads
  int token_begin = 0;                 // its first row in the step
  int n_tokens = 0;
  int position = 0;  // of its first token
};

// All sequences of a step, and the place of one layer within a block.
struct KvLayerView {
  std::span<const KvSequenceView> sequences;
  kernels::KvType type = kernels::KvType::kF32;
  std::size_t layer_offset = 0;
  std::size_t head_stride = 0;  // bytes from one KV head to the next
  int n_kv_heads = 0;
  int head_dim = 0;

  [[nodiscard]] std::byte* head_block(const KvSequenceView& sequence, int block, int kv_head) const {
    return sequence.blocks[block] + layer_offset + static_cast<std::size_t>(kv_head) * head_stride;
  }
};

}  // namespace tenfold
