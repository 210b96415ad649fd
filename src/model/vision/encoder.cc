#include "model/vision/encoder.h"

#include <cmath>

#include "base/cat.h"
#include "base/error.h"

namespace tenfold {

namespace {

constexpr float kTheta = 10000;  // no file says another

struct Projection {
  const char* name;
  PackedMatrix& matrix;
  const float*& bias;
};

// Q, K and V, each [model_dim, model_dim].
Status bind_qkv(TensorBinder& binder, const ArchSpec& spec, const std::string& layer, LayerWeights& w) {
  const Projection all[] = {{"attn_q", w.q, w.q_bias}, {"attn_k", w.k, w.k_bias}, {"attn_v", w.v, w.v_bias}};
  const int n = spec.model_dim;
  const std::string joint = layer + "attn_qkv";
  if (!binder.has(joint + ".weight")) {
    for (const Projection& p : all) {
      TENFOLD_ASSIGN_OR_RETURN(p.matrix, binder.matrix(cat(layer, p.name, ".weight"), n, n));
      TENFOLD_ASSIGN_OR_RETURN(p.bias, binder.optional_vector(cat(layer, p.name, ".bias"), n));
    }
    return {};
  }
  TENFOLD_ASSIGN_OR_RETURN(const float* bias, binder.optional_vector(joint + ".bias", 3 * n));
  for (int i = 0; i < 3; ++i) {
    TENFOLD_ASSIGN_OR_RETURN(all[i].matrix, binder.part(joint + ".weight", 3 * n, n, i * n, n));
    all[i].bias = bias == nullptr ? nullptr : bias + static_cast<std::ptrdiff_t>(i) * n;
  }
  return {};
}

Status bind_layer(TensorBinder& binder, const ArchSpec& spec, const std::string& layer, LayerWeights& w) {
  const int dim = spec.model_dim, ffn_dim = spec.ffn_dim;
  TENFOLD_ASSIGN_OR_RETURN(w.attention_norm, binder.vector(layer + "ln1.weight", dim));
  TENFOLD_RETURN_IF_ERROR(bind_qkv(binder, spec, layer, w));
  if (spec.qk_norm == Presence::kAlways) {
    TENFOLD_ASSIGN_OR_RETURN(w.q_norm, binder.vector(layer + "attn_q_norm.weight", spec.head_dim));
    TENFOLD_ASSIGN_OR_RETURN(w.k_norm, binder.vector(layer + "attn_k_norm.weight", spec.head_dim));
  }
  TENFOLD_ASSIGN_OR_RETURN(w.attention_out, binder.matrix(layer + "attn_out.weight", dim, dim));
  TENFOLD_ASSIGN_OR_RETURN(w.attention_out_bias, binder.optional_vector(layer + "attn_out.bias", dim));

  TENFOLD_ASSIGN_OR_RETURN(w.ffn_norm, binder.vector(layer + "ln2.weight", dim));
  TENFOLD_ASSIGN_OR_RETURN(w.gate, binder.matrix(layer + "ffn_gate.weight", ffn_dim, dim));
  TENFOLD_ASSIGN_OR_RETURN(w.up, binder.matrix(layer + "ffn_up.weight", ffn_dim, dim));
  TENFOLD_ASSIGN_OR_RETURN(w.down, binder.matrix(layer + "ffn_down.weight", dim, ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.gate_bias, binder.optional_vector(layer + "ffn_gate.bias", ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.up_bias, binder.optional_vector(layer + "ffn_up.bias", ffn_dim));
  TENFOLD_ASSIGN_OR_RETURN(w.down_bias, binder.optional_vector(layer + "ffn_down.bias", dim));
  return {};
}

// The first half of a head's pairs turns by the row, the second by the column, both with the same frequencies.
RopeFrequencies axial_frequencies(const ArchSpec& spec) {
  RopeFrequencies frequencies;
  const int n_an_axis = spec.head_dim / 4;
  for (std::uint8_t axis = 1; axis <= 2; ++axis) {
    for (int i = 0; i < n_an_axis; ++i) {
      const double exponent = static_cast<double>(i) / n_an_axis;
      frequencies.per_pair.push_back(static_cast<float>(1.0 / std::pow(static_cast<double>(kTheta), exponent)));
      frequencies.axes.push_back(axis);
    }
  }
  return frequencies;
}

}  // namespace

Status bind_encoder(TensorBinder& binder, VisionSpec& spec, std::vector<LayerWeights>& layers) {
  ArchSpec& encoder = spec.encoder;
  encoder.qk_norm = binder.has("v.blk.0.attn_q_norm.weight") ? Presence::kAlways : Presence::kNever;
  // What the metadata say is another width in files of GLM's: that of the merger.
  TENFOLD_ASSIGN_OR_RETURN(encoder.ffn_dim, binder.rows_of("v.blk.0.ffn_up.weight"));
  layers.resize(static_cast<std::size_t>(encoder.n_layers));
  for (int i = 0; i < encoder.n_layers; ++i) {
    TENFOLD_RETURN_IF_ERROR(bind_layer(binder, encoder, cat("v.blk.", i, "."), layers[static_cast<std::size_t>(i)]));
  }
  return {};
}

void build_encoder(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& weights, ValueId x) {
  const ValueId angles = b.rope_angles(axial_frequencies(spec.encoder), "angles");
  for (int layer = 0; layer < spec.encoder.n_layers; ++layer) {
    const LayerWeights& w = weights.layers[static_cast<std::size_t>(layer)];
    b.set_layer(layer);

    const ValueId normed = b.matrix_input(b.norm(x, w.attention_norm, "normed"), {&w.q, &w.k, &w.v});
    const ValueId q = b.project(normed, w.q, w.q_bias, "q");
    const ValueId k = b.project(normed, w.k, w.k_bias, "k");
    const ValueId v = b.project(normed, w.v, w.v_bias, "v");
    if (w.q_norm != nullptr) {
      b.head_norm(q, w.q_norm);
      b.head_norm(k, w.k_norm);
    }
    b.rope(q, angles);
    b.rope(k, angles);
    b.scale(q, spec.encoder.attention_scale);
    b.kv_write(k, v);
    const ValueId attended = b.matrix_input(b.attention(q, /*window=*/0), {&w.attention_out});
    b.add(b.project(attended, w.attention_out, w.attention_out_bias, "projected"), x);

    const ValueId ffn_in = b.matrix_input(b.norm(x, w.ffn_norm, "normed"), {&w.gate, &w.up});
    const ValueId gate = b.project(ffn_in, w.gate, w.gate_bias, "gate");
    const ValueId up = b.project(ffn_in, w.up, w.up_bias, "up");
    const ValueId hidden = b.matrix_input(b.gate_mul(gate, up), {&w.down});
    b.add(b.project(hidden, w.down, w.down_bias, "projected"), x);
  }
  b.set_layer(-1);
}

}  // namespace tenfold
