// Which tensor of a checkpoint becomes which tensor of a GGUF file: the words of a family's table. Plain data, without
// shapes: those follow from the file's keys, as the model that reads it binds its tensors (model/bound_model.h).
#pragma once

#include <string_view>

#include "convert/row_pick.h"

namespace tenfold {

// A model's sizes that its keys and the picks of its tensors are made of. What a family does not have stays 0.
struct ModelSizes {
  int model_dim = 0;
  int vocab_size = 0;  // rows of the token embedding, which may be more than there are tokens
  int n_heads = 0;
  int n_kv_heads = 0;
  int head_dim = 0;
  int ffn_dim = 0;
  int n_experts = 0;
};

enum class Keep : std::uint8_t {
  kAsked,        // the type that the caller asked for; vectors are F32 all the same
  kF32,          // read by code that takes nothing else, or too small to matter
  kConvolution,  // F16 if that was asked for, else F32
};

// One module (a weight, perhaps with a bias) or, if the name ends in one of the two, one tensor.
struct TensorRule {
  std::string_view from;  // in the checkpoint
  std::string_view to;    // in the GGUF file; the same suffix is added to both
  RowPick rows = kAllRows;
  Keep keep = Keep::kAsked;
  float plus = 0;         // added to every element
  bool optional = false;  // the checkpoint may be without it
};

}  // namespace tenfold
