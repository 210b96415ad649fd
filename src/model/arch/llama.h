// llama: Llama 1–3.x, SmolLM2, Mistral, and what else is converted under that name.
#pragma once

#include "model/registry.h"

namespace tenfold {

extern const Architecture kLlama;

}  // namespace tenfold
