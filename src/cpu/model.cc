#include "cpu/model.h"

#include <optional>

#include "base/contracts.h"
#include "base/error.h"
#include "model_file/packed_writer.h"

namespace tenfold {

Result<std::unique_ptr<Model>> Model::bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                           const ModelOptions& options) {
  TENFOLD_ASSIGN_OR_RETURN(BoundModel bound, bind_model(file));
  std::unique_ptr<Model> model(new Model(file, std::move(bound), options));
  TENFOLD_ASSIGN_OR_RETURN(model->weights_, PackedWeights::create(model->bound_.weights, kernels));
  model->lower_plan(model->bound_.spec.n_ctx_train);
  return model;
}

Status Model::load(TaskPool& pool, const PackedCache* cache, int n_ctx,
                   const std::function<bool(double)>& on_progress) {
  TENFOLD_DCHECK(file_ != nullptr);
  // Without it loading will say what is wrong with the file.
  if (const Result<GgufIdentity> identity = file_->identity(); identity.ok()) {
    content_sum_ = identity->content_sum;
    if (cache != nullptr) {
      packed_key_ = cat("pack ", kernels::kPackVersion, " for ", kernels().isa, " laid out as ", weights_.layout_sum(),
                        " of ", identity->file);
      TENFOLD_ASSIGN_OR_RETURN(came_packed_, load_packed(*cache, pool, on_progress));
    }
  }
  if (!came_packed_) TENFOLD_RETURN_IF_ERROR(weights_.load(*file_, pool, on_progress));
  TENFOLD_RETURN_IF_ERROR(bound_.vector_head.load(*file_));
  file_ = nullptr;
  lower_plan(n_ctx);  // angles are made from the values of rope's divisors
  return {};
}

Result<bool> Model::load_packed(const PackedCache& cache, TaskPool& pool,
                                const std::function<bool(double)>& on_progress) {
  packed_blobs_ = weights_.blobs();
  const std::optional<PackedFile> packed = cache.find(packed_key_, packed_blobs_);
  if (!packed) return false;
  const Status status = weights_.read(*packed, pool, on_progress);
  if (status.code() == StatusCode::kCancelled) return status;
  return status.ok();
}

Result<std::unique_ptr<PackedWriter>> Model::begin_store(const PackedCache& cache) const {
  if (packed_key_.empty()) return failed_precondition("packed weights: expected a model that was loaded with a cache");
  return cache.begin_store(packed_key_, packed_blobs_, packed_weights());
}

void Model::lower_plan(int n_ctx) {
  program_ = lower(bound_.plan, weights_, {options_.precision, options_.fusion, n_ctx, options_.observed});
}

std::size_t Model::decode_bytes() const {
  std::size_t n = 0;
  for (const PlanOperator& planned : bound_.plan.operators) {
    if (const auto* op = std::get_if<Project>(&planned.op)) n += weights_.matrix(op->matrix).n_bytes();
    if (const auto* op = std::get_if<ExpertProject>(&planned.op)) {
      n += weights_.matrix(op->experts).n_bytes() * static_cast<std::size_t>(op->counts.n_used);
    }
  }
  return n;
}

std::uint64_t Model::layer_weights() const {
  const auto n_weights = [&](WeightId id) {
    const WeightEntry& entry = bound_.weights[id];
    return static_cast<std::uint64_t>(entry.n) * static_cast<std::uint64_t>(entry.k);
  };
  std::uint64_t n = 0;
  for (const PlanOperator& planned : bound_.plan.operators) {
    if (planned.layer < 0) continue;
    if (const auto* op = std::get_if<Project>(&planned.op)) n += n_weights(op->matrix);
    if (const auto* op = std::get_if<ExpertProject>(&planned.op)) {
      n += n_weights(op->experts) * static_cast<std::uint64_t>(op->counts.n_used);
    }
  }
  return n;
}

}  // namespace tenfold
