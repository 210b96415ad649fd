// Model: a GGUF file as something that can be run: what it is, its weights, and the plan of a step.
//
// bind() checks everything and touches no weight; load() reads them. Immutable after load, thread-safe. Not movable:
// the plan points into it.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/arch_spec.h"
#include "model/plan.h"
#include "model/plan_fusion.h"
#include "model/tensor_binder.h"
#include "model/vector_head.h"
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
  // Once, for texts of up to n_ctx tokens; the file is not needed any more when it has returned without an error. Takes
  // the weights from `cache` (may be null) if it has them; else reads and packs them with all threads of the pool.
  // Errors: see TensorBinder::load.
  Status load(TaskPool& pool, const PackedCache* cache, int n_ctx, const std::function<bool(double)>& on_progress);
  // What stores the loaded weights for the next start. Errors: kFailedPrecondition if they were loaded without a cache.
  Result<std::unique_ptr<PackedWriter>> begin_store(const PackedCache& cache) const;
  // True if load() found them in the cache.
  [[nodiscard]] bool came_packed() const noexcept { return came_packed_; }

  // Once loaded: tells what the file said, wherever it lies (see GgufIdentity), and the weights.
  [[nodiscard]] std::uint64_t content_sum() const noexcept { return content_sum_; }
  [[nodiscard]] std::span<const std::byte> packed_weights() const noexcept {
    return {weights_.arena.data(), packed_bytes_};
  }

  [[nodiscard]] const ArchSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] Precision precision() const noexcept { return options_.precision; }
  [[nodiscard]] const Weights& weights() const noexcept { return weights_; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const VectorHead& vector_head() const noexcept { return vector_head_; }
  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return *kernels_; }
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return packed_bytes_ + vector_head_.n_bytes(); }
  // What load() works in, beside the weights; nothing once it is done.
  [[nodiscard]] std::size_t load_bytes(int n_threads) const {
    return binder_ ? std::max(binder_->load_bytes(n_threads), vector_head_.load_bytes()) : 0;
  }
  // Weight bytes that a step of one token reads.
  [[nodiscard]] std::size_t decode_bytes() const;

 private:
  Model(TensorBinder binder, const kernels::KernelTable& kernels) : binder_(std::move(binder)), kernels_(&kernels) {}

  void build_plan(int n_ctx);
  // Reads the weights from the cache; false if it does not have them. Errors: kCancelled.
  Result<bool> load_packed(const PackedCache& cache, TaskPool& pool, const std::function<bool(double)>& on_progress);

  std::optional<TensorBinder> binder_;  // until load() is done: it refers to the file
  const Architecture* architecture_ = nullptr;
  ModelOptions options_;
  const kernels::KernelTable* kernels_;
  ArchSpec spec_;
  Weights weights_;
  Plan plan_;
  VectorHead vector_head_;
  std::size_t packed_bytes_ = 0;  // of the weights in the arena
  std::uint64_t content_sum_ = 0;
  std::string packed_key_;  // all that the packed bytes depend on; empty without a cache
  std::vector<PackedBlob> packed_blobs_;
  bool came_packed_ = false;
};

}  // namespace tenfold
