// Turns of a conversation: a question and all that answers it, calls of tools and their results among it.
//
// What comes before the first question (system messages, mostly) is no turn, and system messages stay wherever they
// stand. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tenfold/message.h"

namespace tenfold {

// Turns that could go: all but the newest one.
std::size_t n_past_turns(std::span<const Message> messages);

// The messages without the n oldest turns, but with what in them is to be kept. n ≤ n_past_turns().
std::vector<Message> without_turns(std::span<const Message> messages, std::size_t n);

// What stays of a conversation that is forgotten.
std::vector<Message> kept_messages(std::span<const Message> messages);

}  // namespace tenfold
