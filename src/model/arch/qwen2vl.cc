// qwen2vl: the text model of Qwen2-VL and Qwen2.5-VL.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.rope = RopeLayout::kNeox;
  TENFOLD_RETURN_IF_ERROR(read_rope_sections(m, spec));
  return spec;
}

}  // namespace

const Architecture kQwen2Vl = {"qwen2vl", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
