// A question about an image.
//     images model.gguf mmproj.gguf photo.jpg "What is this?"
#include <tenfold/conversation.h>

#include <fstream>
#include <iterator>

#include "run.h"

tenfold::Status images(Arguments arguments) {
  tenfold::EngineOptions options;
  options.mmproj_path = arguments[1];
  TENFOLD_ASSIGN_OR_RETURN(const auto engine, tenfold::Engine::open(arguments[0], options));
  std::ifstream file(arguments[2], std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  TENFOLD_ASSIGN_OR_RETURN(const tenfold::ImageRef image, engine->encode_image(std::as_bytes(std::span(bytes)), {}));
  std::printf("seen at %d by %d pixels, %d tokens\n", image->width, image->height, image->n_tokens());

  TENFOLD_ASSIGN_OR_RETURN(const auto chat, tenfold::Conversation::create(engine, {}));
  tenfold::SendOptions how;
  how.generate.max_tokens = 64;
  TENFOLD_ASSIGN_OR_RETURN(const auto answer, chat->send({"user", arguments[3], {image}}, how));
  std::puts(answer.reply.text.c_str());
  return {};
}

int main(int argc, char** argv) { return run(argc, argv, 4, images); }
