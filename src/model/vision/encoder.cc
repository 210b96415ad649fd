#include "model/vision/encoder.h"

#include <cmath>

#include "base/cat.h"
#include "base/error.h"
#include "model/attention_layer.h"

namespace tenfold {

namespace {

constexpr float kTheta = 10000;  // no file says another

Status bind_layer(TensorBinder& binder, const ArchSpec& spec, const LayerPlace& place, LayerWeights& w) {
  const std::string& layer = place.prefix;
  const int dim = spec.model_dim, ffn_dim = spec.layer(place.layer).ffn_dim;
  const int head_dim = spec.layer(place.layer).head_dim;
  TENFOLD_ASSIGN_OR_RETURN(w.attention_norm, binder.vector(layer + "ln1.weight", dim));
  TENFOLD_RETURN_IF_ERROR(bind_qkv(binder, spec, place, w));
  if (spec.qk_norm == Presence::kAlways) {
    TENFOLD_ASSIGN_OR_RETURN(w.q_norm, binder.vector(layer + "attn_q_norm.weight", head_dim));
    TENFOLD_ASSIGN_OR_RETURN(w.k_norm, binder.vector(layer + "attn_k_norm.weight", head_dim));
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
RopeAngles axial_angles(const ArchSpec& spec) {
  RopeAngles angles;
  angles.theta = kTheta;
  const int n_an_axis = spec.any_layer().head_dim / 4;
  for (std::uint8_t axis = 1; axis <= 2; ++axis) {
    for (int i = 0; i < n_an_axis; ++i) {
      const double exponent = static_cast<double>(i) / n_an_axis;
      angles.frequencies.push_back(static_cast<float>(1.0 / std::pow(static_cast<double>(kTheta), exponent)));
      angles.axes.push_back(axis);
    }
  }
  return angles;
}

}  // namespace

Status bind_encoder(TensorBinder& binder, VisionSpec& spec, std::vector<LayerWeights>& layers) {
  ArchSpec& encoder = spec.encoder;
  encoder.qk_norm = binder.has("v.blk.0.attn_q_norm.weight") ? Presence::kAlways : Presence::kNever;
  // What the metadata say is another width in files of GLM's: that of the merger.
  TENFOLD_ASSIGN_OR_RETURN(const int ffn_dim, binder.rows_of("v.blk.0.ffn_up.weight"));
  for (LayerSpec& layer : encoder.layers) layer.ffn_dim = ffn_dim;
  layers.resize(static_cast<std::size_t>(encoder.n_layers));
  for (int i = 0; i < encoder.n_layers; ++i) {
    TENFOLD_RETURN_IF_ERROR(
        bind_layer(binder, encoder, {i, cat("v.blk.", i, ".")}, layers[static_cast<std::size_t>(i)]));
  }
  return {};
}

void build_encoder(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& weights, ValueId x) {
  const ValueId angles = b.rope_angles(axial_angles(spec.encoder), "angles");
  for (int layer = 0; layer < spec.encoder.n_layers; ++layer) {
    const LayerWeights& w = weights.layers[static_cast<std::size_t>(layer)];
    b.set_layer(layer);
    b.store_at({spec.sees_all(layer) ? kWholeImage : kWindows, 0});
    build_attention(b, spec.encoder, w, layer, x, {angles, angles});
    build_dense_ffn(b, spec.encoder, w, x);
  }
  b.set_layer(-1);
}

}  // namespace tenfold
