#include "open_model.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "progress_bar.h"
#include "tenfold/session.h"

namespace tenfold::cli {

Result<std::shared_ptr<Engine>> open_engine(const ModelFlags& flags, const Interrupt& interrupt) {
  EngineOptions options = flags.engine_options();
  ProgressBar bar("loading");
  options.on_load_progress = [&](double fraction) {
    bar.update(fraction);
    return !interrupt.requested();
  };
  return Engine::open(flags.path, options);
}

Result<OpenModel> open_model(const ModelFlags& flags, const Interrupt& interrupt) {
  OpenModel model;
  TENFOLD_ASSIGN_OR_RETURN(model.engine, open_engine(flags, interrupt));
  TENFOLD_ASSIGN_OR_RETURN(model.session, model.engine->create_session());
  return model;
}

TextLimit prompt_limit(const ModelInfo& info) {
  // Vocabularies of words leave out what they do not know, blanks above all: short texts may have any number of those.
  constexpr std::size_t kAlwaysBytes = std::size_t{1} << 20;
  const std::size_t longest = static_cast<std::size_t>(info.n_ctx) * static_cast<std::size_t>(info.longest_token_bytes);
  return {std::max(longest, kAlwaysBytes),
          cat("the context has ", info.n_ctx, " tokens, the longest is ", info.longest_token_bytes, " bytes")};
}

void wait_until_stored(Engine& engine, const Interrupt& interrupt) {
  ProgressBar bar("keeping packed weights");
  engine.wait_until_stored([&](double fraction) {
    bar.update(fraction);
    return !interrupt.requested();
  });
}

}  // namespace tenfold::cli
