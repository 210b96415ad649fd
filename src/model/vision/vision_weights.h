// What the weights of a vision tower are for: entries of its table, by name. Plain data.
#pragma once

#include <vector>

#include "model/weights.h"

namespace tenfold {

// Shapes as [outputs, inputs]; a tower lacks those that are none.
struct VisionWeights {
  WeightId patches;         // [model_dim, 3·patch_side²]: a still shows both frames the same patch
  WeightId downsample;      // [out_dim, 4·model_dim]: a convolution over four patches
  WeightId position_table;  // [position_side²][model_dim] learned positions

  int position_side = 0;
  WeightId patch_bias;  // [model_dim]
  WeightId patch_norm;  // [model_dim]: RMS norm of embedded patches
  std::vector<LayerWeights> layers;
  WeightId post_norm;  // [model_dim]: RMS norm after the layers

  // From four patches to a row of the text model. glm4v: downsample, project, LayerNorm, GELU, gated FFN.
  WeightId downsample_bias;       // [out_dim]
  WeightId project;               // [out_dim, out_dim]
  LayerNormWeights project_norm;  // [out_dim]
  WeightId gate, up, down;        // [merger_dim, out_dim] twice, [out_dim, merger_dim]
  // qwen2.5vl_merger: two matrices with GELU between.
  WeightId first, second;  // [4·model_dim, 4·model_dim], [out_dim, 4·model_dim]
  WeightId first_bias;
  WeightId second_bias;
};

}  // namespace tenfold
