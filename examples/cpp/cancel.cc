// An answer that another thread stops after a second; Ctrl-C stops it at once.
//     cancel model.gguf "Tell me a long story."
#include <tenfold/conversation.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "run.h"

tenfold::Cancel cancel;

tenfold::Status tell(Arguments arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const auto engine, tenfold::Engine::open(arguments[0], {}));
  TENFOLD_ASSIGN_OR_RETURN(const auto chat, tenfold::Conversation::create(engine, {}));
  tenfold::SendOptions options;
  options.generate.cancel = &cancel;
  options.on_piece = [](const tenfold::ReplyPiece& piece) {
    return std::fputs(piece.text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  };
  std::signal(SIGINT, [](int) { cancel.request(); });
  const std::jthread other([] {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    cancel.request();
  });
  TENFOLD_ASSIGN_OR_RETURN(const auto answer, chat->send({"user", arguments[1]}, options));
  if (answer.result.finish_reason == tenfold::FinishReason::kCancelled) std::puts("\n(stopped)");
  return {};
}

int main(int argc, char** argv) { return run(argc, argv, 2, tell); }
