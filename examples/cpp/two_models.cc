// Two models in one process, each with half of the memory that they may take together: they talk to each other.
//     two_models one.gguf two.gguf "Hello, who are you?"
#include <tenfold/conversation.h>

#include <array>

#include "run.h"

tenfold::Status two_models(Arguments arguments) {
  tenfold::EngineOptions options;
  options.memory_limit_bytes = std::uint64_t{1} << 30;
  options.n_ctx = 1024;
  std::array<std::unique_ptr<tenfold::Conversation>, 2> chats;
  for (std::size_t i = 0; i < 2; ++i) {
    TENFOLD_ASSIGN_OR_RETURN(const auto engine, tenfold::Engine::open(arguments[i], options));
    TENFOLD_ASSIGN_OR_RETURN(chats[i], tenfold::Conversation::create(engine, {}));
  }
  tenfold::SendOptions how;
  how.generate.max_tokens = 32;
  std::string said = arguments[2];
  for (std::size_t turn = 0; turn < 4; ++turn) {
    TENFOLD_ASSIGN_OR_RETURN(const auto answer, chats[turn % 2]->send({"user", said}, how));
    said = answer.reply.text;
    std::printf("%zu: %s\n", turn % 2 + 1, said.c_str());
  }
  return {};
}

int main(int argc, char** argv) { return run(argc, argv, 3, two_models); }
