// Steps that do the work of several plain ones in one parallel region (two for many tokens). plan_fusion makes them.
#pragma once

#include "model/plan.h"
#include "ops/gated_ffn.h"
#include "ops/qkv.h"

namespace tenfold {

// What they have in common: the steps they replaced, and a place for prepared rows when there are many tokens.
struct FusedStep : Step {
  StepList plain;
  ValueId x = -1;       // the residual stream, or what is to be projected
  ValueId shared = -1;  // the plain plan's normalised or quantised rows; −1: the input is used as it is
  InputRecipe recipe;

  [[nodiscard]] std::span<const std::unique_ptr<Step>> replaced() const override { return plain; }
  [[nodiscard]] std::byte* shared_bytes(const StepRun& run) const { return shared < 0 ? nullptr : run.bytes(shared); }
};

struct QkvStep final : FusedStep {
  QkvArgs args;
  int head_dim = 0;
  ValueId angles = -1, q = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const StepRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

struct ProjectResidualStep final : FusedStep {
  const PackedMatrix* matrix = nullptr;
  const float* bias = nullptr;
  ValueId residual = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const StepRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

struct GatedFfnStep final : FusedStep {
  GatedFfnArgs args;
  ValueId out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const StepRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

// A projection whose result is not added at once: the output head, and before a norm.
struct ProjectStep final : FusedStep {
  const PackedMatrix* matrix = nullptr;
  const float* bias = nullptr;
  ValueId out = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const StepRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

// What a layer's part gave, normalised and added to the residual stream.
struct NormResidualStep final : FusedStep {
  ValueId residual = -1;
  void run(StepRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

}  // namespace tenfold
