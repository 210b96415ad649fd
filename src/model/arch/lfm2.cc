// lfm2: LFM2 and LFM2.5. Most layers are short convolutions between two gates: those that have no KV heads.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

constexpr int kMaxTaps = 1024;

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m, {.short_convs = true}));
  TENFOLD_ASSIGN_OR_RETURN(spec.n_conv_taps, m.integer("shortconv.l_cache", 2, kMaxTaps));
  spec.rope = RopeLayout::kNeox;
  spec.qk_norm = Presence::kAlways;
  spec.output_norm_name = "token_embd_norm.weight";  // as the checkpoint calls it
  return spec;
}

}  // namespace

const Architecture kLfm2 = {"lfm2", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
