// A gated short convolution over the tokens of a text (see ShortConv in plan/operators.h).
#pragma once

#include "ops/op_context.h"
#include "ops/rows.h"
#include "ops/state_view.h"

namespace tenfold {

// Every token is computed by itself, taps in their order, so the result does not depend on how a text is cut into
// steps.
//
//   taps:   [n_taps, width], the oldest token's first
//   in:     [n_tokens, 3·width]
//   out:    [n_tokens, width]
//   state:  at least n_taps − 1 rows of each sequence; those behind the step, and behind its mark, are written
void short_conv(OpContext& ctx, const StateLayerView& state, const float* taps, int n_taps, const Rows& in,
                const Rows& out);

}  // namespace tenfold
