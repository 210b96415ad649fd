// The words that a plan, the families that write it and the operators that run it have in common. Plain values.
#pragma once

#include <array>
#include <cstdint>

namespace tenfold {

enum class RopeLayout {
  kNone,         // no rotation (NoPE layers)
  kInterleaved,  // pairs (2i, 2i+1): "NORM" in GGUF terms
  kNeox,         // pairs (i, i + n_pairs)
};

// Where a token stands: time, height, width. Text has the same number on all three.
using RopePosition = std::array<std::int32_t, 3>;

enum class AttentionMask {
  kCausal,  // a token sees itself and what is before it
  kNone,    // a token sees its whole sequence: encoders
};

enum class GateActivation { kSilu, kGeluTanh };

enum class ExpertGating {
  kSoftmax,  // scores are the softmax over all experts
  kSigmoid,  // scores are each expert's sigmoid
};

// How a token's experts follow from the router's logits.
struct ExpertRouting {
  int n_experts = 0;
  int n_used = 0;  // experts of a token, at most n_experts: those with the largest score, the first of equals
  ExpertGating gating = ExpertGating::kSoftmax;
  bool normalize = true;  // the chosen ones' weights are divided by their sum
  float scale = 1;        // and multiplied by this
};

}  // namespace tenfold
