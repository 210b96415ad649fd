#include "inspect_plan.h"

#include "base/cat.h"
#include "kernels/select.h"
#include "model/model.h"

namespace tenfold::cli {

Result<std::string> describe_plan(const GgufFile& file, Precision precision) {
  TENFOLD_ASSIGN_OR_RETURN(const kernels::KernelTable* table, kernels::select_kernels());
  ModelOptions options;
  options.precision = precision;
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, Model::bind(file, *table, options));
  const Plan& plan = model->plan();
  return cat(plan.steps.size(), " steps on ", table->isa, ", ", precision == Precision::kExact ? "exact" : "fast",
             "; indented: the plain steps that a fused one stands for\n", plan.describe());
}

}  // namespace tenfold::cli
