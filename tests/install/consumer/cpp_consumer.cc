// The C++ interface from an installed Tenfold. argv[1] is a model.
#include <tenfold/engine.h>
#include <tenfold/session.h>

#include <cstdio>

namespace {

tenfold::Status answer(const char* path) {
  TENFOLD_ASSIGN_OR_RETURN(const auto engine, tenfold::Engine::open(path, {}));
  TENFOLD_ASSIGN_OR_RETURN(const auto session, engine->create_session());
  TENFOLD_ASSIGN_OR_RETURN(const auto prompt, engine->tokenize("the river", {.add_bos = true}));
  tenfold::GenerateOptions options;
  options.max_tokens = 8;
  options.ignore_end = true;
  TENFOLD_ASSIGN_OR_RETURN(const auto result, session->generate(prompt, options, nullptr));
  if (result.tokens.size() != 8) return {tenfold::StatusCode::kInternal, "expected 8 tokens"};
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const tenfold::Status status = answer(argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return status.ok() ? 0 : 1;
}
