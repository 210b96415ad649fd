// Cancel: a wish to stop that cannot get lost.
//
// Give one to any number of calls, through their options; request() ends all of them, and those that begin later at
// once. It stays requested: make a new one for what is to run afterwards.
//
//   TENFOLD_ASSIGN_OR_RETURN(auto engine, Engine::open("model.gguf", {}));
//   TENFOLD_ASSIGN_OR_RETURN(auto chat, Conversation::create(engine, {}));
//   Cancel cancel;
//   SendOptions options;
//   options.generate.cancel = &cancel;
//   const std::jthread other([&] { cancel.request(); });
//   TENFOLD_ASSIGN_OR_RETURN(const ChatAnswer answer, chat->send({"user", "Tell me a story."}, options));
//
// Thread-safe; request() may also be called from a signal handler: it takes no lock and no memory. It must outlive the
// calls that have it. In the child of a fork() it stops the calls that the child has.
#pragma once

#include <array>
#include <atomic>

namespace tenfold {

class CancelledRun;

class Cancel {
 public:
  static constexpr int kMaxRuns = 64;  // of sessions, that one Cancel is given at the same time

  Cancel() noexcept = default;
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  void request() noexcept;
  [[nodiscard]] bool requested() const noexcept { return requested_; }
  // For the options of calls that take a flag.
  [[nodiscard]] const std::atomic<bool>& flag() const noexcept { return requested_; }

 private:
  friend class CancelledRun;

  static constexpr int kNobody = 0;

  // Where a run is known. One of another process than this was left by a thread that a fork() has not brought along:
  // the place is free, and where the run was may be anything.
  struct Place {
    std::atomic<int> process = kNobody;  // the run's; negative while the place is being taken
    std::atomic<CancelledRun*> run = nullptr;
  };
  // Threads of a process within request(). Another process's are not here to be waited for.
  struct alignas(8) Requests {
    int process = kNobody;
    int n = 0;
  };

  std::atomic<bool> requested_ = false;
  std::atomic<Requests> requests_ = Requests();
  std::array<Place, kMaxRuns> places_ = {};
};

}  // namespace tenfold
