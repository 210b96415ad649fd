// BoundModel: what a GGUF file says of a model before any weight is read: its sizes, the table of its weights, its
// plan. Plain data, which refers to the file for its vector head alone.
#pragma once

#include <vector>

#include "model/arch_spec.h"
#include "model/tensor_binder.h"
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

// The tensors that a file with these metadata has to have, of a model or a tower, in the order that they are asked for;
// F32. Errors: as bind_model() and bind_tower().
Result<std::vector<GgufTensor>> list_tensors(const GgufMetadata& metadata, const FileSketch& sketch);

struct BoundTower {
  VisionSpec spec;
  WeightTable weights;
  Plan plan;
};

// Of an mmproj file. Errors: kUnsupported or kCorruptData naming projector, key or tensor.
Result<BoundTower> bind_tower(const GgufFile& file);

}  // namespace tenfold
