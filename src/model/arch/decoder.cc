#include "model/arch/decoder.h"

#include <cmath>

#include "base/cat.h"
#include "base/error.h"
#include "model/attention_layer.h"

namespace tenfold {

namespace {

// The tensors of one layer.
class LayerBinder {
 public:
  LayerBinder(TensorBinder& binder, const ArchSpec& spec, int layer, LayerWeights& weights)
      : binder_(binder), spec_(spec), layer_(layer), its_(spec.layer(layer)), w_(weights) {}

  Status bind() {
    TENFOLD_ASSIGN_OR_RETURN(w_.attention_norm, vector("attn_norm.weight", spec_.model_dim));
    TENFOLD_RETURN_IF_ERROR(its_.mixer == Mixer::kShortConv ? bind_short_conv() : bind_attention());
    // Some files call it by what the checkpoint calls it.
    const bool is_post_attention = !spec_.post_norms && !binder_.has(name("ffn_norm.weight"));
    const char* norm = is_post_attention ? "post_attention_norm.weight" : "ffn_norm.weight";
    TENFOLD_ASSIGN_OR_RETURN(w_.ffn_norm, binder_.vector(name(norm), spec_.model_dim));
    TENFOLD_RETURN_IF_ERROR(spec_.has_experts(layer_) ? bind_experts() : bind_ffn());
    if (!spec_.post_norms) return {};
    TENFOLD_ASSIGN_OR_RETURN(w_.post_attention_norm, vector("post_attention_norm.weight", spec_.model_dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.post_ffn_norm, vector("post_ffw_norm.weight", spec_.model_dim));
    return {};
  }

 private:
  [[nodiscard]] std::string name(const char* part) const { return cat("blk.", layer_, ".", part); }
  Result<WeightId> matrix(const char* part, int n, int k) { return binder_.matrix(name(part), n, k); }
  Result<WeightId> vector(const char* part, int n) { return binder_.vector(name(part), n); }
  Result<WeightId> optional(const char* part, int n) { return binder_.optional_vector(name(part), n); }

  Status bind_attention() {
    TENFOLD_RETURN_IF_ERROR(bind_qkv(binder_, spec_, {layer_, name("")}, w_));
    const bool may_have_norms = spec_.qk_norm == Presence::kSometimes && binder_.has(name("attn_q_norm.weight"));
    if (spec_.qk_norm == Presence::kAlways || may_have_norms) {
      TENFOLD_ASSIGN_OR_RETURN(w_.q_norm, vector("attn_q_norm.weight", its_.head_dim));
      TENFOLD_ASSIGN_OR_RETURN(w_.k_norm, vector("attn_k_norm.weight", its_.head_dim));
    }
    TENFOLD_ASSIGN_OR_RETURN(w_.attention_out, matrix("attn_output.weight", spec_.model_dim, its_.q_dim()));
    TENFOLD_ASSIGN_OR_RETURN(w_.attention_out_bias, optional("attn_output.bias", spec_.model_dim));
    return {};
  }

  Status bind_short_conv() {
    const int dim = spec_.model_dim;
    TENFOLD_ASSIGN_OR_RETURN(w_.conv_in, matrix("shortconv.in_proj.weight", 3 * dim, dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.conv_taps, binder_.table(name("shortconv.conv.weight"), dim, spec_.n_conv_taps));
    TENFOLD_ASSIGN_OR_RETURN(w_.conv_out, matrix("shortconv.out_proj.weight", dim, dim));
    return {};
  }

  Status bind_ffn() {
    if (binder_.has(name("ffn_gate.weight"))) {
      TENFOLD_ASSIGN_OR_RETURN(w_.gate, matrix("ffn_gate.weight", its_.ffn_dim, spec_.model_dim));
      TENFOLD_ASSIGN_OR_RETURN(w_.up, matrix("ffn_up.weight", its_.ffn_dim, spec_.model_dim));
      TENFOLD_ASSIGN_OR_RETURN(w_.gate_bias, optional("ffn_gate.bias", its_.ffn_dim));
      TENFOLD_ASSIGN_OR_RETURN(w_.up_bias, optional("ffn_up.bias", its_.ffn_dim));
    } else {  // the gate lies above the up projection
      const auto half = [&](int i) {
        return binder_.part(name("ffn_up.weight"), 2 * its_.ffn_dim, spec_.model_dim, i * its_.ffn_dim, its_.ffn_dim);
      };
      TENFOLD_ASSIGN_OR_RETURN(w_.gate, half(0));
      TENFOLD_ASSIGN_OR_RETURN(w_.up, half(1));
    }
    TENFOLD_ASSIGN_OR_RETURN(w_.down, matrix("ffn_down.weight", spec_.model_dim, its_.ffn_dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.down_bias, optional("ffn_down.bias", spec_.model_dim));
    return {};
  }

  Status bind_experts() {
    const ExpertSpec& e = spec_.experts;
    const int n = e.routing.n_experts;
    TENFOLD_ASSIGN_OR_RETURN(w_.router, matrix("ffn_gate_inp.weight", n, spec_.model_dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.router_choice_bias, optional("exp_probs_b.bias", n));
    TENFOLD_ASSIGN_OR_RETURN(w_.gate_experts,
                             binder_.experts(name("ffn_gate_exps.weight"), n, e.ffn_dim, spec_.model_dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.up_experts, binder_.experts(name("ffn_up_exps.weight"), n, e.ffn_dim, spec_.model_dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.down_experts,
                             binder_.experts(name("ffn_down_exps.weight"), n, spec_.model_dim, e.ffn_dim));
    if (e.shared_ffn_dim == 0) return {};
    TENFOLD_ASSIGN_OR_RETURN(w_.gate, matrix("ffn_gate_shexp.weight", e.shared_ffn_dim, spec_.model_dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.up, matrix("ffn_up_shexp.weight", e.shared_ffn_dim, spec_.model_dim));
    TENFOLD_ASSIGN_OR_RETURN(w_.down, matrix("ffn_down_shexp.weight", spec_.model_dim, e.shared_ffn_dim));
    return {};
  }

  TensorBinder& binder_;
  const ArchSpec& spec_;
  int layer_;
  const LayerSpec& its_;
  LayerWeights& w_;
};

// The layers behind the last, which predict the tokens after the next. Nothing here runs them: whatever a file has of
// them is left alone, and only those who write files are told of them.
Status bind_prediction_layers(TensorBinder& binder, ArchSpec spec) {
  const int n_main = spec.n_layers, n_all = n_main + spec.n_prediction_layers, dim = spec.model_dim;
  spec.layers.resize(static_cast<std::size_t>(n_all), spec.layers.back());
  for (int layer = n_main; layer < n_all; ++layer) {
    const std::string its = cat("blk.", layer, ".");
    if (!binder.lists()) {
      binder.ignore(its);
      continue;
    }
    LayerWeights weights;
    TENFOLD_RETURN_IF_ERROR(LayerBinder(binder, spec, layer, weights).bind());
    TENFOLD_RETURN_IF_ERROR(binder.matrix(its + "nextn.eh_proj.weight", dim, 2 * dim).status());
    for (const char* const norm : {"nextn.enorm.weight", "nextn.hnorm.weight"}) {
      TENFOLD_RETURN_IF_ERROR(binder.vector(its + norm, dim).status());
    }
    for (const char* const copy : {"nextn.embed_tokens.weight", "nextn.shared_head_head.weight"}) {
      if (binder.has(its + copy)) TENFOLD_RETURN_IF_ERROR(binder.matrix(its + copy, spec.vocab_size, dim).status());
    }
    TENFOLD_RETURN_IF_ERROR(binder.optional_vector(its + "nextn.shared_head_norm.weight", dim).status());
  }
  return {};
}

// One set for all contexts, or two.
Status bind_rope_factors(TensorBinder& binder, const ArchSpec& spec, Weights& weights) {
  const int n_pairs = spec.n_rope_dims / 2;
  TENFOLD_ASSIGN_OR_RETURN(weights.rope_factors, binder.optional_vector("rope_freqs.weight", n_pairs));
  TENFOLD_ASSIGN_OR_RETURN(weights.short_rope_factors, binder.optional_vector("rope_factors_short.weight", n_pairs));
  TENFOLD_ASSIGN_OR_RETURN(weights.long_rope_factors, binder.optional_vector("rope_factors_long.weight", n_pairs));
  return {};
}

// θ^(−2i/n) for pair i, divided by the file's factors and scaled.
RopeAngles rope_angles(const ArchSpec& spec, float theta, const RopeScaling& scaling, const Weights& weights) {
  RopeAngles angles;
  angles.amplitude = spec.rope_amplitude;
  angles.scaling = scaling;
  angles.theta = theta;
  for (int i = 0; i < spec.n_rope_dims / 2; ++i) {
    const double exponent = 2.0 * i / spec.n_rope_dims;
    // Rounded to F32 before the factors, as the reference implementations do.
    angles.frequencies.push_back(static_cast<float>(1.0 / std::pow(static_cast<double>(theta), exponent)));
  }
  angles.divisors = weights.rope_factors;
  if (has(weights.long_rope_factors) && has(weights.short_rope_factors)) {
    angles.divisors = weights.short_rope_factors;
    angles.long_divisors = weights.long_rope_factors;
    angles.short_ctx = spec.short_ctx;
  }
  if (!spec.has_rope_sections()) return angles;
  for (std::size_t axis = 0; axis < spec.rope_sections.size(); ++axis) {
    angles.axes.insert(angles.axes.end(), static_cast<std::size_t>(spec.rope_sections[axis]),
                       static_cast<std::uint8_t>(axis));
  }
  return angles;
}

LayerAngles build_angles(PlanBuilder& b, const ArchSpec& spec, const Weights& weights) {
  const ValueId full = b.rope_angles(rope_angles(spec, spec.rope_theta, spec.rope_scaling, weights), "angles");
  if (!spec.has_windows() || spec.window_rope_theta == 0) return {full, full};
  return {full, b.rope_angles(rope_angles(spec, spec.window_rope_theta, {}, weights), "window_angles")};
}

void build_experts(PlanBuilder& b, const ArchSpec& spec, const LayerWeights& w, ValueId x) {
  const ValueId normed = b.norm(x, w.ffn_norm, "normed");
  const ValueId logits = b.project(normed, w.router, kNoWeight, "router");
  const ValueId schedule = b.route(logits, spec.experts.routing, w.router_choice_bias);
  const ValueId in = b.to_slots(normed, schedule);
  const ValueId gate = b.expert_project(in, schedule, w.gate_experts, "expert_gate");
  const ValueId up = b.expert_project(in, schedule, w.up_experts, "expert_up");
  const ValueId inner = b.gate_mul(gate, up, spec.activation);
  b.from_slots(b.expert_project(inner, schedule, w.down_experts, "expert_out"), schedule, x);
  if (spec.experts.shared_ffn_dim > 0) b.add(build_gated_ffn(b, spec, w, normed), x);
}

}  // namespace

Status bind_decoder(TensorBinder& binder, const ArchSpec& spec, Weights& weights) {
  TENFOLD_ASSIGN_OR_RETURN(weights.token_embedding,
                           binder.matrix("token_embd.weight", spec.vocab_size, spec.model_dim));
  weights.layers.resize(static_cast<std::size_t>(spec.n_layers));
  for (int layer = 0; layer < spec.n_layers; ++layer) {
    LayerBinder layer_binder(binder, spec, layer, weights.layers[static_cast<std::size_t>(layer)]);
    TENFOLD_RETURN_IF_ERROR(layer_binder.bind());
  }
  TENFOLD_ASSIGN_OR_RETURN(weights.output_norm, binder.vector(spec.output_norm_name, spec.model_dim));
  weights.output = weights.token_embedding;
  if (binder.has("output.weight")) {
    TENFOLD_ASSIGN_OR_RETURN(weights.output, binder.matrix("output.weight", spec.vocab_size, spec.model_dim));
  }
  TENFOLD_RETURN_IF_ERROR(bind_prediction_layers(binder, spec));
  return bind_rope_factors(binder, spec, weights);
}

void build_decoder(PlanBuilder& b, const ArchSpec& spec, const Weights& weights) {
  const ValueId x = b.embed(weights.token_embedding, spec.embedding_scale);
  const LayerAngles angles = build_angles(b, spec, weights);
  for (int layer = 0; layer < spec.n_layers; ++layer) {
    const LayerWeights& w = weights.layers[static_cast<std::size_t>(layer)];
    b.set_layer(layer);
    if (spec.layer(layer).mixer == Mixer::kShortConv) {
      build_short_conv(b, w, x);
    } else {
      build_attention(b, spec, w, layer, x, angles);
    }
    if (spec.has_experts(layer)) {
      build_experts(b, spec, w, x);
    } else {
      build_dense_ffn(b, spec, w, x);
    }
  }
  b.set_layer(-1);
  const ValueId outputs = b.gather_outputs(x);
  b.hidden(outputs, weights.output_norm);
  const ValueId last = b.norm(outputs, weights.output_norm, "normed_out");
  b.logits(last, weights.output, spec.logit_softcap);
}

}  // namespace tenfold
