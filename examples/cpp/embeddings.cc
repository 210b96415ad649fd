// How near two texts are in meaning: the dot product of their vectors.
//     embeddings model.gguf "Where is the station?" "How do I get to the train?"
#include <tenfold/engine.h>

#include <numeric>
#include <string_view>

#include "run.h"

tenfold::Status embeddings(Arguments arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const auto engine, tenfold::Engine::open(arguments[0], {}));
  TENFOLD_ASSIGN_OR_RETURN(const auto first, engine->embed(std::string_view(arguments[1]), {}));
  TENFOLD_ASSIGN_OR_RETURN(const auto second, engine->embed(std::string_view(arguments[2]), {}));
  std::printf("%.3f\n", std::inner_product(first.begin(), first.end(), second.begin(), 0.0));
  return {};
}

int main(int argc, char** argv) { return run(argc, argv, 3, embeddings); }
