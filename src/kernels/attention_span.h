// The blocks of an attention kernel's span one by one.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels {
namespace {

// A span's queries against one of its blocks.
struct BlockArgs : AttentionArgs {
  const void* kv_block;
  const void* next_block;  // the one that is read after it; kv_block if there is none
  int begin;               // the block's first position within the span
};

inline BlockArgs block_of_span(const AttentionArgs& a, int block) {
  const int next = block + 1 < a.n_blocks ? block + 1 : block;
  return {a, a.kv_blocks[block], a.kv_blocks[next], block * kKvBlock};
}

// A position of the span as one of the block, 0…64.
inline int clamp_to_block(int position, int begin) {
  const int p = position - begin;
  return p < 0 ? 0 : p > kKvBlock ? kKvBlock : p;
}

}  // namespace
}  // namespace tenfold::kernels
