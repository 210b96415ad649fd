// chatglm: GLM-4-9B-chat and GLM-Edge.
#include "model/arch/architectures.h"
#include "model/arch/decoder.h"
#include "model/arch/decoder_metadata.h"

namespace tenfold {

namespace {

constexpr int kLeastContext = 8192;  // of the models that there are

Result<ArchSpec> read_spec(ArchMetadata& m) {
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_decoder_spec(m));
  // Converters write model_dim where the checkpoint does not say how long a text may be.
  if (spec.n_ctx_train == spec.model_dim) spec.n_ctx_train = kLeastContext;
  return spec;
}

}  // namespace

const Architecture kChatglm = {"chatglm", read_spec, bind_decoder, build_decoder};

}  // namespace tenfold
