// The decoder that most families are variations of: which tensors a layer has and how a token goes through it.
//
// Everything that differs between families is a flag or size of ArchSpec, or a tensor that is there or not.
#pragma once

#include "model/arch_spec.h"
#include "model/tensor_binder.h"
#include "model/weights.h"
#include "plan/plan_builder.h"

namespace tenfold {

// Binds token_embd, blk.N.*, output_norm, output (or the embedding's panels) and rope's divisors under GGUF's names.
Status bind_decoder(TensorBinder& binder, const ArchSpec& spec, Weights& weights);

// x = embed(tokens); per layer x += attend(norm(x)), x += ffn(norm(x)); logits = output · norm(x).
void build_decoder(PlanBuilder& b, const ArchSpec& spec, const Weights& weights);

}  // namespace tenfold
