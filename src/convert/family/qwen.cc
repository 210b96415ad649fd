#include "base/error.h"
#include "convert/family.h"
#include "convert/family/decoder.h"
#include "convert/family/limits.h"

namespace tenfold {

namespace {

constexpr std::string_view kQwen2Classes[] = {"Qwen2ForCausalLM"};
constexpr std::string_view kQwen2Types[] = {"qwen2"};
constexpr std::string_view kQwen3Classes[] = {"Qwen3ForCausalLM"};
constexpr std::string_view kQwen3Types[] = {"qwen3"};
constexpr std::string_view kQwen3MoeClasses[] = {"Qwen3MoeForCausalLM"};
constexpr std::string_view kQwen3MoeTypes[] = {"qwen3_moe"};
constexpr std::string_view kQwen2VlClasses[] = {"Qwen2_5_VLForConditionalGeneration",
                                                "Qwen2VLForConditionalGeneration"};
constexpr std::string_view kQwen2VlTypes[] = {"qwen2_5_vl", "qwen2_vl"};

constexpr DecoderDefaults kDefaults = {.norm_eps = 1e-6};

Status write_keys(Conversion& c, const DecoderDefaults& defaults) {
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, defaults));
  TENFOLD_ASSIGN_OR_RETURN(const bool has_window, c.config().boolean({"use_sliding_window"}, false));
  if (has_window) c.note("config.json asks for a sliding window, which GGUF has no key for here; it is left out");
  return write_rope_scaling(c);
}

Status describe_qwen2(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_keys(c, kDefaults));
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  return take_decoder(c, {kPreNorms, kAttention, kGatedFfn}, layers.n_main);
}

Status describe_qwen3(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_keys(c, {.head_dim = 128, .norm_eps = 1e-6}));
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  return take_decoder(c, {kPreNorms, kAttention, kHeadNorms, kGatedFfn}, layers.n_main);
}

Status describe_qwen3_moe(Conversion& c) {
  TENFOLD_RETURN_IF_ERROR(write_keys(c, kDefaults));
  const ConfigView& config = c.config();
  TENFOLD_ASSIGN_OR_RETURN(c.sizes.n_experts, config.integer({"num_experts", "num_local_experts"}, 1, kMaxExperts));
  TENFOLD_ASSIGN_OR_RETURN(const int n_used, config.integer({"num_experts_per_tok"}, 1, c.sizes.n_experts));
  TENFOLD_ASSIGN_OR_RETURN(const int expert_ffn_dim, config.integer({"moe_intermediate_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(const bool normalized, config.boolean({"norm_topk_prob"}, false));
  c.set("expert_count", c.sizes.n_experts);
  c.set("expert_used_count", n_used);
  c.set("expert_feed_forward_length", expert_ffn_dim);
  if (!normalized) {
    c.note(
        "config.json does not normalise the chosen experts' weights (norm_topk_prob), but readers of this "
        "architecture do");
  }
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  return take_decoder(c, {kPreNorms, kAttention, kHeadNorms, kExpertFfn}, layers.n_main);
}

constexpr Family kFamilies[] = {
    {"qwen2", kQwen2Classes, kQwen2Types, describe_qwen2},
    {"qwen3", kQwen3Classes, kQwen3Types, describe_qwen3},
    {"qwen3moe", kQwen3MoeClasses, kQwen3MoeTypes, describe_qwen3_moe},
    {"qwen2vl", kQwen2VlClasses, kQwen2VlTypes, describe_qwen2},
};

}  // namespace

const std::span<const Family> kQwenFamilies = kFamilies;

}  // namespace tenfold
