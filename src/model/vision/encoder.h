// The transformer over patches that vision towers have in common: LLaMA's layers without a causal mask, turned by rows
// and columns.
#pragma once

#include "model/tensor_binder.h"
#include "model/vision/vision_spec.h"
#include "model/vision/vision_weights.h"
#include "plan/plan_builder.h"

namespace tenfold {

// Binds v.blk.N.*: Q, K and V in one tensor or three; biases and norms of heads where the file has them.
// spec: of which head norms are filled in.
Status bind_encoder(TensorBinder& binder, VisionSpec& spec, std::vector<LayerWeights>& layers);

// x = the patches after all layers.
void build_encoder(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& weights, ValueId x);

}  // namespace tenfold
