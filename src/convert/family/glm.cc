#include "base/error.h"
#include "convert/family.h"
#include "convert/family/decoder.h"
#include "convert/family/limits.h"

namespace tenfold {

namespace {

constexpr std::string_view kChatglmClasses[] = {"GlmForCausalLM"};
constexpr std::string_view kChatglmTypes[] = {"glm"};
constexpr std::string_view kGlm4Classes[] = {"Glm4ForCausalLM", "Glm4vForConditionalGeneration",
                                             "Glm46VForConditionalGeneration", "GlmOcrForConditionalGeneration"};
constexpr std::string_view kGlm4Types[] = {"glm4", "glm4v", "glm46v", "glm_ocr"};
constexpr std::string_view kGlm4MoeClasses[] = {"Glm4MoeForCausalLM"};
constexpr std::string_view kGlm4MoeTypes[] = {"glm4_moe"};

// A norm before and behind each half of a layer; the one called post_attention comes before the second half.
constexpr TensorRule kSandwichNorms[] = {
    {"input_layernorm", "attn_norm"},
    {"post_self_attn_layernorm", "post_attention_norm"},
    {"post_attention_layernorm", "ffn_norm"},
    {"post_mlp_layernorm", "post_ffw_norm"},
};
// Here the norm before the second half has the name that elsewhere belongs to one behind the first.
constexpr TensorRule kMoeNorms[] = {
    {"input_layernorm", "attn_norm"},
    {"post_attention_layernorm", "post_attention_norm"},
};
constexpr TensorRule kOptionalHeadNorms[] = {
    {"self_attn.q_norm", "attn_q_norm", kAllRows, Keep::kAsked, 0, true},
    {"self_attn.k_norm", "attn_k_norm", kAllRows, Keep::kAsked, 0, true},
};
constexpr TensorRule kSharedExpert[] = {
    {"mlp.gate.e_score_correction_bias", "exp_probs_b.bias"},
    {"mlp.shared_experts.gate_proj", "ffn_gate_shexp"},
    {"mlp.shared_experts.up_proj", "ffn_up_shexp"},
    {"mlp.shared_experts.down_proj", "ffn_down_shexp"},
};
// A layer behind the last that predicts the token after next; it may bring its own copy of embedding and head.
constexpr TensorRule kNextToken[] = {
    {"eh_proj", "nextn.eh_proj"},
    {"enorm", "nextn.enorm"},
    {"hnorm", "nextn.hnorm"},
    {"embed_tokens", "nextn.embed_tokens", kAllRows, Keep::kAsked, 0, true},
    {"shared_head.head", "nextn.shared_head_head", kAllRows, Keep::kAsked, 0, true},
    {"shared_head.norm", "nextn.shared_head_norm", kAllRows, Keep::kAsked, 0, true},
};

Status describe_chatglm(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, {.norm_eps = 1.5625e-7}));
  TENFOLD_RETURN_IF_ERROR(write_rope_scaling(c));
  TENFOLD_ASSIGN_OR_RETURN(const int n_rope_dims, n_rotated(c, 0.5));
  c.set("rope.dimension_count", n_rope_dims);
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  return take_decoder(c, {kPreNorms, kAttention, kFusedFfn}, layers.n_main);
}

Status take_next_token_layers(Conversion& c, const LayerCount& layers) {
  if (layers.n_extra > 0) c.set("nextn_predict_layers", layers.n_extra);
  return take_layers(c, {kNextToken}, layers.n_main, layers.n_main + layers.n_extra);
}

Status describe_glm4(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, {.norm_eps = 1e-5}));
  TENFOLD_RETURN_IF_ERROR(write_rope_scaling(c));
  TENFOLD_ASSIGN_OR_RETURN(const int n_rope_dims, n_rotated(c, 0.5));
  c.set("rope.dimension_count", n_rope_dims);
  // Positions in an image rotate halves against each other, whatever the checkpoint's order.
  if (c.config().rope().has("mrope_section")) c.order_heads(HeadOrder::kPairsToHalves, n_rope_dims);
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  TENFOLD_RETURN_IF_ERROR(take_decoder(c, {kSandwichNorms, kAttention, kFusedFfn}, layers.n_main + layers.n_extra));
  return take_next_token_layers(c, layers);
}

Status write_expert_keys(Conversion& c) {
  const ConfigView& config = c.config();
  ModelSizes& s = c.sizes;
  TENFOLD_ASSIGN_OR_RETURN(s.n_experts, config.integer({"n_routed_experts"}, 1, kMaxExperts));
  TENFOLD_ASSIGN_OR_RETURN(const int n_used, config.integer({"num_experts_per_tok"}, 1, s.n_experts));
  TENFOLD_ASSIGN_OR_RETURN(const int expert_ffn_dim, config.integer({"moe_intermediate_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(const int n_shared, config.integer({"n_shared_experts"}, 1, 64, 1));
  TENFOLD_ASSIGN_OR_RETURN(const double scale, config.real({"routed_scaling_factor"}, 0, 1e6, 1.0));
  TENFOLD_ASSIGN_OR_RETURN(const bool normalized, config.boolean({"norm_topk_prob"}, true));
  TENFOLD_ASSIGN_OR_RETURN(const int n_groups, config.integer({"n_group"}, 1, kMaxExperts, 1));
  TENFOLD_ASSIGN_OR_RETURN(const int n_groups_used, config.integer({"topk_group"}, 1, n_groups, 1));
  c.set("expert_count", s.n_experts);
  c.set("expert_used_count", n_used);
  c.set("expert_group_count", n_groups);
  c.set("expert_group_used_count", n_groups_used);
  c.set("expert_feed_forward_length", expert_ffn_dim);
  c.set("expert_shared_count", n_shared);
  c.set("expert_weights_scale", scale);
  c.set("expert_weights_norm", normalized);
  c.set("expert_gating_func", 2);  // sigmoid
  return {};
}

Status describe_glm4_moe(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, {.norm_eps = 1e-5}));
  TENFOLD_RETURN_IF_ERROR(write_rope_scaling(c));
  TENFOLD_ASSIGN_OR_RETURN(const int n_rope_dims, n_rotated(c, 0.5));
  c.set("rope.dimension_count", n_rope_dims);
  TENFOLD_RETURN_IF_ERROR(write_expert_keys(c));
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  TENFOLD_ASSIGN_OR_RETURN(const int n_dense, c.config().integer({"first_k_dense_replace"}, 0, layers.n_main, 1));
  c.set("leading_dense_block_count", n_dense);
  const int n_all = layers.n_main + layers.n_extra;
  TENFOLD_RETURN_IF_ERROR(take_decoder(c, {kMoeNorms, kAttention, kOptionalHeadNorms}, n_all));
  TENFOLD_RETURN_IF_ERROR(take_layers(c, {kGatedFfn}, 0, n_dense));
  TENFOLD_RETURN_IF_ERROR(take_layers(c, {kExpertFfn, kSharedExpert}, n_dense, n_all));
  return take_next_token_layers(c, layers);
}

constexpr Family kFamilies[] = {
    {"chatglm", kChatglmClasses, kChatglmTypes, describe_chatglm},
    {"glm4", kGlm4Classes, kGlm4Types, describe_glm4},
    {"glm4moe", kGlm4MoeClasses, kGlm4MoeTypes, describe_glm4_moe},
};

}  // namespace

const std::span<const Family> kGlmFamilies = kFamilies;

}  // namespace tenfold
