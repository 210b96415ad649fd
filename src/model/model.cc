#include "model/model.h"

#include "base/contracts.h"
#include "base/error.h"
#include "model/registry.h"
#include "model_file/packed_writer.h"

namespace tenfold {

Result<std::unique_ptr<Model>> Model::bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                           const ModelOptions& options) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string name, file.metadata().string("general.architecture"));
  TENFOLD_ASSIGN_OR_RETURN(const Architecture* architecture, find_architecture(name));
  if (file.tensors().empty()) {
    return failed_precondition("weights: expected tensors, found none; a file with only a vocabulary cannot answer");
  }
  ArchMetadata metadata(file.metadata(), name);
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, architecture->read_spec(metadata));
  TENFOLD_RETURN_IF_ERROR(metadata.expect_all_known());

  TENFOLD_ASSIGN_OR_RETURN(TensorBinder binder, TensorBinder::create(file, kernels));
  TENFOLD_ASSIGN_OR_RETURN(const int n_rows, binder.rows_of("token_embd.weight"));
  if (spec.vocab_size != 0 && spec.vocab_size != n_rows) {
    return corrupt_data("key ", name, ".vocab_size: expected ", n_rows, " as token_embd.weight has rows, found ",
                        spec.vocab_size);
  }
  spec.vocab_size = n_rows;
  std::unique_ptr<Model> model(new Model(std::move(binder), kernels));
  model->spec_ = std::move(spec);
  TENFOLD_RETURN_IF_ERROR(architecture->bind(*model->binder_, model->spec_, model->weights_));
  TENFOLD_ASSIGN_OR_RETURN(model->vector_head_, VectorHead::bind(*model->binder_, model->spec_.model_dim));
  TENFOLD_RETURN_IF_ERROR(model->binder_->expect_all_bound());
  model->packed_bytes_ = model->binder_->n_bytes();
  model->architecture_ = architecture;
  model->options_ = options;
  model->build_plan(model->spec_.n_ctx_train);
  return model;
}

Status Model::load(TaskPool& pool, const PackedCache* cache, int n_ctx,
                   const std::function<bool(double)>& on_progress) {
  TENFOLD_DCHECK(binder_.has_value());
  // Without it loading will say what is wrong with the file.
  if (const Result<GgufIdentity> identity = binder_->file().identity(); identity.ok()) {
    content_sum_ = identity->content_sum;
    if (cache != nullptr) {
      packed_key_ = cat("pack ", kernels::kPackVersion, " for ", kernels_->isa, " laid out as ", binder_->layout_sum(),
                        " of ", identity->file);
      TENFOLD_ASSIGN_OR_RETURN(came_packed_, load_packed(*cache, pool, on_progress));
    }
  }
  if (!came_packed_) TENFOLD_RETURN_IF_ERROR(binder_->load(pool, on_progress));
  TENFOLD_RETURN_IF_ERROR(vector_head_.load(binder_->file()));
  weights_.arena = binder_->take_arena();
  binder_.reset();
  // Angles are made from the values of rope's divisors.
  const bool has_divisors = weights_.rope_factors != nullptr || weights_.long_rope_factors != nullptr;
  if (has_divisors) build_plan(n_ctx);
  return {};
}

Result<bool> Model::load_packed(const PackedCache& cache, TaskPool& pool,
                                const std::function<bool(double)>& on_progress) {
  packed_blobs_ = binder_->blobs();
  const std::optional<PackedFile> packed = cache.find(packed_key_, packed_blobs_);
  if (!packed) return false;
  const Status status = binder_->read(*packed, pool, on_progress);
  if (status.code() == StatusCode::kCancelled) return status;
  return status.ok();
}

Result<std::unique_ptr<PackedWriter>> Model::begin_store(const PackedCache& cache) const {
  if (packed_key_.empty()) return failed_precondition("packed weights: expected a model that was loaded with a cache");
  return cache.begin_store(packed_key_, packed_blobs_, packed_weights());
}

void Model::build_plan(int n_ctx) {
  PlanBuilder builder(spec_, options_.precision, n_ctx);
  architecture_->build(builder, spec_, weights_);
  plan_ = builder.take();
  fuse(plan_, options_.fusion);
}

std::size_t Model::decode_bytes() const {
  std::size_t n = weights_.output.n_bytes();
  for (const LayerWeights& w : weights_.layers) {
    for (const PackedMatrix* m : {&w.q, &w.k, &w.v, &w.attention_out, &w.router, &w.gate, &w.up, &w.down}) {
      n += m->n_bytes();
    }
    for (const PackedExperts* experts : {&w.gate_experts, &w.up_experts, &w.down_experts}) {
      n += experts->first.n_bytes() * static_cast<std::size_t>(spec_.experts.routing.n_used);
    }
  }
  return n;
}

}  // namespace tenfold
