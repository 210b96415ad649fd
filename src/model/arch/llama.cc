// llama: Llama 1–3.x, SmolLM2, Mistral, and what else is converted under that name.
#include "base/error.h"
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

// Files may say that there are no experts; Mixtral's say how many.
Status expect_no_experts(ArchMetadata& m) {
  constexpr int kMany = 1 << 20;
  for (const char* key : {"expert_count", "expert_used_count"}) {
    TENFOLD_ASSIGN_OR_RETURN(const int n, m.integer(key, 0, kMany, 0));
    if (n != 0) {
      return unsupported("key ", m.architecture(), ".", key, ": expected 0, found ", n,
                         "; this family's mixtures of experts are not supported yet");
    }
  }
  return {};
}

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_RETURN_IF_ERROR(expect_no_experts(m));
  return read_decoder_spec(m);
}

}  // namespace

const Architecture kLlama = {"llama", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
