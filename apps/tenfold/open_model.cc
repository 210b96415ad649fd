#include "open_model.h"

#include <utility>

#include "progress_bar.h"
#include "tenfold/session.h"

namespace tenfold::cli {

Result<OpenModel> open_model(const ModelFlags& flags, const Interrupt& interrupt) {
  EngineOptions options = flags.engine_options();
  OpenModel model;
  {
    ProgressBar bar("loading");
    options.on_load_progress = [&](double fraction) {
      bar.update(fraction);
      return !interrupt.requested();
    };
    TENFOLD_ASSIGN_OR_RETURN(model.engine, Engine::open(flags.path, options));
  }
  TENFOLD_ASSIGN_OR_RETURN(model.session, model.engine->create_session());
  return model;
}

void wait_until_stored(const OpenModel& model, const Interrupt& interrupt) {
  ProgressBar bar("keeping packed weights");
  model.engine->wait_until_stored([&](double fraction) {
    bar.update(fraction);
    return !interrupt.requested();
  });
}

}  // namespace tenfold::cli
