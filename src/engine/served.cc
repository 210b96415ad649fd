#include "engine/served.h"

#include <optional>

namespace tenfold {

Status load_in_turns(BatchScheduler::Client& turns, const std::atomic<bool>& cancel, const OnProgress& on_progress,
                     const std::function<Status(const OnProgress&)>& load) {
  std::optional<TurnQueue::Turn> turn;
  const auto take_turn = [&]() -> Status {
    TENFOLD_ASSIGN_OR_RETURN(TurnQueue::Turn taken, turns.take(cancel));
    turn.emplace(std::move(taken));
    return {};
  };
  TENFOLD_RETURN_IF_ERROR(take_turn());
  return load([&](double fraction) {
    turn.reset();
    if (on_progress && !on_progress(fraction)) return false;
    return fraction < 1 ? take_turn().ok() : !cancel.load(std::memory_order_relaxed);
  });
}

}  // namespace tenfold
