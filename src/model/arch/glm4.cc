// glm4: GLM-4-0414, and the text model of GLM-4.1V, AutoGLM-Phone, GLM-4.6V-Flash and GLM-OCR.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.post_norms = true;
  TENFOLD_RETURN_IF_ERROR(read_rope_sections(m, spec));
  TENFOLD_RETURN_IF_ERROR(read_prediction_layers(m, spec));
  // The vision models close their answers so; files name neither this token nor <|observation|>.
  if (spec.has_rope_sections()) spec.end_texts = {"</answer>"};
  return spec;
}

}  // namespace

const Architecture kGlm4 = {"glm4", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
