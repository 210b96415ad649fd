// Where the recurrent state of a step's sequences lies. Views; a KvSequence owns the blocks.
#pragma once

#include <cstddef>
#include <span>

#include "base/contracts.h"

namespace tenfold {

// One sequence's part of a step. A block is [n_layers, n_rows, width] f32, its last row that of the last token before
// its end.
struct StateSequenceView {
  const float* before = nullptr;  // null: the text begins with this step
  int before_end = 0;             // may lie behind `position`: tokens that were taken back
  float* after = nullptr;         // behind the step
  float* at_mark = nullptr;       // behind n_to_mark of its tokens; null: nowhere
  int n_to_mark = 0;
  int token_begin = 0;  // its first row in the step
  int n_tokens = 0;
  int position = 0;  // of its first token
};

// All sequences of a step, and the place of one layer within a block.
struct StateLayerView {
  std::span<const StateSequenceView> sequences;
  std::size_t layer_offset = 0;  // floats
  int n_rows = 0;
  int width = 0;

  // Of a token before the step, which the block still has.
  [[nodiscard]] const float* row_before(const StateSequenceView& sequence, int position) const {
    TENFOLD_DCHECK(position >= 0 && position < sequence.position);
    return sequence.before + row_offset(sequence.before_end, position);
  }
  // From the first float of a block to the row of a position, when the block ends before `end`.
  [[nodiscard]] std::size_t row_offset(int end, int position) const {
    TENFOLD_DCHECK(position < end && position >= end - n_rows);
    return layer_offset + static_cast<std::size_t>(position - end + n_rows) * static_cast<std::size_t>(width);
  }
};

}  // namespace tenfold
