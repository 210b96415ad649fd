// phi3: Phi-3, Phi-3.5, Phi-4-mini.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m, {.long_rope = true}));
  spec.rope = RopeLayout::kNeox;
  if (spec.rope_scaling.is_yarn()) return spec;
  TENFOLD_ASSIGN_OR_RETURN(spec.rope_amplitude, m.real("rope.scaling.attn_factor", 0, 100, 1.0F));
  TENFOLD_ASSIGN_OR_RETURN(spec.short_ctx,
                           m.integer("rope.scaling.original_context_length", 0, kMaxPositions, spec.n_ctx_train));
  return spec;
}

}  // namespace

const Architecture kPhi3 = {"phi3", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
