// smollm3: every fourth layer rotates nothing.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  spec.change_every(4, [](LayerSpec& layer) { layer.rotates = false; });
  return spec;
}

}  // namespace

const Architecture kSmolLm3 = {"smollm3", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
