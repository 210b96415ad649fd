// Which tensor of a checkpoint becomes which tensor of a GGUF file: the words of a family's table. Plain data.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/contracts.h"

namespace tenfold {

// A model's sizes that its tensors' shapes are made of. What a family does not have stays 0.
struct ModelSizes {
  int model_dim = 0;
  int vocab_size = 0;  // rows of the token embedding, which may be more than there are tokens
  int n_heads = 0;
  int n_kv_heads = 0;
  int head_dim = 0;
  int q_dim = 0;
  int kv_dim = 0;
  int qkv_dim = 0;
  int ffn_dim = 0;
  int gate_up_dim = 0;  // gate and up in one matrix
  int n_experts = 0;
  int expert_ffn_dim = 0;
  int expert_gate_up_dim = 0;
  int shared_ffn_dim = 0;  // of the experts that every token goes through
  int two_model_dims = 0;
  int three_model_dims = 0;
  int n_taps = 0;         // positions that a convolution over a text sees
  int n_positions = 0;    // that were learned: of texts, or patches of a square
  int n_token_types = 0;  // of encoders
  int merged_dim = 0;     // vision: the patches that become one token, side by side
  int text_dim = 0;       // vision: a row of the text model's embedding
};
using Size = int ModelSizes::*;

enum class Pick : std::uint8_t {
  kWhole,
  kQueryHeads,  // rows of heads, in the order that the family's rotation wants
  kKeyHeads,
  kPart,      // one of equal parts along an axis
  kChannels,  // rows of a convolution whose channels stay apart: [rows, 1, columns] in the checkpoint
  kExperts,   // the same matrix of every expert, stacked; '*' in the name is the expert
};

// Which of a tensor's rows, and in which order.
struct RowPick {
  Pick pick = Pick::kWhole;
  int axis = 0;  // of kPart, in the checkpoint's order (the last is contiguous); an axis of which 1 is left goes away
  int part = 0;
  int n_parts = 1;
};
inline constexpr RowPick kAllRows = {};
inline constexpr RowPick kQueryRows = {.pick = Pick::kQueryHeads};
inline constexpr RowPick kKeyRows = {.pick = Pick::kKeyHeads};
inline constexpr RowPick kChannelRows = {.pick = Pick::kChannels};
inline constexpr RowPick kEveryExpert = {.pick = Pick::kExperts};
// part: below n_parts.
constexpr RowPick part_of(int n_parts, int part, int axis = 0) {
  TENFOLD_DCHECK(part >= 0 && part < n_parts && axis >= 0);
  return {Pick::kPart, axis, part, n_parts};
}

enum class Keep : std::uint8_t {
  kAsked,        // the type that the caller asked for; vectors are F32 all the same
  kF32,          // read by code that takes nothing else, or too small to matter
  kConvolution,  // F16 if that was asked for, else F32
};

// One module (a weight, perhaps with a bias) or, if the name ends in one of the two, one tensor.
struct TensorRule {
  std::string_view from;  // in the checkpoint
  std::string_view to;    // in the GGUF file; the same suffix is added to both
  Size n_rows;            // of the whole tensor; its only size if it is a vector, of an expert if there are many
  Size n_columns = nullptr;
  RowPick rows = kAllRows;
  Keep keep = Keep::kAsked;
  float plus = 0;         // added to every element
  bool optional = false;  // the checkpoint may be without it
};

}  // namespace tenfold
