// The plain Steps: one operator each, operands by name. PlanBuilder makes them, plan_fusion looks at their fields.
#pragma once

#include <string>

#include "model/plan.h"
#include "ops/attention.h"
#include "ops/experts.h"
#include "ops/rope.h"
#include "ops/row_ops.h"

namespace tenfold {

struct EmbedStep final : Step {
  const PackedMatrix* table = nullptr;
  float factor = 1;
  ValueId out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct RopeTableStep final : Step {
  RopeFrequencies frequencies;
  ValueId out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct NormStep final : Step {
  const float* weight = nullptr;
  float eps = 0;
  ValueId in = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct LayerNormStep final : Step {
  LayerNormWeights weights;
  float eps = 0;
  ValueId in = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct GeluStep final : Step {
  ValueId x = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

// x += a row of the table: that of each token's position, or the first for all.
struct TableRowStep final : Step {
  enum class Row { kPosition, kFirst };
  const PackedMatrix* table = nullptr;
  Row row = Row::kPosition;
  ValueId x = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override {
    return table_row_bytes(*table);
  }
};

struct HeadNormStep final : Step {
  const float* weight = nullptr;
  float eps = 0;
  int head_dim = 0;
  ValueId x = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct QuantizeStep final : Step {
  ValueId in = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct MatMulStep final : Step {
  const PackedMatrix* matrix = nullptr;
  ValueId in = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const StepRun& run) const override;
};

struct BiasStep final : Step {
  const float* bias = nullptr;
  ValueId x = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct RopeStep final : Step {
  RopeLayout layout = RopeLayout::kInterleaved;
  int head_dim = 0;
  ValueId angles = -1, x = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct ScaleStep final : Step {
  float factor = 1;
  ValueId x = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct KvWriteStep final : Step {
  int head_dim = 0;
  ValueId k = -1, v = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct AttentionStep final : Step {
  AttentionShape shape;
  int group = 1;
  int head_dim = 0;
  ValueId q = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const StepRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

struct GateMulStep final : Step {
  GateActivation activation = GateActivation::kSilu;
  ValueId gate = -1, up = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct AddStep final : Step {
  ValueId x = -1, y = -1;  // y += x
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct GatherStep final : Step {
  ValueId in = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

// Chooses experts: reads the router's logits, writes a schedule.
struct RouteStep final : Step {
  ExpertRouting routing;
  ValueId logits = -1, schedule = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

// Operators that read a schedule.
struct ScheduledStep : Step {
  int n_experts = 0, n_used = 0;
  ValueId schedule = -1;

 protected:
  [[nodiscard]] ExpertSchedule schedule_of(const StepRun& run) const {
    return {run.bytes(schedule), run.n_rows(schedule), n_experts, n_used};
  }
};

struct ToSlotsStep final : ScheduledStep {
  ValueId in = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct ExpertMatMulStep final : ScheduledStep {
  const PackedExperts* experts = nullptr;
  ValueId in = -1, out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const StepRun& run) const override;
};

struct FromSlotsStep final : ScheduledStep {
  ValueId in = -1, y = -1;  // y += weighted sum of in
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

struct SoftcapStep final : Step {
  float cap = 0;
  ValueId x = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

// "q4_0 [576, 1536]"
std::string describe_matrix(const PackedMatrix& matrix);

}  // namespace tenfold
