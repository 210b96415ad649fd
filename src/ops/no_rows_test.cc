// Operators on no rows, as those behind the last layer are given when nobody wants logits: they return, and touch
// nothing.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "kernels/select.h"
#include "ops/attention.h"
#include "ops/experts.h"
#include "ops/gated_ffn.h"
#include "ops/kv_write.h"
#include "ops/projection.h"
#include "ops/qkv.h"
#include "ops/rope.h"
#include "ops/row_ops.h"

namespace tenfold {
namespace {

constexpr int kDim = 64, kHeadDim = 32;

class NoRows : public testing::TestWithParam<int> {
 protected:
  NoRows() : pool_(std::move(TaskPool::create(GetParam())).value()), scratch_bytes_(std::size_t{4} << 20) {
    scratch_.resize(static_cast<std::size_t>(GetParam()));
    for (std::size_t w = 0; w < scratch_.size(); ++w) scratch_[w].data = scratch_bytes_.data() + (w << 20);
    ops_.kernels = *kernels::select_kernels();
    ops_.pool = pool_.get();
    ops_.n_active = GetParam();
    ops_.scratch = &scratch_;
    matrix_ = describe_packed(*ops_.kernels, DType::kF32, kDim, kDim);
    panels_.resize(matrix_.n_bytes());
    matrix_.panels = panels_.data();
  }

  std::unique_ptr<TaskPool> pool_;
  std::vector<std::byte> scratch_bytes_, panels_;
  std::vector<WorkerScratch> scratch_;
  OpContext ops_;
  PackedMatrix matrix_;
  const std::array<float, kDim> weight_{};
  const Rows none_{nullptr, kDim, 0, kDim};
  const KvLayerView kv_{{}, kernels::KvType::kF32, 0, 0, kDim / kHeadDim, kHeadDim};
};

TEST_P(NoRows, OfRows) {
  embed(ops_, matrix_, {}, {}, 2, none_);
  rms_norm(ops_, none_, weight_.data(), 1e-5F, none_);
  norm_add(ops_, none_, weight_.data(), 1e-5F, none_, none_);
  layer_norm(ops_, none_, weight_.data(), weight_.data(), 1e-5F, none_);
  gelu_erf(ops_, none_);
  add_table_rows(ops_, matrix_, {}, none_);
  add_first_row(ops_, matrix_, none_);
  head_rms_norm(ops_, none_, kHeadDim, weight_.data(), 1e-5F);
  quantize(ops_, none_, nullptr);
  add(ops_, none_, none_);
  add_bias(ops_, weight_.data(), none_);
  scale(ops_, 2, none_);
  softcap(ops_, 30, none_);
  gate_mul(ops_, GateActivation::kSilu, none_, none_, none_);
  gather(ops_, none_, {}, none_);
  EXPECT_FALSE(ops_.cancelled());
}

TEST_P(NoRows, OfMatrices) {
  const RegionInput ready(ops_, as_activations(none_));
  project(ops_, ready, matrix_, weight_.data(), none_);
  project_residual(ops_, ready, matrix_, weight_.data(), none_);
  const RegionInput normed(ops_, none_, {weight_.data(), 1e-5F, true}, nullptr);
  project(ops_, normed, matrix_, nullptr, none_);
  GatedFfnArgs ffn;
  ffn.gate = ffn.up = &matrix_;
  gated_ffn(ops_, ffn, none_, nullptr, nullptr);
  EXPECT_FALSE(ops_.cancelled());
}

TEST_P(NoRows, OfAttention) {
  RopeFrequencies frequencies;
  frequencies.per_pair.resize(kHeadDim / 2);
  const Rows angles{nullptr, kHeadDim, 0, kHeadDim};
  rope_table(ops_, frequencies, {}, angles);
  rope(ops_, RopeLayout::kNeox, angles, kHeadDim, none_);
  kv_write(ops_, kv_, none_, none_);
  AttentionShape shape;
  shape.n_heads = kDim / kHeadDim;
  attention(ops_, kv_, shape, none_, none_);
  QkvArgs args;
  args.q.matrix = args.k.matrix = args.v.matrix = &matrix_;
  qkv(ops_, args, none_, nullptr, angles, kv_, none_);
  EXPECT_FALSE(ops_.cancelled());
}

TEST_P(NoRows, OfExperts) {
  const ExpertRouting routing{.n_experts = 4, .n_used = 2};
  const ExpertSchedule schedule(nullptr, 0, routing.n_experts, routing.n_used);
  route(ops_, routing, nullptr, {nullptr, 4, 0, 4}, schedule);
  EXPECT_TRUE(schedule.active().empty());
  to_slots(ops_, schedule, as_activations(none_), nullptr);
  expert_project(ops_, schedule, as_activations(none_), {matrix_, 4}, none_);
  from_slots(ops_, schedule, none_, none_);
  EXPECT_FALSE(ops_.cancelled());
}

INSTANTIATE_TEST_SUITE_P(Threads, NoRows, testing::Values(1, 3));

}  // namespace
}  // namespace tenfold
