// Model: a GGUF file as something that this processor runs: what it is, its weights in panels, and the program of a
// step.
//
// bind() checks everything and touches no weight; load() reads them. Immutable after load, thread-safe. Not movable:
// the program points into it.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cpu/kv_layout.h"
#include "cpu/lowering.h"
#include "cpu/packed_weights.h"
#include "cpu/program.h"
#include "model/bound_model.h"
#include "model_file/gguf/gguf_file.h"
#include "model_file/packed_cache.h"
#include "tenfold/options.h"

namespace tenfold {

struct ModelOptions {
  Precision precision = Precision::kFast;
  FusionOptions fusion;
  bool observed = false;  // see LoweringOptions
};

class Model {
 public:
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // Errors: kUnsupported or kCorruptData naming architecture, key or tensor. `file` must stay until load() has
  // returned.
  static Result<std::unique_ptr<Model>> bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                             const ModelOptions& options);
  // Once, for texts of up to n_ctx tokens; the file is not needed any more when it has returned without an error. Takes
  // the weights from `cache` (may be null) if it has them; else reads and packs them with all threads of the pool.
  // Errors: see PackedWeights::load.
  Status load(TaskPool& pool, const PackedCache* cache, int n_ctx, const std::function<bool(double)>& on_progress);
  // What stores the loaded weights for the next start. Errors: kFailedPrecondition if they were loaded without a cache.
  Result<std::unique_ptr<PackedWriter>> begin_store(const PackedCache& cache) const;
  // True if load() found them in the cache.
  [[nodiscard]] bool came_packed() const noexcept { return came_packed_; }

  // Once loaded: tells what the file said, wherever it lies (see GgufIdentity), and the weights.
  [[nodiscard]] std::uint64_t content_sum() const noexcept { return content_sum_; }
  [[nodiscard]] std::span<const std::byte> packed_weights() const noexcept { return weights_.payload(); }

  [[nodiscard]] const ArchSpec& spec() const noexcept { return bound_.spec; }
  [[nodiscard]] Precision precision() const noexcept { return options_.precision; }
  [[nodiscard]] const WeightTable& weights() const noexcept { return bound_.weights; }
  [[nodiscard]] const PackedWeights& packed() const noexcept { return weights_; }
  [[nodiscard]] const Plan& plan() const noexcept { return bound_.plan; }
  [[nodiscard]] const Program& program() const noexcept { return program_; }
  // How its texts are kept. Errors: see KvLayout::create.
  [[nodiscard]] Result<KvLayout> kv_layout(kernels::KvType type, const KvLimits& limits) const {
    return KvLayout::create(kernels(), type, plan().kv_classes, plan().conv_state, limits);
  }
  [[nodiscard]] const VectorHead& vector_head() const noexcept { return bound_.vector_head; }
  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return weights_.kernels(); }
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return weights_.n_bytes() + bound_.vector_head.n_bytes(); }
  // What load() works in, beside the weights; nothing once it is done.
  [[nodiscard]] std::size_t load_bytes(int n_threads) const {
    return file_ != nullptr ? std::max(weights_.load_bytes(n_threads), bound_.vector_head.load_bytes()) : 0;
  }
  // Weight bytes that a step of one token reads.
  [[nodiscard]] std::size_t decode_bytes() const;
  // Weights that a token of a prompt is multiplied with: those of the layers.
  [[nodiscard]] std::uint64_t layer_weights() const;

 private:
  Model(const GgufFile& file, BoundModel bound, const ModelOptions& options)
      : file_(&file), bound_(std::move(bound)), options_(options) {}
  void lower_plan(int n_ctx);
  // Reads the weights from the cache; false if it does not have them. Errors: kCancelled.
  Result<bool> load_packed(const PackedCache& cache, TaskPool& pool, const std::function<bool(double)>& on_progress);

  const GgufFile* file_;  // until load() is done
  BoundModel bound_;
  ModelOptions options_;
  PackedWeights weights_;
  Program program_;
  std::uint64_t content_sum_ = 0;
  std::string packed_key_;  // all that the packed bytes depend on; empty without a cache
  std::vector<PackedBlob> packed_blobs_;
  bool came_packed_ = false;
};

}  // namespace tenfold
