#include "model/arch/decoder_metadata.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/error.h"
#include "model/vector_head.h"

namespace tenfold {

namespace {

constexpr int kMaxDim = 1 << 20;
constexpr int kMaxLayers = 1024;
constexpr int kMaxHeads = 4096;
constexpr int kMaxVocabulary = 1 << 30;
constexpr int kMaxExperts = 4096;

// As llama.cpp reads it: whatever attn_factor is, cosines and sines grow with the factor's logarithm. Keys that it has
// read in different ways over time must say what they say by default; others are refused by name, as nobody asks.
Status read_yarn(ArchMetadata& m, ArchSpec& spec) {
  RopeScaling& scaling = spec.rope_scaling;
  TENFOLD_ASSIGN_OR_RETURN(const float factor, m.real("rope.scaling.factor", 1, 1e6F));
  TENFOLD_ASSIGN_OR_RETURN(scaling.original_ctx,
                           m.integer("rope.scaling.original_context_length", 1, kMaxPositions, spec.n_ctx_train));
  TENFOLD_ASSIGN_OR_RETURN(scaling.fast_turns, m.real("rope.scaling.yarn_beta_fast", 1e-6F, 1e6F, 32.0F));
  TENFOLD_ASSIGN_OR_RETURN(scaling.slow_turns, m.real("rope.scaling.yarn_beta_slow", 1e-6F, 1e6F, 1.0F));
  TENFOLD_ASSIGN_OR_RETURN(const float attention, m.real("rope.scaling.attn_factor", 0, 100, 1.0F));
  for (const char* key : {"rope.scaling.yarn_ext_factor", "rope.scaling.yarn_attn_factor"}) {
    TENFOLD_ASSIGN_OR_RETURN(const float value, m.real(key, -1, 1e6F, 1.0F));
    if (value != 1) return unsupported("key ", m.architecture(), ".", key, ": expected 1, found ", value);
  }
  if (spec.rope_theta <= 1 || scaling.fast_turns < scaling.slow_turns) {
    return corrupt_data("key ", m.architecture(), ".rope.scaling.type: yarn: expected rope.freq_base above 1 and ",
                        "yarn_beta_fast not below yarn_beta_slow, found ", spec.rope_theta, ", ", scaling.fast_turns,
                        " and ", scaling.slow_turns);
  }
  scaling.scale = 1 / factor;
  spec.rope_amplitude = attention * (0.1F * std::log(factor) + 1);
  m.ignore("rope.scaling.finetuned");
  return {};
}

// Linear scaling divides positions. Kinds beside these are refused rather than ignored.
Status read_rope_scaling(ArchMetadata& m, const DecoderTraits& traits, ArchSpec& spec) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string type, m.string("rope.scaling.type", "linear"));
  if (type == "yarn") return read_yarn(m, spec);
  if (type != "linear" && type != "none" && !(type == "longrope" && traits.long_rope)) {
    return unsupported("key ", m.architecture(), ".rope.scaling.type: expected none, linear or yarn, found \"",
                       printable(type), "\"");
  }
  TENFOLD_ASSIGN_OR_RETURN(const float old_factor, m.real("rope.scale_linear", 0, 1e6F, 0.0F));
  TENFOLD_ASSIGN_OR_RETURN(const float factor, m.real("rope.scaling.factor", 0, 1e6F, old_factor));
  if (type == "linear" && factor > 0) spec.rope_scaling.scale = 1 / factor;
  m.ignore("rope.scaling.original_context_length");
  m.ignore("rope.scaling.finetuned");
  return {};
}

// Each size of a layer, for all of them.
struct LayerNumbers {
  std::vector<int> heads, kv_heads, head_dims, value_dims, ffn_dims;
};

Result<LayerNumbers> read_layer_numbers(ArchMetadata& m, const ArchSpec& spec, const DecoderTraits& traits) {
  const int n = spec.n_layers;
  LayerNumbers of;
  TENFOLD_ASSIGN_OR_RETURN(of.ffn_dims, m.layer_integers("feed_forward_length", n, 1, kMaxDim));
  TENFOLD_ASSIGN_OR_RETURN(of.heads, m.layer_integers("attention.head_count", n, 1, kMaxHeads));
  const int least = traits.short_convs ? 0 : 1;
  TENFOLD_ASSIGN_OR_RETURN(of.kv_heads,
                           m.layer_integers("attention.head_count_kv", n, least, kMaxHeads, of.heads.front()));
  const int default_head_dim = std::max(1, spec.model_dim / of.heads.front());
  TENFOLD_ASSIGN_OR_RETURN(of.head_dims, m.layer_integers("attention.key_length", n, 2, kMaxDim, default_head_dim));
  TENFOLD_ASSIGN_OR_RETURN(of.value_dims,
                           m.layer_integers("attention.value_length", n, 1, kMaxDim, of.head_dims.front()));
  return of;
}

