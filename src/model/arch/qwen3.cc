// qwen3: no biases, but norms of each query and key head.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.rope = RopeLayout::kNeox;
  spec.qk_norm = true;
  return spec;
}

}  // namespace

const Architecture kQwen3 = {"qwen3", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
