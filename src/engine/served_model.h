// ServedModel: a language model of an engine with all that it needs to run: weights, KV blocks, an executor.
//
// After load() immutable but for the executor and its pace, which one caller at a time has (BatchScheduler), and the KV
// pool, which locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/contracts.h"
#include "cpu/executor.h"
#include "cpu/kv_cache.h"
#include "cpu/model.h"
#include "engine/batch_scheduler.h"
#include "engine/model_source.h"
#include "engine/served.h"
#include "engine/step_pace.h"
#include "tenfold/engine.h"
#include "tenfold/options.h"

namespace tenfold {

class ServedModel final : public Served {
 public:
  enum class Role { kAnswers, kDrafts };

  // Opens and binds a file: its spec is known then. Errors: see GgufFile::open and Model::bind.
  static Result<std::unique_ptr<ServedModel>> open(const ModelSource& source, Role role,
                                                   const kernels::KernelTable& kernels, const EngineOptions& options);

  Status size_up(const ServingSize& size, MemoryNeeds& needs) override;
  [[nodiscard]] std::uint64_t bytes_to_load() const override { return model->weight_bytes(); }
  Status load(const LoadTools& tools) override;
  Status let_go_of_file() override;
  [[nodiscard]] MemoryInUse in_use() const noexcept override;
  Status reserve(int n_sessions) override {
    TENFOLD_DCHECK(n_sessions >= 1 && is_loaded_);
    return kv_pool->reserve(n_sessions);
  }
  void keep(int n_sessions) noexcept override;
  [[nodiscard]] const Model* kept_model() const override { return model.get(); }
  void describe(ModelInfo& info) const override;
  // Once it is loaded.
  void before_fork() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
    TENFOLD_DCHECK(is_loaded_);
    kv_pool->before_fork();
  }
  void after_fork_in_parent() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS { kv_pool->after_fork(); }
  void after_fork_in_child() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
    kv_pool->after_fork();
    executor->forget_caller();
  }

  // For whoever has the turn: tokens of the next step of a longer text, few of them while others want the threads, too.
  [[nodiscard]] std::size_t step_limit(const BatchScheduler::Client& turns) const;
  // And one step of one sequence; see Executor::run.
  Status run(const BatchSequence& sequence, std::span<float> rows, const std::atomic<bool>& cancel,
             OutputKind kind = OutputKind::kLogits);

  // What the model's file says, else what its kind is used with.
  [[nodiscard]] Pooling default_pooling() const;
  // Where the time of all runs went; see Engine::stage_times.
  [[nodiscard]] std::vector<StageTime> stage_times() const;

  // What the file says beside its tensors; until let_go_of_file().
  [[nodiscard]] const GgufFile& file() const noexcept {
    TENFOLD_DCHECK(file_ != nullptr);
    return *file_;
  }
  // "draft model small.gguf", for errors.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  std::unique_ptr<Model> model;
  KvLayout kv;
  ExecutorLimits limits;
  std::uint64_t cache_bytes = 0;    // KV cache of one full session, or of a text whose vector is made
  std::uint64_t working_bytes = 0;  // intermediate values and scratch, or what loading takes before they are there
  std::unique_ptr<KvPool> kv_pool;  // for all sessions, being restored at that, and one text whose vector is made
  std::unique_ptr<Executor> executor;
  StepPace pace;

 private:
  explicit ServedModel(Role role) : role_(role) {}

  Role role_;
  std::string name_;
  std::unique_ptr<GgufFile> file_;
  std::atomic<std::uint64_t> weights_read_ = 0;  // bytes
  std::atomic<bool> is_loaded_ = false;          // kv_pool and executor are there
};

}  // namespace tenfold
