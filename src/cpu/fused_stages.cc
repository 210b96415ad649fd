#include "cpu/fused_stages.h"

#include "base/cat.h"
#include "cpu/plain_stages.h"
#include "ops/projection.h"

namespace tenfold {

namespace {

std::string describe_recipe(const InputRecipe& recipe) {
  return cat(recipe.norm_weight != nullptr ? "norm+" : "", recipe.quantize ? "quantize+" : "");
}

}  // namespace

void QkvStage::run(ProgramRun& run) const noexcept {
  qkv(*run.ops, args, run.rows(x), shared_bytes(run), angles < 0 ? Rows{} : run.rows(angles), run.kv_layer(place),
      run.rows(q));
}
std::string QkvStage::describe() const {
  return cat(describe_recipe(args.recipe), "qkv+rope+kv_write ", describe_matrix(*args.q.matrix));
}
std::size_t QkvStage::bytes_read(const ProgramRun&) const {
  return args.q.matrix->n_bytes() + args.k.matrix->n_bytes() + args.v.matrix->n_bytes();
}
std::size_t QkvStage::scratch_bytes(const kernels::KernelTable& kernels) const {
  return qkv_scratch_bytes(kernels, args.q.matrix->k, head_dim);
}

void ProjectResidualStage::run(ProgramRun& run) const noexcept {
  // The input may have been quantised by the region before, then there is nothing left to prepare.
  const RegionInput input = recipe.quantize ? RegionInput(*run.ops, run.rows(x), recipe, shared_bytes(run))
                                            : RegionInput(*run.ops, run.activations(x));
  project_residual(*run.ops, input, *matrix, bias, run.rows(residual));
}
std::string ProjectResidualStage::describe() const {
  return cat(describe_recipe(recipe), "project+residual ", describe_matrix(*matrix));
}
std::size_t ProjectResidualStage::bytes_read(const ProgramRun&) const { return matrix->n_bytes(); }
std::size_t ProjectResidualStage::scratch_bytes(const kernels::KernelTable& kernels) const {
  return projection_scratch_bytes(kernels, matrix->k);
}

void GatedFfnStage::run(ProgramRun& run) const noexcept {
  gated_ffn(*run.ops, args, run.rows(x), shared_bytes(run), run.bytes(out));
}
std::string GatedFfnStage::describe() const {
  return cat(describe_recipe(args.recipe), "gate+up+", args.activation == GateActivation::kSilu ? "silu" : "gelu",
             args.quantize_out ? "+quantize " : " ", describe_matrix(*args.gate));
}
std::size_t GatedFfnStage::bytes_read(const ProgramRun&) const { return args.gate->n_bytes() + args.up->n_bytes(); }
std::size_t GatedFfnStage::scratch_bytes(const kernels::KernelTable& kernels) const {
  return gated_ffn_scratch_bytes(kernels, args.gate->k);
}

void ProjectStage::run(ProgramRun& run) const noexcept {
  project(*run.ops, RegionInput(*run.ops, run.rows(x), recipe, shared_bytes(run)), *matrix, bias, run.rows(out));
}
std::string ProjectStage::describe() const {
  return cat(describe_recipe(recipe), "project ", describe_matrix(*matrix));
}
std::size_t ProjectStage::bytes_read(const ProgramRun&) const { return matrix->n_bytes(); }
std::size_t ProjectStage::scratch_bytes(const kernels::KernelTable& kernels) const {
  return projection_scratch_bytes(kernels, matrix->k);
}

void NormResidualStage::run(ProgramRun& run) const noexcept {
  norm_add(*run.ops, run.rows(x), recipe.norm_weight, recipe.norm_eps, run.rows(shared), run.rows(residual));
}
std::string NormResidualStage::describe() const { return "norm+residual"; }

}  // namespace tenfold
