#include "model/bound_model.h"

#include <utility>

#include "base/error.h"
#include "model/registry.h"
#include "model/vision/projector.h"

namespace tenfold {

namespace {

constexpr const char* kEmbedding = "token_embd.weight";

Result<const Architecture*> architecture_of(const GgufMetadata& metadata) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string name, metadata.string("general.architecture"));
  return find_architecture(name);
}

Result<ArchSpec> read_spec(const Architecture& architecture, const GgufMetadata& metadata) {
  ArchMetadata keys(metadata, architecture.name);
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, architecture.read_spec(keys));
  TENFOLD_RETURN_IF_ERROR(keys.expect_all_known());
  return spec;
}

struct ModelWeights {
  Weights weights;
  VectorHead vector_head;
};

// All that a model asks of a file, whether it is there or only listed.
Result<ModelWeights> bind_weights(TensorBinder& binder, const Architecture& architecture, const GgufMetadata& metadata,
                                  const ArchSpec& spec) {
  ModelWeights bound;
  TENFOLD_RETURN_IF_ERROR(architecture.bind(binder, spec, bound.weights));
  TENFOLD_ASSIGN_OR_RETURN(bound.vector_head, VectorHead::bind(binder, metadata, spec.model_dim));
  return bound;
}

Status list_model(TensorBinder& binder, const GgufMetadata& metadata) {
  TENFOLD_ASSIGN_OR_RETURN(const Architecture* architecture, architecture_of(metadata));
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, read_spec(*architecture, metadata));
  if (spec.vocab_size == 0) {
    TENFOLD_ASSIGN_OR_RETURN(spec.vocab_size, binder.rows_of(kEmbedding));
  }
  return bind_weights(binder, *architecture, metadata, spec).status();
}

Status list_tower(TensorBinder& binder, const GgufMetadata& metadata) {
  TENFOLD_ASSIGN_OR_RETURN(ProjectorSpec found, read_projector_spec(metadata, ProjectorUse::kWrite));
  VisionWeights weights;
  return found.projector->bind(binder, found.spec, weights);
}

}  // namespace

Result<BoundModel> bind_model(const GgufFile& file) {
  TENFOLD_ASSIGN_OR_RETURN(const Architecture* architecture, architecture_of(file.metadata()));
  if (file.tensors().empty()) {
    return failed_precondition("weights: expected tensors, found none; a file with only a vocabulary cannot answer");
  }
  BoundModel model;
  TENFOLD_ASSIGN_OR_RETURN(model.spec, read_spec(*architecture, file.metadata()));
  TENFOLD_ASSIGN_OR_RETURN(TensorBinder binder, TensorBinder::create(file));
  TENFOLD_ASSIGN_OR_RETURN(const int n_rows, binder.rows_of(kEmbedding));
  if (model.spec.vocab_size != 0 && model.spec.vocab_size != n_rows) {
    return corrupt_data("key ", architecture->name, ".vocab_size: expected ", n_rows,
                        " as token_embd.weight has rows, found ", model.spec.vocab_size);
  }
  model.spec.vocab_size = n_rows;
  TENFOLD_ASSIGN_OR_RETURN(ModelWeights bound, bind_weights(binder, *architecture, file.metadata(), model.spec));
  model.vector_head = std::move(bound.vector_head);
  TENFOLD_RETURN_IF_ERROR(binder.expect_all_bound());
  PlanBuilder builder(binder.weights(), model.spec.norm_eps);
  architecture->build(builder, model.spec, bound.weights);
  model.plan = builder.take();
  model.weights = binder.take_weights();
  return model;
}

Result<std::vector<GgufTensor>> list_tensors(const GgufMetadata& metadata, const FileSketch& sketch) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string name, metadata.string("general.architecture"));
  TensorBinder binder = TensorBinder::listing(sketch);
  TENFOLD_RETURN_IF_ERROR(name == kTowerArchitecture ? list_tower(binder, metadata) : list_model(binder, metadata));
  return std::vector<GgufTensor>(binder.listed().begin(), binder.listed().end());
}

Result<BoundTower> bind_tower(const GgufFile& file) {
  TENFOLD_ASSIGN_OR_RETURN(ProjectorSpec found, read_projector_spec(file.metadata()));
  TENFOLD_ASSIGN_OR_RETURN(TensorBinder binder, TensorBinder::create(file));
  VisionWeights weights;
  TENFOLD_RETURN_IF_ERROR(found.projector->bind(binder, found.spec, weights));
  TENFOLD_RETURN_IF_ERROR(binder.expect_all_bound());
  BoundTower tower;
  PlanBuilder builder(binder.weights(), found.spec.encoder.norm_eps);
  builder.result(found.projector->build(builder, found.spec, weights));
  tower.plan = builder.take();
  tower.spec = std::move(found.spec);
  tower.weights = binder.take_weights();
  return tower;
}

}  // namespace tenfold
