// Which vision towers there are. The only place that compares a name.
#pragma once

#include <cstdint>
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
  // Returns the value that holds the rows for the text model: [n_tokens, out_dim]. Null: files are written, but not
  // run.
  ValueId (*build)(PlanBuilder& builder, const VisionSpec& spec, const VisionWeights& weights);

  [[nodiscard]] bool runs() const { return build != nullptr; }
};

extern const Projector kGlm4v;
extern const Projector kQwen25Vl;
extern const Projector kQwen2VlTower;

// general.architecture of their files.
inline constexpr const char* kTowerArchitecture = "clip";

// The spec of an mmproj file and its projector.
// Errors: kUnsupported naming a projector, with those that are known, or a key; kCorruptData naming a key.
struct ProjectorSpec {
  const Projector* projector;
  VisionSpec spec;
};
enum class ProjectorUse : std::uint8_t { kRun, kWrite };  // kWrite: also of those that are not run
Result<ProjectorSpec> read_projector_spec(const GgufMetadata& metadata, ProjectorUse use = ProjectorUse::kRun);

// [n_patches, model_dim] from the image's pixels: what all towers begin with.
ValueId embed_patches(PlanBuilder& b, const VisionSpec& spec, const VisionWeights& weights);

}  // namespace tenfold
