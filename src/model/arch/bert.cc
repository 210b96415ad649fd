// bert: encoders that make vectors of texts: BERT, MiniLM, BGE, E5 and the like (Devlin et al., arXiv 1810.04805).
#include <cmath>

#include "base/cat.h"
#include "base/error.h"
#include "model/arch/architectures.h"
#include "model/arch/decoder_metadata.h"
#include "model/attention_layer.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  ArchSpec spec;
  spec.architecture = m.architecture();
  TENFOLD_RETURN_IF_ERROR(read_sizes(m, spec));
  TENFOLD_RETURN_IF_ERROR(read_pooling(m, spec));
  TENFOLD_ASSIGN_OR_RETURN(spec.norm_eps, m.real("attention.layer_norm_epsilon", 0, 1));
  spec.attention_mask = AttentionMask::kNone;
  TENFOLD_ASSIGN_OR_RETURN(const bool causal, m.boolean("attention.causal", false));
  if (causal) return unsupported("key ", m.architecture(), ".attention.causal: expected false, found true");
  for (const LayerSpec& layer : spec.layers) {
    if (layer.q_dim() == spec.model_dim && layer.head_dim % 2 == 0 && layer.n_kv_heads == layer.n_heads) continue;
    return corrupt_data("attention.head_count: expected heads of one even size that make ", spec.model_dim, ", found ",
                        layer.n_heads, " of ", layer.head_dim, " and ", layer.n_kv_heads, " of keys");
  }
  spec.attention_scale = 1.0F / std::sqrt(static_cast<float>(spec.any_layer().head_dim));
  spec.rope = RopeLayout::kNone;
  return spec;
}

Result<LayerNormWeights> bind_norm(TensorBinder& binder, const std::string& name, int n) {
  LayerNormWeights norm;
  TENFOLD_ASSIGN_OR_RETURN(norm.weight, binder.vector(name + ".weight", n));
  TENFOLD_ASSIGN_OR_RETURN(norm.bias, binder.optional_vector(name + ".bias", n));
  return norm;
}

Status bind_layer(TensorBinder& binder, const ArchSpec& spec, int layer, LayerWeights& w) {
  const auto name = [&](const char* part) { return cat("blk.", layer, ".", part); };
  const int dim = spec.model_dim;
  const int q_dim = spec.layer(layer).q_dim(), ffn_dim = spec.layer(layer).ffn_dim;
  TENFOLD_RETURN_IF_ERROR(bind_split_qkv(binder, spec, {layer, name("")}, w));
  TENFOLD_ASSIGN_OR_RETURN(w.attention_out, binder.matrix(name("attn_output.weight"), dim, q_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.attention_out_bias, binder.optional_vector(name("attn_output.bias"), dim));
  TENFOLD_ASSIGN_OR_RETURN(w.attention_out_norm, bind_norm(binder, name("attn_output_norm"), dim));
  TENFOLD_ASSIGN_OR_RETURN(w.up, binder.matrix(name("ffn_up.weight"), ffn_dim, dim));
  TENFOLD_ASSIGN_OR_RETURN(w.up_bias, binder.optional_vector(name("ffn_up.bias"), ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.down, binder.matrix(name("ffn_down.weight"), dim, ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.down_bias, binder.optional_vector(name("ffn_down.bias"), dim));
  TENFOLD_ASSIGN_OR_RETURN(w.layer_out_norm, bind_norm(binder, name("layer_output_norm"), dim));
  return {};
}

Status bind(TensorBinder& binder, const ArchSpec& spec, Weights& weights) {
  TENFOLD_ASSIGN_OR_RETURN(weights.token_embedding,
                           binder.matrix("token_embd.weight", spec.vocab_size, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(weights.positions, binder.matrix("position_embd.weight", spec.n_ctx_train, spec.model_dim));
  if (binder.has("token_types.weight")) {
    TENFOLD_ASSIGN_OR_RETURN(const int n_types, binder.rows_of("token_types.weight"));
    TENFOLD_ASSIGN_OR_RETURN(weights.token_types, binder.matrix("token_types.weight", n_types, spec.model_dim));
  }
  TENFOLD_ASSIGN_OR_RETURN(weights.embedding_norm, bind_norm(binder, "token_embd_norm", spec.model_dim));
  weights.layers.resize(static_cast<std::size_t>(spec.n_layers));
  for (int layer = 0; layer < spec.n_layers; ++layer) {
    TENFOLD_RETURN_IF_ERROR(bind_layer(binder, spec, layer, weights.layers[static_cast<std::size_t>(layer)]));
  }
  return {};
}

// Each layer: x = norm(x + attend(x)), x = norm(x + ffn(x)).
void build(PlanBuilder& b, const ArchSpec& spec, const Weights& weights) {
  const ValueId x = b.embed(weights.token_embedding, 1);
  if (has(weights.token_types)) b.add_first_row(x, weights.token_types);  // all of a text is the first sentence
  b.add_positions(x, weights.positions);
  const auto norm = [&](const LayerNormWeights& n) { b.layer_norm(x, n.weight, n.bias, spec.norm_eps); };
  norm(weights.embedding_norm);
  for (int layer = 0; layer < spec.n_layers; ++layer) {
    const LayerWeights& w = weights.layers[static_cast<std::size_t>(layer)];
    b.set_layer(layer);

    const ValueId q = b.project(x, w.q, w.q_bias, "q");
    const ValueId k = b.project(x, w.k, w.k_bias, "k");
    const ValueId v = b.project(x, w.v, w.v_bias, "v");
    b.scale(q, spec.attention_scale);
    const AttentionHeads heads = spec.heads(layer);
    b.kv_write(k, v, heads, 0);
    const ValueId attended = b.attention(q, heads, 0);
    b.add(b.project(attended, w.attention_out, w.attention_out_bias, "projected"), x);
    norm(w.attention_out_norm);

    const ValueId inner = b.project(x, w.up, w.up_bias, "up");
    b.gelu(inner);
    b.add(b.project(inner, w.down, w.down_bias, "projected"), x);
    norm(w.layer_out_norm);
  }
  b.set_layer(-1);
  b.hidden(x, kNoWeight);
}

}  // namespace

const Architecture kBert = {"bert", read_spec, bind, build};

}  // namespace tenfold
