// The metadata that families have in common.
#pragma once

#include "model/arch_metadata.h"
#include "model/arch_spec.h"

namespace tenfold {

constexpr int kMaxPositions = 1 << 28;  // that a key may speak of

// What not every family knows.
struct DecoderTraits {
  bool long_rope = false;    // whose divisors are tensors
  bool short_convs = false;  // layers without KV heads, which are short convolutions
};

// Sizes, norms and rope with the defaults that GGUF gives them: interleaved, no window, no experts. What a family
// knows beyond that it sets itself.
// Errors: kCorruptData or kUnsupported naming the key, what was expected and what was found.
Result<ArchSpec> read_decoder_spec(ArchMetadata& metadata, const DecoderTraits& traits = {});

// What encoders have as well: the sizes, without norms and rope; and how vectors are made.
Status read_sizes(ArchMetadata& metadata, ArchSpec& spec, const DecoderTraits& traits = {});
Status read_pooling(ArchMetadata& metadata, ArchSpec& spec);

// Into spec.experts, from the keys of families that have them. Errors: as above.
Status read_experts(ArchMetadata& metadata, ArchSpec& spec);

// How many of spec.n_layers are, in truth, its n_prediction_layers.
Status read_prediction_layers(ArchMetadata& metadata, ArchSpec& spec);

// rope.dimension_sections: how many pairs turn by which axis. With them the pairs are NeoX's, whatever the family's
// are without.
Status read_rope_sections(ArchMetadata& metadata, ArchSpec& spec);

}  // namespace tenfold
