// A conversation with a system message; each argument after the model is a turn. An empty line ends an answer.
//     chat model.gguf "Why is the sky blue?" "And at night?"
#include <tenfold/conversation.h>

#include <cstdio>
#include <span>

tenfold::Status chat(const char* path, std::span<char*> turns) {
  TENFOLD_ASSIGN_OR_RETURN(const auto engine, tenfold::Engine::open(path, {}));
  TENFOLD_ASSIGN_OR_RETURN(const auto chat,
                           tenfold::Conversation::create(engine, {.system = "Answer in one sentence."}));
  tenfold::SendOptions options;
  options.generate.stop = {"\n\n"};
  options.on_piece = [](const tenfold::ReplyPiece& piece) { return std::fputs(piece.text.c_str(), stdout) >= 0; };
  for (const char* turn : turns) {
    TENFOLD_RETURN_IF_ERROR(chat->send({"user", turn}, options).status());
    std::puts("");
  }
  return {};
}

int main(int argc, char** argv) {
  const tenfold::Status status = chat(argv[1], std::span(argv, argc).subspan(2));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return status.ok() ? 0 : 1;
}
