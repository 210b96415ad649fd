// Opening a model the way every command does it: with a progress bar, and so that Ctrl-C can stop it.
#pragma once

#include <memory>

#include "interrupt.h"
#include "options_flags.h"
#include "tenfold/engine.h"
#include "text_input.h"

namespace tenfold::cli {

// The model and one conversation with it.
struct OpenModel {
  std::shared_ptr<Engine> engine;
  std::unique_ptr<Session> session;
};

Result<std::shared_ptr<Engine>> open_engine(const ModelFlags& flags, const Interrupt& interrupt);
Result<OpenModel> open_model(const ModelFlags& flags, const Interrupt& interrupt);

// The longest text that can be a prompt for this model, see ModelInfo::max_text_bytes; less where memory is short.
TextLimit prompt_limit(const ModelInfo& info);

// After a first start: waits until the packed weights are stored for the next one, with a progress bar. Ctrl-C gives it
// up.
void wait_until_stored(Engine& engine, const Interrupt& interrupt);

}  // namespace tenfold::cli
