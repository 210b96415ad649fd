#include "inspect_plan.h"

#include "base/cat.h"
#include "cpu/model.h"
#include "cpu/vision_tower.h"
#include "kernels/select.h"

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
  const Program& program = tower != nullptr ? tower->program() : model->program();
  const WeightTable& weights = tower != nullptr ? tower->weights() : model->weights();
  return cat(program.stages.size(), " stages on ", table->isa, ", ", precision == Precision::kExact ? "exact" : "fast",
             "; indented: the operators that a fused one does\n", program.describe(weights));
}

}  // namespace tenfold::cli
