// gemma2: Gemma 2. Every other layer has a window; scores and logits are capped.
#include <cmath>

#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

constexpr int kLayersOf27B = 46;

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.rope = RopeLayout::kNeox;
  spec.post_norms = true;
  spec.activation = GateActivation::kGeluTanh;
  spec.embedding_scale = std::sqrt(static_cast<float>(spec.model_dim));
  spec.change_every(2, [](LayerSpec& layer) { layer.window = 0; });
  const LayerSpec& layer = spec.any_layer();
  // Converters write no key for the largest one, which scales scores by its model_dim; it is known by its depth.
  const int scaled_by = spec.n_layers == kLayersOf27B ? spec.model_dim / layer.n_heads : layer.head_dim;
  TENFOLD_ASSIGN_OR_RETURN(spec.attention_scale,
                           m.real("attention.scale", 0, 1, 1 / std::sqrt(static_cast<float>(scaled_by))));
  TENFOLD_ASSIGN_OR_RETURN(spec.attention_softcap, m.real("attn_logit_softcapping", 0, 1e6F, 50.0F));
  TENFOLD_ASSIGN_OR_RETURN(spec.logit_softcap, m.real("final_logit_softcapping", 0, 1e6F, 30.0F));
  return spec;
}

}  // namespace

const Architecture kGemma2 = {"gemma2", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
