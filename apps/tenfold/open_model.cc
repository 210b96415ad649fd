#include "open_model.h"

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
  const auto max_bytes = static_cast<std::size_t>(info.max_text_bytes);
  if (TextLimit memory = memory_limit(max_bytes, kMemoryPerTextByte); memory.max_bytes < max_bytes) return memory;
  return {max_bytes,
          cat("the context has ", info.n_ctx, " tokens, the longest is ", info.longest_token_bytes, " bytes")};
}

void wait_until_stored(Engine& engine, const Interrupt& interrupt) {
  ProgressBar bar("keeping packed weights");
  // What is not stored is packed again next time.
  static_cast<void>(engine.wait_until_stored([&](double fraction) {
    bar.update(fraction);
    return !interrupt.requested();
  }));
}

}  // namespace tenfold::cli
