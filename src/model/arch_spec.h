// ArchSpec: what kind of transformer this is. Sizes and flags; a flag names a property, never a model.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "plan/operator_kinds.h"
#include "plan/plan_builder.h"
#include "plan/rope_scaling.h"
#include "tenfold/options.h"

namespace tenfold {

// A mixture of experts in the place of a layer's FFN.
struct ExpertSpec {
  ExpertRouting routing;   // n_experts 0: no layer has experts
  int ffn_dim = 0;         // of one expert
  int shared_ffn_dim = 0;  // of the one that every token goes through; 0: none
  int n_dense_layers = 0;  // the first layers have an ordinary FFN
};

enum class Presence { kNever, kSometimes, kAlways };

struct ArchSpec {
  std::string architecture;  // general.architecture

  int n_layers = 0;
  int n_prediction_layers = 0;  // after those: they predict further tokens and are not run
  int model_dim = 0;
  int ffn_dim = 0;
  int n_heads = 0;
  int n_kv_heads = 0;  // divides n_heads
  int head_dim = 0;
  int vocab_size = 0;  // rows of the embedding; what the metadata say, or 0, until those are known
  int n_ctx_train = 0;

  float norm_eps = 0;
  float embedding_scale = 1;                              // token embeddings are multiplied by it
  float attention_scale = 0;                              // scores are multiplied by it: 1/√head_dim as a rule
  float attention_softcap = 0;                            // 0: none
  float logit_softcap = 0;                                // 0: none
  AttentionMask attention_mask = AttentionMask::kCausal;  // kNone: an encoder, which has no output head
  int sliding_window = 0;                                 // 0: every token sees all before it
  int full_layer_interval = 0;  // every so many layers one sees all in spite of the window; 0: none does

  RopeLayout rope = RopeLayout::kInterleaved;
  int n_rope_dims = 0;  // first elements of a head that are rotated
  float rope_theta = 10000;
  RopeScaling rope_scaling;
  float window_rope_theta = 0;  // of layers with a window, which scale nothing then; 0: as the others
  float rope_amplitude = 1;     // rotated elements are multiplied by it
  // Contexts longer than this take the long ones of two sets of divisors; 0: there is one set or none.
  int short_ctx = 0;
  std::array<int, 3> rope_sections = {};  // pairs that turn by time, height and width; all 0: every pair by time
  int no_rope_interval = 0;               // every so many layers one rotates nothing; 0: all rotate

  Presence qk_norm = Presence::kNever;  // RMS norm of each query and key head, before rope
  bool post_norms = false;              // RMS norm of attention's and FFN's result before it is added (sandwich)
  GateActivation activation = GateActivation::kSilu;
  ExpertSpec experts;

  std::optional<Pooling> pooling;  // how the model was trained to make one vector of a text's, if the file says so

  std::vector<std::string> end_texts;  // tokens that end an answer beside those that the vocabulary says

  [[nodiscard]] AttentionHeads heads() const {
    return {n_heads, n_kv_heads, head_dim, attention_softcap, attention_mask, rope};
  }
  [[nodiscard]] bool causal() const { return attention_mask == AttentionMask::kCausal; }
  // Layers count from 0.
  [[nodiscard]] int window_of(int layer) const {
    return full_layer_interval > 0 && (layer + 1) % full_layer_interval == 0 ? 0 : sliding_window;
  }
  [[nodiscard]] bool rotates(int layer) const {
    return rope != RopeLayout::kNone && (no_rope_interval == 0 || (layer + 1) % no_rope_interval != 0);
  }
  [[nodiscard]] bool has_experts(int layer) const {
    return experts.routing.n_experts > 0 && layer >= experts.n_dense_layers;
  }
  // True if images may stand in its text.
  [[nodiscard]] bool has_rope_sections() const { return rope_sections != std::array<int, 3>{}; }
};

}  // namespace tenfold
