#include "model/arch/llama.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "model/arch/dense_decoder.h"

namespace tenfold {

namespace {

constexpr int kMaxDim = 1 << 20;
constexpr int kMaxLayers = 1024;
constexpr int kMaxHeads = 4096;
constexpr int kMaxPositions = 1 << 28;
constexpr int kMaxVocabulary = 1 << 30;

// Linear scaling divides positions; other kinds are refused rather than ignored.
Status read_rope_scaling(ArchMetadata& m, ArchSpec& spec) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string type, m.string("rope.scaling.type", "linear"));
  if (type != "linear" && type != "none") {
    return unsupported("key ", m.architecture(), ".rope.scaling.type: expected none or linear, found ",
                       printable(type));
  }
  TENFOLD_ASSIGN_OR_RETURN(const float old_factor, m.real("rope.scale_linear", 0, 1e6F, 0.0F));
  TENFOLD_ASSIGN_OR_RETURN(const float factor, m.real("rope.scaling.factor", 0, 1e6F, old_factor));
  if (type == "linear" && factor > 0) spec.rope_scale = 1 / factor;
  m.ignore("rope.scaling.original_context_length");
  m.ignore("rope.scaling.finetuned");
  return {};
}

// Things that llama files may say as long as they say nothing.
Status expect_dense(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(const int n_experts, m.integer("expert_count", 0, kMaxDim, 0));
  TENFOLD_ASSIGN_OR_RETURN(const int n_experts_used, m.integer("expert_used_count", 0, kMaxDim, 0));
  if (n_experts != 0 || n_experts_used != 0) {
    return unsupported("key ", m.architecture(), n_experts != 0 ? ".expert_count" : ".expert_used_count",
                       ": expected 0, found ", n_experts != 0 ? n_experts : n_experts_used,
                       "; mixtures of experts are not supported yet");
  }
  TENFOLD_ASSIGN_OR_RETURN(const bool causal, m.boolean("attention.causal", true));
  if (!causal) return unsupported("key ", m.architecture(), ".attention.causal: expected true, found false");
  return {};
}

Result<ArchSpec> read_llama_spec(ArchMetadata& m) {
  ArchSpec spec;
  spec.architecture = m.architecture();
  TENFOLD_ASSIGN_OR_RETURN(spec.n_layers, m.integer("block_count", 1, kMaxLayers));
  TENFOLD_ASSIGN_OR_RETURN(spec.model_dim, m.integer("embedding_length", 1, kMaxDim));
  TENFOLD_ASSIGN_OR_RETURN(spec.ffn_dim, m.integer("feed_forward_length", 1, kMaxDim));
  TENFOLD_ASSIGN_OR_RETURN(spec.n_heads, m.integer("attention.head_count", 1, kMaxHeads));
  TENFOLD_ASSIGN_OR_RETURN(spec.n_kv_heads, m.integer("attention.head_count_kv", 1, kMaxHeads, spec.n_heads));
  TENFOLD_ASSIGN_OR_RETURN(spec.n_ctx_train, m.integer("context_length", 1, kMaxPositions));
  TENFOLD_ASSIGN_OR_RETURN(spec.norm_eps, m.real("attention.layer_norm_rms_epsilon", 0, 1));

  const int default_head_dim = std::max(1, spec.model_dim / spec.n_heads);
  TENFOLD_ASSIGN_OR_RETURN(spec.head_dim, m.integer("attention.key_length", 2, kMaxDim, default_head_dim));
  TENFOLD_ASSIGN_OR_RETURN(const int value_dim, m.integer("attention.value_length", 1, kMaxDim, spec.head_dim));
  TENFOLD_ASSIGN_OR_RETURN(spec.n_rope_dims, m.integer("rope.dimension_count", 2, kMaxDim, spec.head_dim));
  TENFOLD_ASSIGN_OR_RETURN(spec.rope_theta, m.real("rope.freq_base", 1, 1e12F, 10000.0F));
  TENFOLD_ASSIGN_OR_RETURN(spec.sliding_window, m.integer("attention.sliding_window", 0, kMaxPositions, 0));
  TENFOLD_RETURN_IF_ERROR(read_rope_scaling(m, spec));
  TENFOLD_RETURN_IF_ERROR(expect_dense(m));
  TENFOLD_ASSIGN_OR_RETURN(spec.vocab_size, m.integer("vocab_size", 1, kMaxVocabulary, 0));
  m.ignore("tensor_data_layout");  // "Meta AI original pth": the layout that all files have

  // Kept as ints from here on.
  if (std::int64_t{spec.n_heads} * spec.head_dim > kMaxDim) {
    return unsupported("attention.key_length: expected ", spec.n_heads, " heads of at most ", kMaxDim / spec.n_heads,
                       ", found ", spec.head_dim);
  }
  if (spec.n_heads % spec.n_kv_heads != 0) {
    return corrupt_data("attention.head_count_kv: expected a divisor of ", spec.n_heads, ", found ", spec.n_kv_heads);
  }
  if (value_dim != spec.head_dim) {
    return unsupported("attention.value_length: expected ", spec.head_dim, " as the keys have, found ", value_dim);
  }
  if (spec.head_dim % 2 != 0 || spec.n_rope_dims % 2 != 0 || spec.n_rope_dims > spec.head_dim) {
    return corrupt_data("rope.dimension_count: expected an even number up to the head's ", spec.head_dim, ", found ",
                        spec.n_rope_dims);
  }
  spec.attention_scale = 1.0F / std::sqrt(static_cast<float>(spec.head_dim));
  spec.rope = RopeLayout::kInterleaved;
  return spec;
}

}  // namespace

const Architecture kLlama = {"llama", read_llama_spec, bind_dense_decoder, build_dense_decoder};

}  // namespace tenfold
