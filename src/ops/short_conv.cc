#include "ops/short_conv.h"

#include <algorithm>
#include <cstring>

#include "ops/sequence_of.h"

namespace tenfold {

namespace {

// One sequence's tokens: those of the step, and before them those that its state has.
struct SeenTokens {
  const StateLayerView& state;
  const StateSequenceView& sequence;
  const Rows& in;

  [[nodiscard]] bool is_of_step(int position) const { return position >= sequence.position; }
  // b, c and x of a token of the step.
  [[nodiscard]] const float* row(int position) const {
    return in.row(sequence.token_begin + position - sequence.position);
  }
};

void add_tap(const SeenTokens& seen, const float* tap, int position, float* out) {
  const int width = seen.state.width;
  if (seen.is_of_step(position)) {
    const float *b = seen.row(position), *x = b + 2 * width;
    for (int i = 0; i < width; ++i) out[i] += tap[i] * (b[i] * x[i]);
  } else {
    const float* u = seen.state.row_before(seen.sequence, position);
    for (int i = 0; i < width; ++i) out[i] += tap[i] * u[i];
  }
}

void convolve(const SeenTokens& seen, const float* taps, int n_taps, int position, float* out) {
  const int width = seen.state.width;
  std::fill_n(out, width, 0.0F);
  const int oldest = position - (n_taps - 1);
  for (int at = std::max(0, oldest); at <= position; ++at) {
    add_tap(seen, taps + static_cast<std::size_t>(at - oldest) * static_cast<std::size_t>(width), at, out);
  }
  const float* c = seen.row(position) + width;
  for (int i = 0; i < width; ++i) out[i] *= c[i];
}

// The last rows before `end`, as many as the old block still has of them.
void write_state(const SeenTokens& seen, int end, float* block) {
  const StateLayerView& state = seen.state;
  const int oldest = std::max({0, end - state.n_rows, seen.sequence.before_end - state.n_rows});
  for (int position = oldest; position < end; ++position) {
    float* const to = block + state.row_offset(end, position);
    if (seen.is_of_step(position)) {
      const float *b = seen.row(position), *x = b + 2 * state.width;
      for (int i = 0; i < state.width; ++i) to[i] = b[i] * x[i];
    } else {
      std::memcpy(to, state.row_before(seen.sequence, position), static_cast<std::size_t>(state.width) * sizeof(float));
    }
  }
}

}  // namespace

void short_conv(OpContext& ctx, const StateLayerView& state, const float* taps, int n_taps, const Rows& in,
                const Rows& out) {
  TENFOLD_DCHECK(in.n_tokens == out.n_tokens && in.width == 3 * state.width && out.width == state.width);
  TENFOLD_DCHECK(n_taps - 1 <= state.n_rows);
  // The item of a sequence's last token writes its state, too.
  parallel_rows(ctx, in.n_tokens, [&](int, int t) noexcept {
    const StateSequenceView& sequence = sequence_of(state.sequences, t);
    const SeenTokens seen{state, sequence, in};
    const int n_done = t - sequence.token_begin + 1;
    const int end = sequence.position + n_done;
    convolve(seen, taps, n_taps, end - 1, out.row(t));
    if (n_done == sequence.n_tokens) write_state(seen, end, sequence.after);
    if (n_done == sequence.n_to_mark) write_state(seen, end, sequence.at_mark);
  });
}

}  // namespace tenfold
