// BoundModel: what a GGUF file says of a model before any weight is read: its sizes, the table of its weights, its
// plan. Plain data, which refers to the file for its vector head alone.
#pragma once

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

struct BoundTower {
  VisionSpec spec;
  WeightTable weights;
  Plan plan;
};

// Of an mmproj file. Errors: kUnsupported or kCorruptData naming projector, key or tensor.
Result<BoundTower> bind_tower(const GgufFile& file);

}  // namespace tenfold
