// What layers of decoders and encoders consist of: attention or a short convolution, and a gated FFN.
#pragma once

#include <string>

#include "model/arch_spec.h"
#include "model/tensor_binder.h"
#include "model/weights.h"
#include "plan/plan_builder.h"

namespace tenfold {

// A layer and what its tensors' names begin with: "blk.3."
struct LayerPlace {
  int layer;
  std::string prefix;
};

// Binds Q, K and V with their biases, which may be absent.
// Three tensors,
Status bind_split_qkv(TensorBinder& binder, const ArchSpec& spec, const LayerPlace& place, LayerWeights& weights);
// or three or one, as the file has it.
Status bind_qkv(TensorBinder& binder, const ArchSpec& spec, const LayerPlace& place, LayerWeights& weights);

// Rope's angles for all layers: those with a window may have their own.
struct LayerAngles {
  ValueId full, window;
};

// x += attend(norm(x)), or x += norm(attend(norm(x))) if the layer has a norm for the result.
void build_attention(PlanBuilder& b, const ArchSpec& spec, const LayerWeights& w, int layer, ValueId x,
                     const LayerAngles& angles);

// x += out · short_conv(in · norm(x))
void build_short_conv(PlanBuilder& b, const LayerWeights& w, ValueId x);

// The gated FFN of a layer, or the expert that every token goes through. normed: norm(x)
ValueId build_gated_ffn(PlanBuilder& b, const ArchSpec& spec, const LayerWeights& w, ValueId normed);

// x += ffn(norm(x)), or with a norm for the result.
void build_dense_ffn(PlanBuilder& b, const ArchSpec& spec, const LayerWeights& w, ValueId x);

}  // namespace tenfold
