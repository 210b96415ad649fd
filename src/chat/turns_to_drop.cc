#include "chat/turns_to_drop.h"

#include <algorithm>

namespace tenfold {

namespace {

// The fewest turns from `least` on without which the conversation has at most max_tokens; n_turns if there are none.
Result<std::size_t> fewest(std::size_t least, std::size_t n_turns, std::size_t max_tokens, const CountTokens& count) {
  std::size_t most = n_turns;
  while (least < most) {
    const std::size_t middle = least + (most - least) / 2;
    TENFOLD_ASSIGN_OR_RETURN(const std::size_t n_tokens, count(middle));
    if (n_tokens <= max_tokens) {
      most = middle;
    } else {
      least = middle + 1;
    }
  }
  return least;
}

}  // namespace

Result<std::size_t> turns_to_drop(std::size_t n_turns, const ContextSize& size, const CountTokens& count) {
  const auto room_in = [&](std::size_t n_ctx) { return n_ctx - std::min(size.n_room, n_ctx); };
  if (n_turns == 0) return 0;
  TENFOLD_ASSIGN_OR_RETURN(const std::size_t n_tokens, count(0));
  if (n_tokens <= room_in(size.n_ctx)) return 0;
  TENFOLD_ASSIGN_OR_RETURN(const std::size_t must, fewest(1, n_turns, room_in(size.n_ctx), count));
  TENFOLD_ASSIGN_OR_RETURN(const std::size_t half, fewest(must, n_turns, room_in(size.n_ctx / 2), count));
  return std::max(must, std::min(half, n_turns - 1));
}

}  // namespace tenfold