Result<LayerSpec> layer_of(const LayerNumbers& of, std::size_t i) {
  const LayerSpec layer{of.kv_heads[i] == 0 ? Mixer::kShortConv : Mixer::kAttention, of.heads[i], of.kv_heads[i],
                        of.head_dims[i], of.ffn_dims[i]};
  // Kept as ints from here on.
  if (std::int64_t{layer.n_heads} * layer.head_dim > kMaxDim) {
    return unsupported("attention.key_length: expected ", layer.n_heads, " heads of at most ", kMaxDim / layer.n_heads,
                       ", found ", layer.head_dim);
  }
  if (layer.mixer == Mixer::kAttention && layer.n_heads % layer.n_kv_heads != 0) {
    return corrupt_data("attention.head_count_kv: expected a divisor of ", layer.n_heads, ", found ", layer.n_kv_heads);
  }
  if (of.value_dims[i] != layer.head_dim) {
    return unsupported("attention.value_length: expected ", layer.head_dim, " as the keys have, found ",
                       of.value_dims[i]);
  }
  return layer;
}

}  // namespace

Status read_sizes(ArchMetadata& m, ArchSpec& spec, const DecoderTraits& traits) {
  TENFOLD_ASSIGN_OR_RETURN(spec.n_layers, m.integer("block_count", 1, kMaxLayers));
  TENFOLD_ASSIGN_OR_RETURN(spec.model_dim, m.integer("embedding_length", 1, kMaxDim));
  TENFOLD_ASSIGN_OR_RETURN(spec.n_ctx_train, m.integer("context_length", 1, kMaxPositions));
  TENFOLD_ASSIGN_OR_RETURN(spec.vocab_size, m.integer("vocab_size", 1, kMaxVocabulary, 0));
  TENFOLD_ASSIGN_OR_RETURN(const LayerNumbers numbers, read_layer_numbers(m, spec, traits));
  for (std::size_t i = 0; i < static_cast<std::size_t>(spec.n_layers); ++i) {
    TENFOLD_ASSIGN_OR_RETURN(spec.layers.emplace_back(), layer_of(numbers, i));
    // What scores are scaled by and how many elements are rotated is read once for all layers.
    if (spec.layers[i].head_dim != spec.any_layer().head_dim) {
      return unsupported("attention.key_length: expected heads of ", spec.any_layer().head_dim,
                         " in all layers, found ", spec.layers[i].head_dim, " in layer ", i);
    }
  }
  return {};
}

Status read_pooling(ArchMetadata& m, ArchSpec& spec) {
  enum { kNone, kMean, kCls, kLast, kRank };
  TENFOLD_ASSIGN_OR_RETURN(const int type, m.integer("pooling_type", kNone, kRank, kNone));
  switch (type) {
    case kMean: spec.pooling = Pooling::kMean; break;
    case kCls: spec.pooling = Pooling::kCls; break;
    case kLast: spec.pooling = Pooling::kLast; break;
    case kRank:
      return unsupported("key ", m.architecture(), ".pooling_type: expected 0…3, found 4; ranking is unknown");
    default: break;
  }
  // The tensors' shapes say the same.
  for (int i = 0; i < VectorHead::kMaxProjections; ++i) {
    for (const char* const size : {"_feat_in", "_feat_out"}) m.ignore(VectorHead::projection_name(i) + size);
  }
  return {};
}

namespace {

Status read_rope_dims(ArchMetadata& m, ArchSpec& spec) {
  TENFOLD_ASSIGN_OR_RETURN(spec.n_rope_dims, m.integer("rope.dimension_count", 2, kMaxDim, spec.any_layer().head_dim));
  const int head_dim = spec.any_layer().head_dim;
  if (head_dim % 2 == 0 && spec.n_rope_dims % 2 == 0 && spec.n_rope_dims <= head_dim) return {};
  return corrupt_data("rope.dimension_count: expected an even number up to the head's ", head_dim, ", found ",
                      spec.n_rope_dims);
}

}  // namespace

