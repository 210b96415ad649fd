// ArchSpec: what kind of transformer this is. Sizes and flags; a flag names a property, never a model.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/contracts.h"
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

// What mixes a layer's tokens with those before them.
enum class Mixer { kAttention, kShortConv };

struct LayerSpec {
  Mixer mixer = Mixer::kAttention;
  int n_heads = 0;
  int n_kv_heads = 0;  // divides n_heads
  int head_dim = 0;
  int ffn_dim = 0;
  int window = 0;       // a token sees itself and window − 1 before it; 0: all before it
  bool rotates = true;  // queries and keys, if the model's do at all

  [[nodiscard]] int q_dim() const { return n_heads * head_dim; }
  [[nodiscard]] int kv_dim() const { return n_kv_heads * head_dim; }
};

struct ArchSpec {
  std::string architecture;  // general.architecture

  int n_layers = 0;
  int n_prediction_layers = 0;  // after those: they predict further tokens and are not run
  int model_dim = 0;
  std::vector<LayerSpec> layers;  // [n_layers]
  int vocab_size = 0;             // rows of the embedding; what the metadata say, or 0, until those are known
  int n_ctx_train = 0;

  float norm_eps = 0;
  float embedding_scale = 1;                              // token embeddings are multiplied by it
  float attention_scale = 0;                              // scores are multiplied by it: 1/√head_dim as a rule
  float attention_softcap = 0;                            // 0: none
  float logit_softcap = 0;                                // 0: none
  AttentionMask attention_mask = AttentionMask::kCausal;  // kNone: an encoder, which has no output head
  int n_conv_taps = 0;                                    // of layers that are short convolutions

  RopeLayout rope = RopeLayout::kInterleaved;
  int n_rope_dims = 0;  // first elements of a head that are rotated
  float rope_theta = 10000;
  RopeScaling rope_scaling;
  float window_rope_theta = 0;  // of layers with a window, which scale nothing then; 0: as the others
  float rope_amplitude = 1;     // rotated elements are multiplied by it
  // Contexts longer than this take the long ones of two sets of divisors; 0: there is one set or none.
  int short_ctx = 0;
  std::array<int, 3> rope_sections = {};  // pairs that turn by time, height and width; all 0: every pair by time

  Presence qk_norm = Presence::kNever;                  // RMS norm of each query and key head, before rope
  const char* output_norm_name = "output_norm.weight";  // of the norm before the output head
  bool post_norms = false;  // RMS norm of attention's and FFN's result before it is added (sandwich)
  GateActivation activation = GateActivation::kSilu;
  ExpertSpec experts;

  std::optional<Pooling> pooling;  // how the model was trained to make one vector of a text's, if the file says so

  std::vector<std::string> end_texts;  // tokens that end an answer beside those that the vocabulary says

  // Layers count from 0.
  [[nodiscard]] const LayerSpec& layer(int i) const {
    TENFOLD_DCHECK(i >= 0 && static_cast<std::size_t>(i) < layers.size());
    return layers[static_cast<std::size_t>(i)];
  }
  // Of files that say nothing else: as all layers have them.
  [[nodiscard]] const LayerSpec& any_layer() const { return layer(0); }
  // Changes every so many layers one: the last of each such group.
  template <typename Change>
  void change_every(int interval, Change&& change) {
    for (int i = interval - 1; i < n_layers; i += interval) change(layers[static_cast<std::size_t>(i)]);
  }
  [[nodiscard]] AttentionHeads heads(int i) const {
    return {layer(i).n_heads, layer(i).n_kv_heads, layer(i).head_dim, attention_softcap, attention_mask, rope};
  }
  [[nodiscard]] bool has_windows() const {
    return std::any_of(layers.begin(), layers.end(), [](const LayerSpec& l) { return l.window > 0; });
  }
  [[nodiscard]] bool causal() const { return attention_mask == AttentionMask::kCausal; }
  [[nodiscard]] bool rotates(int i) const { return rope != RopeLayout::kNone && layer(i).rotates; }
  [[nodiscard]] bool has_experts(int layer) const {
    return experts.routing.n_experts > 0 && layer >= experts.n_dense_layers;
  }
  // True if images may stand in its text.
  [[nodiscard]] bool has_rope_sections() const { return rope_sections != std::array<int, 3>{}; }
};

}  // namespace tenfold
