// glm4moe: GLM-4.5, GLM-4.5-Air, and the text model of GLM-4.5V.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.rope = RopeLayout::kNeox;
  spec.experts.routing.gating = ExpertGating::kSigmoid;
  TENFOLD_RETURN_IF_ERROR(read_experts(m, spec));
  TENFOLD_RETURN_IF_ERROR(read_rope_sections(m, spec));
  TENFOLD_RETURN_IF_ERROR(read_prediction_layers(m, spec));
  return spec;
}

}  // namespace

const Architecture kGlm4Moe = {"glm4moe", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
