// VisionWeights: every tensor of a vision tower in memory. Immutable once loaded.
#pragma once

#include <vector>

#include "model/weights.h"
#include "ops/packed_matrix.h"
#include "runtime/arena.h"

namespace tenfold {

// Shapes as [outputs, inputs]; an absent matrix has n == 0, an absent vector is null.
struct VisionWeights {
  Arena arena;                            // owns the matrices and vectors as the file has them
  std::vector<Arena> relaid;              // own what was laid out anew: the three below
  PackedMatrix patches;                   // [model_dim, 3·patch_side²]: a still shows both frames the same patch
  PackedMatrix downsample;                // [out_dim, 4·model_dim]: a convolution over four patches
  const float* position_table = nullptr;  // [position_side²][model_dim] learned positions

  int position_side = 0;
  const float* patch_bias = nullptr;  // [model_dim]
  const float* patch_norm = nullptr;  // [model_dim]: RMS norm of embedded patches
  std::vector<LayerWeights> layers;
  const float* post_norm = nullptr;  // [model_dim]: RMS norm after the layers

  // From four patches to a row of the text model. glm4v: downsample, project, LayerNorm, GELU, gated FFN.
  const float* downsample_bias = nullptr;  // [out_dim]
  PackedMatrix project;                    // [out_dim, out_dim]
  LayerNormWeights project_norm;           // [out_dim]
  PackedMatrix gate, up, down;             // [merger_dim, out_dim] twice, [out_dim, merger_dim]
  // qwen2.5vl_merger: two matrices with GELU between.
  PackedMatrix first, second;  // [4·model_dim, 4·model_dim], [out_dim, 4·model_dim]
  const float* first_bias = nullptr;
  const float* second_bias = nullptr;
};

}  // namespace tenfold
