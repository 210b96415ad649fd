#include "inspect_plan.h"

#include "base/cat.h"
#include "kernels/select.h"
#include "model/model.h"
#include "model/vision/vision_tower.h"

namespace tenfold::cli {

Result<std::string> describe_plan(const GgufFile& file, Precision precision) {
  TENFOLD_ASSIGN_OR_RETURN(const kernels::KernelTable* table, kernels::select_kernels());
  ModelOptions options;
  options.precision = precision;
  std::unique_ptr<Model> model;
  std::unique_ptr<VisionTower> tower;
  const auto architecture = file.metadata().string("general.architecture");
  if (architecture.ok() && *architecture == "clip") {
    TENFOLD_ASSIGN_OR_RETURN(tower, VisionTower::bind(file, *table, options));
  } else {
    TENFOLD_ASSIGN_OR_RETURN(model, Model::bind(file, *table, options));
  }
  const Plan& plan = tower != nullptr ? tower->plan() : model->plan();
  return cat(plan.steps.size(), " steps on ", table->isa, ", ", precision == Precision::kExact ? "exact" : "fast",
             "; indented: the plain steps that a fused one stands for\n", plan.describe());
}

}  // namespace tenfold::cli
