// What the vision towers have in common: the keys of llama.cpp's "clip" files, and the patches' convolution.
#pragma once

#include <span>
#include <string>

#include "convert/conversion.h"

namespace tenfold {

// The vision tower's own settings.
Result<ConfigView> vision_config(const Conversion& conversion);

struct TowerKeys {
  int image_size;
  int patch_size;
  int model_dim;
  int ffn_dim;
  int n_layers;
  int n_heads;
  double norm_eps;
};
// Sizes, the text model's width, and how pixels are normalised (from the image processor's file).
Status write_tower_keys(Conversion& conversion, const char* projector, const TowerKeys& keys);

// Takes the blocks 0…n of the tower, and expects no more.
Status take_blocks(Conversion& conversion, std::span<const TensorRule> rules, int n_layers);

// The patches' convolution over two frames, as two over one.
extern const std::span<const TensorRule> kPatchEmbedding;

}  // namespace tenfold
