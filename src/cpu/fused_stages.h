// Stages that do several operators in one parallel region (two for many tokens). fuse() makes them.
#pragma once

#include "cpu/program.h"
#include "ops/gated_ffn.h"
#include "ops/qkv.h"

namespace tenfold {

// What they have in common: an input, and a place for its prepared rows when there are many tokens. `values.writes` are
// the values that they store, which need not be all that their operators write.
struct FusedStage : Stage {
  ValueId x = kNoValue;       // the residual stream, or what is to be projected
  ValueId shared = kNoValue;  // normalised or quantised rows; none: the input is used as it is
  InputRecipe recipe;

  [[nodiscard]] std::byte* shared_bytes(const ProgramRun& run) const {
    return shared < 0 ? nullptr : run.bytes(shared);
  }
};

struct QkvStage final : FusedStage {
  QkvArgs args;
  int head_dim = 0;
  KvPlace place;
  ValueId angles = kNoValue, q = kNoValue;
  void run(ProgramRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const ProgramRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

struct ProjectResidualStage final : FusedStage {
  const PackedMatrix* matrix = nullptr;
  const float* bias = nullptr;
  ValueId residual = kNoValue;
  void run(ProgramRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const ProgramRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

struct GatedFfnStage final : FusedStage {
  GatedFfnArgs args;
  ValueId out = kNoValue;
  void run(ProgramRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const ProgramRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

// A projection whose result is not added at once: the output head, and before a norm.
struct ProjectStage final : FusedStage {
  const PackedMatrix* matrix = nullptr;
  const float* bias = nullptr;
  ValueId out = kNoValue;
  void run(ProgramRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::size_t bytes_read(const ProgramRun& run) const override;
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override;
};

// What a layer's part gave, normalised and added to the residual stream.
struct NormResidualStage final : FusedStage {
  ValueId residual = kNoValue;
  void run(ProgramRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override;
};

}  // namespace tenfold
