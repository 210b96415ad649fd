// qwen3moe: Qwen3 with experts in every layer.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.rope = RopeLayout::kNeox;
  spec.qk_norm = true;
  TENFOLD_RETURN_IF_ERROR(read_experts(m, spec));
  return spec;
}

}  // namespace

const Architecture kQwen3Moe = {"qwen3moe", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
