// Which sequence of a step one of its rows belongs to.
#pragma once

#include <cstddef>
#include <span>

#include "base/contracts.h"

namespace tenfold {

// View: one sequence's part of the step, with token_begin and n_tokens; in the order of rows. token: a row of the step.
template <typename View>
const View& sequence_of(std::span<const View> sequences, int token) {
  std::size_t i = 0;
  while (token >= sequences[i].token_begin + sequences[i].n_tokens) ++i;
  TENFOLD_DCHECK(i < sequences.size());
  return sequences[i];
}

}  // namespace tenfold
