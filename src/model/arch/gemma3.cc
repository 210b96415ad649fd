// gemma3: Gemma 3. The norms' weights have the 1 already that the checkpoint's lack.
#include <cmath>

#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

constexpr float kWindowRopeTheta = 10000;
constexpr int kFullLayerInterval = 6;

constexpr int kLayersOf27B = 62;

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.rope = RopeLayout::kNeox;
  spec.qk_norm = Presence::kAlways;
  spec.post_norms = true;
  spec.activation = GateActivation::kGeluTanh;
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.model_dim));
  const LayerSpec& layer = spec.any_layer();
  // Converters write no key for the largest one, which scales scores by its model_dim; it is known by its depth.
  const int scaled_by = spec.n_layers == kLayersOf27B ? spec.model_dim / layer.n_heads : layer.head_dim;
  TENFOLD_ASSIGN_OR_RETURN(spec.attention_scale,
                           m.real("attention.scale", 0, 1, 1 / std::sqrt(static_cast<float>(scaled_by))));
  TENFOLD_ASSIGN_OR_RETURN(const int interval,
                           m.integer("attention.sliding_window_pattern", 1, kMaxPositions, kFullLayerInterval));
  spec.change_every(interval, [](LayerSpec& layer) { layer.window = 0; });
  TENFOLD_ASSIGN_OR_RETURN(spec.window_rope_theta, m.real("rope.freq_base_swa", 1, 1e12F, kWindowRopeTheta));
  TENFOLD_ASSIGN_OR_RETURN(spec.attention_softcap, m.real("attn_logit_softcapping", 0, 1e6F, 0.0F));
  TENFOLD_ASSIGN_OR_RETURN(spec.logit_softcap, m.real("final_logit_softcapping", 0, 1e6F, 0.0F));
  return spec;
}

}  // namespace

const Architecture kGemma3 = {"gemma3", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
