// qwen2: Qwen2, Qwen2.5 and what else has biases on queries, keys and values.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.rope = RopeLayout::kNeox;
  return spec;
}

}  // namespace

const Architecture kQwen2 = {"qwen2", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
