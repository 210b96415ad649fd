#include <cmath>

#include "base/error.h"
#include "convert/family.h"
#include "convert/family/decoder.h"

namespace tenfold {

namespace {

constexpr std::string_view kGemma2Classes[] = {"Gemma2ForCausalLM"};
constexpr std::string_view kGemma2Types[] = {"gemma2"};
constexpr std::string_view kGemma3Classes[] = {"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"};
constexpr std::string_view kGemma3Types[] = {"gemma3_text", "gemma3"};

DecoderDefaults defaults(int n_ctx, double rope_theta) {
  return {.n_heads = 8,
          .n_kv_heads = 4,
          .head_dim = 256,
          .n_ctx = n_ctx,
          .norm_eps = 1e-6,
          .rope_theta = rope_theta,
          .activation = "gelu_pytorch_tanh"};
}

// The checkpoint's norms multiply by 1 + weight, the file's by the weight.
constexpr TensorRule norm(std::string_view from, std::string_view to) {
  return {from, to, kAllRows, Keep::kAsked, 1.0F};
}
constexpr TensorRule kNorms[] = {
    norm("input_layernorm", "attn_norm"),
    norm("post_attention_layernorm", "post_attention_norm"),
    norm("pre_feedforward_layernorm", "ffn_norm"),
    norm("post_feedforward_layernorm", "post_ffw_norm"),
};
constexpr TensorRule kGemma3HeadNorms[] = {
    norm("self_attn.q_norm", "attn_q_norm"),
    norm("self_attn.k_norm", "attn_k_norm"),
};

// GGUF has no key for which layers have a window: readers know that every so many layers one has none.
Status write_attention(Conversion& c, std::size_t interval) {
  const Json* types = c.config().find({"layer_types"});
  for (std::size_t i = 0; types != nullptr && types->is_array() && i < types->size(); ++i) {
    const bool sees_all = (*types)[i] == "full_attention";
    if (sees_all == ((i + 1) % interval == 0)) continue;
    return unsupported("config.json: layer_types: expected one of every ", interval,
                       " layers to see everything, found layer ", i, sees_all ? " with" : " without",
                       " full attention");
  }
  const int known = static_cast<int>(interval);
  TENFOLD_ASSIGN_OR_RETURN(const int pattern, c.config().integer({"sliding_window_pattern"}, 1, 1024, known));
  if (pattern != known) {
    return unsupported("config.json: sliding_window_pattern: expected ", known, ", found ", pattern);
  }
  TENFOLD_ASSIGN_OR_RETURN(const int window, c.config().integer({"sliding_window"}, 1, 1 << 28, 4096));
  c.set("attention.sliding_window", window);
  TENFOLD_ASSIGN_OR_RETURN(const double scalar, c.config().real({"query_pre_attn_scalar"}, 1e-6, 1e9, 256.0));
  if (scalar != c.sizes.head_dim) c.set("attention.scale", 1 / std::sqrt(scalar));
  return {};
}

Status take_tensors(Conversion& c, std::initializer_list<std::span<const TensorRule>> tables) {
  TENFOLD_RETURN_IF_ERROR(take_ends(c, norm("model.norm", "output_norm")));
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  return take_layers(c, tables, 0, layers.n_main);
}

Status describe_gemma2(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, defaults(8192, 10000)));
  TENFOLD_RETURN_IF_ERROR(write_attention(c, 2));
  TENFOLD_ASSIGN_OR_RETURN(const double score_cap, c.config().real({"attn_logit_softcapping"}, 0, 1e6, 50.0));
  TENFOLD_ASSIGN_OR_RETURN(const double logit_cap, c.config().real({"final_logit_softcapping"}, 0, 1e6, 30.0));
  c.set("attn_logit_softcapping", score_cap);
  c.set("final_logit_softcapping", logit_cap);
  return take_tensors(c, {kNorms, kAttention, kGatedFfn});
}

Status describe_gemma3(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, defaults(131072, 1e6)));
  TENFOLD_RETURN_IF_ERROR(write_attention(c, 6));
  TENFOLD_RETURN_IF_ERROR(write_rope_scaling(c));
  const ConfigView& config = c.config();
  TENFOLD_ASSIGN_OR_RETURN(const double old_theta, config.real({"rope_local_base_freq"}, 1, 1e12, 10000.0));
  TENFOLD_ASSIGN_OR_RETURN(const double window_theta, config.window_rope().real({"rope_theta"}, 1, 1e12, old_theta));
  c.set("rope.freq_base_swa", window_theta);
  if (config.has("final_logit_softcapping")) {
    TENFOLD_ASSIGN_OR_RETURN(const double softcap, config.real({"final_logit_softcapping"}, 0, 1e6));
    c.set("final_logit_softcapping", softcap);
  }
  if (config.has("attn_logit_softcapping")) {
    return unsupported("config.json: attn_logit_softcapping: expected none, as in every Gemma 3, found one");
  }
  return take_tensors(c, {kNorms, kGemma3HeadNorms, kAttention, kGatedFfn});
}

constexpr Family kFamilies[] = {
    {"gemma2", kGemma2Classes, kGemma2Types, describe_gemma2},
    {"gemma3", kGemma3Classes, kGemma3Types, describe_gemma3},
};

}  // namespace

const std::span<const Family> kGemmaFamilies = kFamilies;

}  // namespace tenfold
