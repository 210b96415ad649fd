// BoundModel: what a GGUF file says of a model before any weight is read: its sizes, the table of its weights, its
// plan. Plain data, which refers to the file for its vector head alone.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "model/arch_spec.h"
#include "model/vector_head.h"
#include "model/vision/vision_spec.h"
#include "model_file/gguf/gguf_file.h"
#include "plan/plan.h"

namespace tenfold {

struct BoundModel {
  ArchSpec spec;
  WeightTable weights;
  Plan plan;
  VectorHead vector_head;
};

// Errors: kUnsupported or kCorruptData naming architecture, key or tensor; kFailedPrecondition for a file without
// tensors.
Result<BoundModel> bind_model(const GgufFile& file);

// The tensors that a file with these metadata has, in the order that its architecture asks for them; F32.
//   has: whether it has one that files of the architecture may be without, by its name
// Errors: as bind_model().
Result<std::vector<GgufTensor>> list_tensors(const GgufMetadata& metadata,
                                             const std::function<bool(std::string_view)>& has);

struct BoundTower {
  VisionSpec spec;
  WeightTable weights;
  Plan plan;
};

// Of an mmproj file. Errors: kUnsupported or kCorruptData naming projector, key or tensor.
Result<BoundTower> bind_tower(const GgufFile& file);

}  // namespace tenfold
