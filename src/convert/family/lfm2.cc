#include <cstdint>
#include <vector>

#include "base/error.h"
#include "convert/family.h"
#include "convert/family/decoder.h"
#include "convert/family/limits.h"

namespace tenfold {

namespace {

constexpr std::string_view kClasses[] = {"Lfm2ForCausalLM"};
constexpr std::string_view kTypes[] = {"lfm2"};

constexpr int kMaxTaps = 1024;

// The norm behind the last layer; neither name says so.
constexpr TensorRule kEmbeddingNorm = {"model.embedding_norm", "token_embd_norm"};

constexpr TensorRule kNorms[] = {
    {"operator_norm", "attn_norm"},
    {"ffn_norm", "ffn_norm"},
};
constexpr TensorRule kSelfAttention[] = {
    {"self_attn.q_proj", "attn_q"},           {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},           {"self_attn.out_proj", "attn_output"},
    {"self_attn.q_layernorm", "attn_q_norm"}, {"self_attn.k_layernorm", "attn_k_norm"},
};
constexpr TensorRule kShortConvolution[] = {
    {"conv.in_proj.weight", "shortconv.in_proj.weight"},
    {"conv.conv.weight", "shortconv.conv.weight", kChannelRows, Keep::kF32},
    {"conv.out_proj.weight", "shortconv.out_proj.weight"},
};
constexpr TensorRule kFeedForward[] = {
    {"feed_forward.w1", "ffn_gate"},
    {"feed_forward.w3", "ffn_up"},
    {"feed_forward.w2", "ffn_down"},
};

// The first checkpoints name a size that is brought down to two thirds, times a factor, rounded up.
Result<int> read_ffn_dim(const ConfigView& config) {
  TENFOLD_ASSIGN_OR_RETURN(const int named, config.integer({"block_ff_dim", "intermediate_size"}, 1, kMaxSize));
  TENFOLD_ASSIGN_OR_RETURN(const bool adjusts, config.boolean({"block_auto_adjust_ff_dim"}, true));
  if (!adjusts) return named;
  TENFOLD_ASSIGN_OR_RETURN(const double factor, config.real({"block_ffn_dim_multiplier"}, 0, 16, 1.0));
  TENFOLD_ASSIGN_OR_RETURN(const int step, config.integer({"block_multiple_of"}, 1, kMaxSize, 256));
  const int scaled = static_cast<int>(factor * (2 * named / 3));
  const int ffn_dim = (scaled + step - 1) / step * step;
  if (ffn_dim >= 1 && ffn_dim <= kMaxSize) return ffn_dim;
  return corrupt_data("config.json: block_ff_dim: expected 1…", kMaxSize, " once it is adjusted, found ", ffn_dim);
}

Result<std::vector<bool>> attention_by_types(const Json& types, std::size_t n_layers) {
  if (!types.is_array() || types.size() != n_layers) {
    return corrupt_data("config.json: layer_types: expected a list of ", n_layers, ", found ", printable(types.dump()));
  }
  std::vector<bool> attends;
  for (const Json& type : types) {
    attends.push_back(type == "full_attention");
    if (attends.back() || type == "conv") continue;
    return unsupported("config.json: layer_types: expected conv or full_attention, found ", printable(type.dump()));
  }
  return attends;
}

Result<std::vector<bool>> attention_by_indices(const ConfigView& config, std::size_t n_layers) {
  const bool all_attend = !config.has("full_attn_idxs");
  std::vector<bool> attends(n_layers, all_attend);
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<int> layers, config.integers({"full_attn_idxs"}));
  for (const int layer : layers) {
    if (layer < 0 || static_cast<std::size_t>(layer) >= n_layers) {
      return corrupt_data("config.json: full_attn_idxs: expected layers below ", n_layers, ", found ", layer);
    }
    attends[static_cast<std::size_t>(layer)] = true;
  }
  return attends;
}

// The heads of keys and values of each layer: 0 where a convolution is instead of attention.
Result<std::vector<std::int32_t>> read_kv_heads(const Conversion& c, int default_n) {
  const ConfigView& config = c.config();
  TENFOLD_ASSIGN_OR_RETURN(const LayerCount layers, count_layers(c));
  const auto n_layers = static_cast<std::size_t>(layers.n_main);
  const Json* types = config.find({"layer_types"});
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<bool> attends, types != nullptr ? attention_by_types(*types, n_layers)
                                                                             : attention_by_indices(config, n_layers));
  TENFOLD_ASSIGN_OR_RETURN(const int n, config.integer({"num_key_value_heads"}, 1, kMaxHeads, default_n));
  std::vector<std::int32_t> kv_heads;
  for (const bool layer_attends : attends) kv_heads.push_back(layer_attends ? n : 0);
  return kv_heads;
}

// What GGUF has no key for.
Status expect_plain(const ConfigView& config) {
  TENFOLD_ASSIGN_OR_RETURN(const bool has_bias, config.boolean({"conv_bias"}, false));
  if (has_bias) return unsupported("config.json: conv_bias: expected false, as in every LFM2, found true");
  return {};
}

Status describe(Conversion& c) {
  const ConfigView& config = c.config();
  TENFOLD_RETURN_IF_ERROR(expect_plain(config));
  DecoderDefaults defaults = {.n_heads = 32, .n_kv_heads = 8, .n_ctx = 128000};
  TENFOLD_ASSIGN_OR_RETURN(defaults.norm_eps, config.real({"norm_eps"}, 0, 1, 1e-5));
  TENFOLD_ASSIGN_OR_RETURN(defaults.rope_theta, config.real({"theta"}, 1, 1e12, 1e6));
  TENFOLD_ASSIGN_OR_RETURN(defaults.ffn_dim, read_ffn_dim(config));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::int32_t> kv_heads, read_kv_heads(c, *defaults.n_kv_heads));
  defaults.kv_heads_of_layers = kv_heads;
  TENFOLD_RETURN_IF_ERROR(write_decoder_keys(c, defaults));
  TENFOLD_RETURN_IF_ERROR(write_rope_scaling(c));
  TENFOLD_ASSIGN_OR_RETURN(const int n_taps, config.integer({"conv_L_cache"}, 2, kMaxTaps, 3));
  c.set("shortconv.l_cache", n_taps);
  c.set("vocab_size", c.sizes.vocab_size);
  TENFOLD_RETURN_IF_ERROR(take_ends(c, kEmbeddingNorm));
  for (int layer = 0; const std::int32_t n : kv_heads) {
    const std::span<const TensorRule> mixer = n > 0 ? std::span<const TensorRule>(kSelfAttention) : kShortConvolution;
    TENFOLD_RETURN_IF_ERROR(take_layers(c, {kNorms, mixer, kFeedForward}, layer, layer + 1));
    ++layer;
  }
  return {};
}

constexpr Family kFamilies[] = {
    {"lfm2", kClasses, kTypes, describe},
};

}  // namespace

const std::span<const Family> kLfm2Families = kFamilies;

}  // namespace tenfold
