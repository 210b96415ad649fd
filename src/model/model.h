// Model: a GGUF file as something that can be run: what it is, its weights, and the plan of a step.
//
// bind() checks everything and touches no weight; load() reads them. Immutable after load, thread-safe. Not movable:
// the plan points into it.
#pragma once

#include <functional>
#include <memory>

#include "model/arch_spec.h"
#include "model/plan.h"
#include "model/plan_fusion.h"
#include "model/tensor_binder.h"
#include "model/weights.h"
#include "model_file/gguf/gguf_file.h"
#include "tenfold/options.h"

namespace tenfold {

struct Architecture;

struct ModelOptions {
  Precision precision = Precision::kFast;
  FusionOptions fusion;
};

class Model {
 public:
  // Errors: kUnsupported or kCorruptData naming architecture, key or tensor. `file` must stay until load() has
  // returned.
  static Result<std::unique_ptr<Model>> bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                             const ModelOptions& options);
  // Reads and packs the weights with all threads of the pool. Once. Errors: see TensorBinder::load.
  Status load(TaskPool& pool, const std::function<bool(double)>& on_progress);

  [[nodiscard]] const ArchSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const Weights& weights() const noexcept { return weights_; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return *kernels_; }
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return weight_bytes_; }
  // Weight bytes that a step of one token reads.
  [[nodiscard]] std::size_t decode_bytes() const;

 private:
  Model(TensorBinder binder, const kernels::KernelTable& kernels) : binder_(std::move(binder)), kernels_(&kernels) {}

  void build_plan();

  TensorBinder binder_;
  const Architecture* architecture_ = nullptr;
  ModelOptions options_;
  const kernels::KernelTable* kernels_;
  ArchSpec spec_;
  Weights weights_;
  Plan plan_;
  std::size_t weight_bytes_ = 0;
};

}  // namespace tenfold
