#include "model/arch/dense_decoder.h"

#include <cmath>

#include "base/cat.h"
#include "base/error.h"

namespace tenfold {

namespace {

Status bind_layer(TensorBinder& binder, const ArchSpec& spec, int layer, LayerWeights& w) {
  const auto name = [&](const char* part) { return cat("blk.", layer, ".", part); };
  const int q_dim = spec.n_heads * spec.head_dim;
  const int kv_dim = spec.n_kv_heads * spec.head_dim;
  TENFOLD_ASSIGN_OR_RETURN(w.attention_norm, binder.vector(name("attn_norm.weight"), spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.q, binder.matrix(name("attn_q.weight"), q_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.k, binder.matrix(name("attn_k.weight"), kv_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.v, binder.matrix(name("attn_v.weight"), kv_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.q_bias, binder.optional_vector(name("attn_q.bias"), q_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.k_bias, binder.optional_vector(name("attn_k.bias"), kv_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.v_bias, binder.optional_vector(name("attn_v.bias"), kv_dim));
  if (spec.qk_norm) {
    TENFOLD_ASSIGN_OR_RETURN(w.q_norm, binder.vector(name("attn_q_norm.weight"), spec.head_dim));
    TENFOLD_ASSIGN_OR_RETURN(w.k_norm, binder.vector(name("attn_k_norm.weight"), spec.head_dim));
  }
  TENFOLD_ASSIGN_OR_RETURN(w.attention_out, binder.matrix(name("attn_output.weight"), spec.model_dim, q_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.attention_out_bias, binder.optional_vector(name("attn_output.bias"), spec.model_dim));

  TENFOLD_ASSIGN_OR_RETURN(w.ffn_norm, binder.vector(name("ffn_norm.weight"), spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.gate, binder.matrix(name("ffn_gate.weight"), spec.ffn_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.up, binder.matrix(name("ffn_up.weight"), spec.ffn_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.down, binder.matrix(name("ffn_down.weight"), spec.model_dim, spec.ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.gate_bias, binder.optional_vector(name("ffn_gate.bias"), spec.ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.up_bias, binder.optional_vector(name("ffn_up.bias"), spec.ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.down_bias, binder.optional_vector(name("ffn_down.bias"), spec.model_dim));
  if (spec.post_norms) {
    TENFOLD_ASSIGN_OR_RETURN(w.post_attention_norm, binder.vector(name("post_attention_norm.weight"), spec.model_dim));
    TENFOLD_ASSIGN_OR_RETURN(w.post_ffn_norm, binder.vector(name("post_ffw_norm.weight"), spec.model_dim));
  }
  return {};
}

// θ^(−2i/n) for pair i, divided by the file's factors, times the linear scale.
RopeFrequencies rope_frequencies(const ArchSpec& spec, const float* factors) {
  RopeFrequencies frequencies;
  for (int i = 0; i < spec.n_rope_dims / 2; ++i) {
    const double exponent = 2.0 * i / spec.n_rope_dims;
    // Rounded to F32 before the factors, as the reference implementations do.
    float frequency = static_cast<float>(1.0 / std::pow(static_cast<double>(spec.rope_theta), exponent));
    if (factors != nullptr) frequency /= factors[i];
    frequencies.per_pair.push_back(frequency * spec.rope_scale);
  }
  return frequencies;
}

}  // namespace

Status bind_dense_decoder(TensorBinder& binder, const ArchSpec& spec, Weights& weights) {
  TENFOLD_ASSIGN_OR_RETURN(weights.token_embedding,
                           binder.matrix("token_embd.weight", spec.vocab_size, spec.model_dim));
  weights.layers.resize(static_cast<std::size_t>(spec.n_layers));
  for (int layer = 0; layer < spec.n_layers; ++layer) {
    TENFOLD_RETURN_IF_ERROR(bind_layer(binder, spec, layer, weights.layers[static_cast<std::size_t>(layer)]));
  }
  TENFOLD_ASSIGN_OR_RETURN(weights.output_norm, binder.vector("output_norm.weight", spec.model_dim));
  weights.output = weights.token_embedding;
  if (binder.has("output.weight")) {
    TENFOLD_ASSIGN_OR_RETURN(weights.output, binder.matrix("output.weight", spec.vocab_size, spec.model_dim));
  }
  TENFOLD_ASSIGN_OR_RETURN(weights.rope_factors, binder.optional_vector("rope_freqs.weight", spec.n_rope_dims / 2));
  return {};
}

void build_dense_decoder(PlanBuilder& b, const ArchSpec& spec, const Weights& weights) {
  const ValueId x = b.embed(weights.token_embedding, spec.embedding_scale);
  const ValueId angles = b.rope_angles(rope_frequencies(spec, weights.rope_factors));

  for (int layer = 0; layer < spec.n_layers; ++layer) {
    const LayerWeights& w = weights.layers[static_cast<std::size_t>(layer)];
    b.set_layer(layer);

    const ValueId normed = b.matrix_input(b.norm(x, w.attention_norm, "normed"), {&w.q, &w.k, &w.v});
    const ValueId q = b.project(normed, w.q, w.q_bias, "q");
    const ValueId k = b.project(normed, w.k, w.k_bias, "k");
    const ValueId v = b.project(normed, w.v, w.v_bias, "v");
    if (spec.qk_norm) {
      b.head_norm(q, w.q_norm);
      b.head_norm(k, w.k_norm);
    }
    if (spec.rope != RopeLayout::kNone) {
      b.rope(q, angles);
      b.rope(k, angles);
    }
    b.scale(q, spec.attention_scale);
    b.kv_write(k, v);

    const ValueId attended = b.matrix_input(b.attention(q), {&w.attention_out});
    ValueId attention_out = b.project(attended, w.attention_out, w.attention_out_bias, "projected");
    if (spec.post_norms) attention_out = b.norm(attention_out, w.post_attention_norm, "projected_normed");
    b.add(attention_out, x);

    const ValueId ffn_in = b.matrix_input(b.norm(x, w.ffn_norm, "normed"), {&w.gate, &w.up});
    const ValueId gate = b.project(ffn_in, w.gate, w.gate_bias, "gate");
    const ValueId up = b.project(ffn_in, w.up, w.up_bias, "up");
    const ValueId hidden = b.matrix_input(b.gate_mul(gate, up), {&w.down});
    ValueId ffn_out = b.project(hidden, w.down, w.down_bias, "projected");
    if (spec.post_norms) ffn_out = b.norm(ffn_out, w.post_ffn_norm, "projected_normed");
    b.add(ffn_out, x);
  }

  b.set_layer(-1);
  const ValueId last = b.norm(b.gather_outputs(x), weights.output_norm, "normed_out");
  b.logits(b.matrix_input(last, {&weights.output}), weights.output, spec.logit_softcap);
}

}  // namespace tenfold