Result<ArchSpec> read_decoder_spec(ArchMetadata& m, const DecoderTraits& traits) {
  ArchSpec spec;
  spec.architecture = m.architecture();
  TENFOLD_RETURN_IF_ERROR(read_sizes(m, spec, traits));
  TENFOLD_RETURN_IF_ERROR(read_rope_dims(m, spec));
  TENFOLD_RETURN_IF_ERROR(read_pooling(m, spec));
  TENFOLD_ASSIGN_OR_RETURN(spec.norm_eps, m.real("attention.layer_norm_rms_epsilon", 0, 1));
  TENFOLD_ASSIGN_OR_RETURN(spec.rope_theta, m.real("rope.freq_base", 1, 1e12F, 10000.0F));
  TENFOLD_ASSIGN_OR_RETURN(const int window, m.integer("attention.sliding_window", 0, kMaxPositions, 0));
  for (LayerSpec& layer : spec.layers) layer.window = window;
  TENFOLD_RETURN_IF_ERROR(read_rope_scaling(m, traits, spec));
  TENFOLD_ASSIGN_OR_RETURN(const bool causal, m.boolean("attention.causal", true));
  if (!causal) return unsupported("key ", m.architecture(), ".attention.causal: expected true, found false");
  m.ignore("tensor_data_layout");  // "Meta AI original pth": the layout that all files have
  spec.attention_scale = 1.0F / std::sqrt(static_cast<float>(spec.any_layer().head_dim));
  spec.rope = RopeLayout::kInterleaved;
  return spec;
}

Status read_experts(ArchMetadata& m, ArchSpec& spec) {
  ExpertSpec& e = spec.experts;
  TENFOLD_ASSIGN_OR_RETURN(e.routing.n_experts, m.integer("expert_count", 1, kMaxExperts));
  TENFOLD_ASSIGN_OR_RETURN(e.routing.n_used, m.integer("expert_used_count", 1, e.routing.n_experts));
  TENFOLD_ASSIGN_OR_RETURN(e.ffn_dim, m.integer("expert_feed_forward_length", 1, kMaxDim));
  TENFOLD_ASSIGN_OR_RETURN(const int n_shared, m.integer("expert_shared_count", 0, kMaxExperts, 0));
  TENFOLD_ASSIGN_OR_RETURN(e.n_dense_layers, m.integer("leading_dense_block_count", 0, kMaxLayers, 0));
  TENFOLD_ASSIGN_OR_RETURN(e.routing.scale, m.real("expert_weights_scale", 0, 1e6F, 1.0F));
  TENFOLD_ASSIGN_OR_RETURN(e.routing.normalize, m.boolean("expert_weights_norm", true));
  if (std::int64_t{n_shared} * e.ffn_dim > kMaxDim) {
    return unsupported("key ", m.architecture(), ".expert_shared_count: expected at most ", kMaxDim / e.ffn_dim,
                       ", found ", n_shared);
  }
  e.shared_ffn_dim = n_shared * e.ffn_dim;

  constexpr int kSoftmax = 1, kSigmoid = 2;
  const int by_default = e.routing.gating == ExpertGating::kSoftmax ? kSoftmax : kSigmoid;
  TENFOLD_ASSIGN_OR_RETURN(const int gating, m.integer("expert_gating_func", kSoftmax, kSigmoid, by_default));
  e.routing.gating = gating == kSoftmax ? ExpertGating::kSoftmax : ExpertGating::kSigmoid;
  for (const char* groups : {"expert_group_count", "expert_group_used_count"}) {
    TENFOLD_ASSIGN_OR_RETURN(const int n, m.integer(groups, 0, kMaxExperts, 1));
    if (n > 1) return unsupported("key ", m.architecture(), ".", groups, ": expected 1, found ", n);
  }
  return {};
}

Status read_prediction_layers(ArchMetadata& m, ArchSpec& spec) {
  TENFOLD_ASSIGN_OR_RETURN(spec.n_prediction_layers, m.integer("nextn_predict_layers", 0, spec.n_layers - 1, 0));
  spec.n_layers -= spec.n_prediction_layers;
  spec.layers.resize(static_cast<std::size_t>(spec.n_layers));
  return {};
}

Status read_rope_sections(ArchMetadata& m, ArchSpec& spec) {
  // Four numbers: time, height, width and one for which there is no axis.
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<int> sections, m.integers("rope.dimension_sections", 4, 0, kMaxDim));
  if (sections.empty()) return {};
  const int n_pairs = std::accumulate(sections.begin(), sections.end(), 0);
  if (n_pairs != spec.n_rope_dims / 2 || (sections.size() == 4 && sections[3] != 0)) {
    return corrupt_data("key ", m.architecture(), ".rope.dimension_sections: expected up to 3 numbers that make ",
                        spec.n_rope_dims / 2, ", found ", n_pairs);
  }
  std::copy_n(sections.begin(), std::min(sections.size(), spec.rope_sections.size()), spec.rope_sections.begin());
  spec.rope = RopeLayout::kNeox;
  return {};
}

}  // namespace tenfold
