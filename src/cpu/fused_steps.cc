#include "cpu/fused_steps.h"

#include "base/cat.h"
#include "cpu/plain_steps.h"
#include "ops/projection.h"

namespace tenfold {

namespace {

std::string describe_recipe(const InputRecipe& recipe) {
  return cat(recipe.norm_weight != nullptr ? "norm+" : "", recipe.quantize ? "quantize+" : "");
}

}  // namespace

void QkvStep::run(StepRun& run) const noexcept {
  qkv(*run.ops, args, run.rows(x), shared_bytes(run), angles < 0 ? Rows{} : run.rows(angles), run.kv_layer(place),
      run.rows(q));
}
std::string QkvStep::describe() const {
  return cat(describe_recipe(args.recipe), "qkv+rope+kv_write ", describe_matrix(*args.q.matrix));
}
std::size_t QkvStep::bytes_read(const StepRun&) const {
  return args.q.matrix->n_bytes() + args.k.matrix->n_bytes() + args.v.matrix->n_bytes();
}
std::size_t QkvStep::scratch_bytes(const kernels::KernelTable& kernels) const {
  return qkv_scratch_bytes(kernels, args.q.matrix->k, head_dim);
}

void ProjectResidualStep::run(StepRun& run) const noexcept {
  // The input may have been quantised by the region before, then there is nothing left to prepare.
  const RegionInput input = recipe.quantize ? RegionInput(*run.ops, run.rows(x), recipe, shared_bytes(run))
                                            : RegionInput(*run.ops, run.activations(x));
  project_residual(*run.ops, input, *matrix, bias, run.rows(residual));
}
std::string ProjectResidualStep::describe() const {
  return cat(describe_recipe(recipe), "project+residual ", describe_matrix(*matrix));
}
std::size_t ProjectResidualStep::bytes_read(const StepRun&) const { return matrix->n_bytes(); }
std::size_t ProjectResidualStep::scratch_bytes(const kernels::KernelTable& kernels) const {
  return projection_scratch_bytes(kernels, matrix->k);
}

void GatedFfnStep::run(StepRun& run) const noexcept {
  gated_ffn(*run.ops, args, run.rows(x), shared_bytes(run), run.bytes(out));
}
std::string GatedFfnStep::describe() const {
  return cat(describe_recipe(args.recipe), "gate+up+", args.activation == GateActivation::kSilu ? "silu" : "gelu",
             args.quantize_out ? "+quantize " : " ", describe_matrix(*args.gate));
}
std::size_t GatedFfnStep::bytes_read(const StepRun&) const { return args.gate->n_bytes() + args.up->n_bytes(); }
std::size_t GatedFfnStep::scratch_bytes(const kernels::KernelTable& kernels) const {
  return gated_ffn_scratch_bytes(kernels, args.gate->k);
}

void ProjectStep::run(StepRun& run) const noexcept {
  project(*run.ops, RegionInput(*run.ops, run.rows(x), recipe, shared_bytes(run)), *matrix, bias, run.rows(out));
}
std::string ProjectStep::describe() const { return cat(describe_recipe(recipe), "project ", describe_matrix(*matrix)); }
std::size_t ProjectStep::bytes_read(const StepRun&) const { return matrix->n_bytes(); }
std::size_t ProjectStep::scratch_bytes(const kernels::KernelTable& kernels) const {
  return projection_scratch_bytes(kernels, matrix->k);
}

void NormResidualStep::run(StepRun& run) const noexcept {
  norm_add(*run.ops, run.rows(x), recipe.norm_weight, recipe.norm_eps, run.rows(shared), run.rows(residual));
}
std::string NormResidualStep::describe() const { return "norm+residual"; }

}  // namespace tenfold
