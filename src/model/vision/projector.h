// Which vision towers there are. The only place that compares a name.
#pragma once

#include <string_view>

#include "model/arch_metadata.h"
#include "model/tensor_binder.h"
#include "model/vision/vision_spec.h"
#include "model/vision/vision_weights.h"
#include "plan/plan_builder.h"

namespace tenfold {

struct Projector {
  const char* name;  // clip.projector_type
  // What differs between projectors, after the sizes that all have were read.
  Status (*read_spec)(ArchMetadata& metadata, VisionSpec& spec);
  Status (*bind)(TensorBinder& binder, VisionSpec& spec, VisionWeights& weights);
  // Returns the value that holds the rows for the text model: [n_tokens, out_dim].
  ValueId (*build)(PlanBuilder& builder, const VisionSpec& spec, const VisionWeights& weights);
};

extern const Projector kGlm4v;
extern const Projector kQwen25Vl;

// The spec of an mmproj file and its projector.
// Errors: kUnsupported naming a projector, with those that are known, or a key; kCorruptData naming a key.
struct ProjectorSpec {
  const Projector* projector;
  VisionSpec spec;
};
Result<ProjectorSpec> read_projector_spec(const GgufMetadata& metadata);

// [n_patches, model_dim] from the image's pixels: what all towers begin with.
ValueId embed_patches(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& weights);

}  // namespace tenfold
