// Which past of a conversation to leave out when its context is full.
//
// Every message that goes from the beginning changes where all later ones stand, so the model has to read them again.
// If only as much goes as must, that happens at each turn from then on. So much goes at a time: the conversation then
// grows for half a context before any of it is read twice.
#pragma once

#include <cstddef>
#include <functional>

#include "tenfold/status.h"

namespace tenfold {

// How many tokens a conversation is without its n_dropped oldest turns. The more are dropped, the fewer tokens are
// left.
using CountTokens = std::function<Result<std::size_t>(std::size_t n_dropped)>;

struct ContextSize {
  std::size_t n_ctx;   // tokens of the conversation and of the answer that follows
  std::size_t n_room;  // of them, those that the answer is to have at least
};

// How many of the oldest turns to drop, 0…n_turns; the newest message is no turn and never goes.
//
// 0 while all fit. Then as many as leave half of the context free, but not the last turn as well, which the newest
// message is about, as long as there is room for it. If even the newest message does not fit alone, n_turns.
//
// Calls `count` about 2·log₂(n_turns) times, always with 0…n_turns. Errors: those of `count`.
Result<std::size_t> turns_to_drop(std::size_t n_turns, const ContextSize& size, const CountTokens& count);

}  // namespace tenfold
