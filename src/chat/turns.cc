#include "chat/turns.h"

#include <algorithm>

#include "base/contracts.h"

namespace tenfold {

namespace {

bool begins_turn(const Message& message) { return message.role == "user"; }

bool stays(const Message& message) {
  return message.keep == Keep::kAlways || message.role == "system" || message.role == "developer";
}

}  // namespace

std::size_t n_past_turns(std::span<const Message> messages) {
  const auto n = static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), begins_turn));
  return n > 0 ? n - 1 : 0;
}

std::vector<Message> without_turns(std::span<const Message> messages, std::size_t n) {
  TENFOLD_DCHECK(n <= n_past_turns(messages));
  std::vector<Message> left;
  std::size_t n_begun = 0;
  for (const Message& message : messages) {
    n_begun += begins_turn(message) ? 1 : 0;
    const bool is_dropped = n_begun > 0 && n_begun <= n;
    if (!is_dropped || stays(message)) left.push_back(message);
  }
  return left;
}

std::vector<Message> kept_messages(std::span<const Message> messages) {
  std::vector<Message> kept;
  std::copy_if(messages.begin(), messages.end(), std::back_inserter(kept), stays);
  return kept;
}

}  // namespace tenfold
