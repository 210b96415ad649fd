#include "model/attention_layer.h"

#include "base/error.h"

namespace tenfold {

namespace {

Status bind_joint_qkv(TensorBinder& binder, const ArchSpec& spec, const LayerPlace& place, LayerWeights& w) {
  const std::string& prefix = place.prefix;
  const int q_dim = spec.layer(place.layer).q_dim(), kv_dim = spec.layer(place.layer).kv_dim();
  const int n_rows = q_dim + 2 * kv_dim;
  const auto part = [&](int first_row, int n) {
    return binder.part(prefix + "attn_qkv.weight", n_rows, spec.model_dim, first_row, n);
  };
  TENFOLD_ASSIGN_OR_RETURN(w.q, part(0, q_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.k, part(q_dim, kv_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.v, part(q_dim + kv_dim, kv_dim));
  if (!binder.has(prefix + "attn_qkv.bias")) return {};
  const auto bias = [&](int first, int n) { return binder.vector_part(prefix + "attn_qkv.bias", n_rows, first, n); };
  TENFOLD_ASSIGN_OR_RETURN(w.q_bias, bias(0, q_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.k_bias, bias(q_dim, kv_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.v_bias, bias(q_dim + kv_dim, kv_dim));
  return {};
}

// Adds what a layer's part gave to the residual stream.
void add_to(PlanBuilder& b, ValueId x, ValueId result, WeightId post_norm) {
  if (has(post_norm)) result = b.norm(result, post_norm, "projected_normed");
  b.add(result, x);
}

}  // namespace

Status bind_split_qkv(TensorBinder& binder, const ArchSpec& spec, const LayerPlace& place, LayerWeights& w) {
  const std::string& prefix = place.prefix;
  const int q_dim = spec.layer(place.layer).q_dim(), kv_dim = spec.layer(place.layer).kv_dim();
  TENFOLD_ASSIGN_OR_RETURN(w.q, binder.matrix(prefix + "attn_q.weight", q_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.k, binder.matrix(prefix + "attn_k.weight", kv_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.v, binder.matrix(prefix + "attn_v.weight", kv_dim, spec.model_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.q_bias, binder.optional_vector(prefix + "attn_q.bias", q_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.k_bias, binder.optional_vector(prefix + "attn_k.bias", kv_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.v_bias, binder.optional_vector(prefix + "attn_v.bias", kv_dim));
  return {};
}

Status bind_qkv(TensorBinder& binder, const ArchSpec& spec, const LayerPlace& place, LayerWeights& w) {
  const bool joint = binder.has(place.prefix + "attn_qkv.weight");
  return joint ? bind_joint_qkv(binder, spec, place, w) : bind_split_qkv(binder, spec, place, w);
}

void build_attention(PlanBuilder& b, const ArchSpec& spec, const LayerWeights& w, int layer, ValueId x,
                     const LayerAngles& angles) {
  const AttentionHeads heads = spec.heads(layer);
  const ValueId normed = b.norm(x, w.attention_norm, "normed");
  const ValueId q = b.project(normed, w.q, w.q_bias, "q");
  const ValueId k = b.project(normed, w.k, w.k_bias, "k");
  const ValueId v = b.project(normed, w.v, w.v_bias, "v");
  if (has(w.q_norm)) {
    b.head_norm(q, w.q_norm, heads.head_dim);
    b.head_norm(k, w.k_norm, heads.head_dim);
  }
  const int window = spec.layer(layer).window;
  if (spec.rotates(layer)) {
    b.rope(q, window > 0 ? angles.window : angles.full, heads);
    b.rope(k, window > 0 ? angles.window : angles.full, heads);
  }
  b.scale(q, spec.attention_scale);
  b.kv_write(k, v, heads, window);
  const ValueId attended = b.attention(q, heads, window);
  add_to(b, x, b.project(attended, w.attention_out, w.attention_out_bias, "projected"), w.post_attention_norm);
}

void build_short_conv(PlanBuilder& b, const LayerWeights& w, ValueId x) {
  const ValueId normed = b.norm(x, w.attention_norm, "normed");
  const ValueId convolved = b.short_conv(b.project(normed, w.conv_in, kNoWeight, "conv_in"), w.conv_taps);
  b.add(b.project(convolved, w.conv_out, kNoWeight, "projected"), x);
}

ValueId build_gated_ffn(PlanBuilder& b, const ArchSpec& spec, const LayerWeights& w, ValueId normed) {
  const ValueId gate = b.project(normed, w.gate, w.gate_bias, "gate");
  const ValueId up = b.project(normed, w.up, w.up_bias, "up");
  return b.project(b.gate_mul(gate, up, spec.activation), w.down, w.down_bias, "projected");
}

void build_dense_ffn(PlanBuilder& b, const ArchSpec& spec, const LayerWeights& w, ValueId x) {
  add_to(b, x, build_gated_ffn(b, spec, w, b.norm(x, w.ffn_norm, "normed")), w.post_ffn_norm);
}

}  // namespace tenfold
