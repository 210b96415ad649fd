// What lowering may fuse, in plans that no family has.
#include "cpu/lowering.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cpu/executor.h"
#include "cpu/kv_cache.h"
#include "kernels/select.h"
#include "model/bound_model.h"
#include "model/golden_testing.h"
#include "model/reference_testing.h"
#include "model/tensor_binder.h"

namespace tenfold {
namespace {

// A feed-forward layer of a golden model, written by the test.
class LoweringTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto bound = bind_model(*file_);
    ASSERT_TRUE(bound.ok()) << bound.status().to_string();
    spec_ = bound->spec;
    const int dim = spec_.model_dim, ffn_dim = spec_.any_layer().ffn_dim;
    embedding_ = *binder_.matrix("token_embd.weight", spec_.vocab_size, dim);
    norm_ = *binder_.vector("blk.0.ffn_norm.weight", dim);
    gate_ = *binder_.matrix("blk.0.ffn_gate.weight", ffn_dim, dim);
    up_ = *binder_.matrix("blk.0.ffn_up.weight", ffn_dim, dim);
    down_ = *binder_.matrix("blk.0.ffn_down.weight", dim, ffn_dim);
    q_ = *binder_.matrix("blk.0.attn_q.weight", spec_.any_layer().q_dim(), dim);
    k_ = *binder_.matrix("blk.0.attn_k.weight", spec_.any_layer().kv_dim(), dim);
    v_ = *binder_.matrix("blk.0.attn_v.weight", spec_.any_layer().kv_dim(), dim);
    attention_out_ = *binder_.matrix("blk.0.attn_output.weight", dim, spec_.any_layer().q_dim());
  }

  // The logits of all tokens of the golden prompt, read in steps of `chunk`.
  std::vector<float> run(const Plan& plan, Precision precision, const FusionOptions& fusion, int chunk = 512) {
    const kernels::KernelTable& kernels = **kernels::select_kernels();
    PackedWeights weights = std::move(PackedWeights::create(binder_.weights(), kernels)).value();
    EXPECT_TRUE(weights.load(*file_, *pool_, nullptr).ok());
    const Program program = lower(plan, weights, {precision, fusion});
    const auto executor = std::move(Executor::create(program, kernels, *pool_, spec_.vocab_size, {512, 1})).value();
    const auto layout = KvLayout::create(kernels, kernels::KvType::kF32, plan.kv_classes, plan.conv_state, {512, 512});
    const auto kv_pool = std::move(KvPool::create(*layout, 1)).value();
    KvSequence kv(*kv_pool, 512);
    std::vector<float> logits(golden_.prompt.size() * static_cast<std::size_t>(spec_.vocab_size));
    const auto vocab = static_cast<std::size_t>(spec_.vocab_size);
    for (std::size_t at = 0; at < golden_.prompt.size(); at += static_cast<std::size_t>(chunk)) {
      const std::size_t n = std::min(static_cast<std::size_t>(chunk), golden_.prompt.size() - at);
      const BatchSequence sequence{&kv, std::span(golden_.prompt).subspan(at, n), Outputs::kAll};
      EXPECT_TRUE(executor->run({&sequence, 1}, std::span(logits).subspan(at * vocab, n * vocab), nullptr).ok());
    }
    return logits;
  }

  ValueId gated_ffn(PlanBuilder& b, ValueId in, GateActivation activation) const {
    const ValueId gate = b.project(in, gate_, kNoWeight, "gate");
    const ValueId up = b.project(in, up_, kNoWeight, "up");
    return b.project(b.gate_mul(gate, up, activation), down_, kNoWeight, "projected");
  }

  enum class Keys { kOwn, kOfAnother };
  void attend(PlanBuilder& b, ValueId x, const AttentionHeads& heads, int window, Keys keys) const {
    const ValueId normed = b.norm(x, norm_, "normed");
    const ValueId q = b.project(normed, q_, kNoWeight, "q");
    if (keys == Keys::kOwn) {
      const ValueId k = b.project(normed, k_, kNoWeight, "k");
      const ValueId v = b.project(normed, v_, kNoWeight, "v");
      b.scale(q, 0.25F);
      b.kv_write(k, v, heads, window);
    } else {
      b.scale(q, 0.25F);
    }
    b.add(b.project(b.attention(q, heads, window), attention_out_, kNoWeight, "projected"), x);
  }

  void expect_right(const Plan& plan) {
    Reference reference(*file_, binder_.weights(), plan, 512);
    const std::vector<float> expected = reference.logits(reference_text(golden_.prompt));
    EXPECT_LE(nmse(run(plan, Precision::kExact, {}), expected), 1e-10);
    EXPECT_LE(nmse(run(plan, Precision::kFast, {}), expected), 1e-2);
    for (const Precision precision : {Precision::kExact, Precision::kFast}) {
      const std::vector<float> plain = run(plan, precision, FusionOptions::none());
      EXPECT_TRUE(same_bits(run(plan, precision, {}), plain));
      EXPECT_TRUE(same_bits(run(plan, precision, {}, 3), plain))
          << "each worker prepares the rows of few tokens itself";
    }
  }

  const Golden golden_ = read_golden("llama-q8_0");
  const std::unique_ptr<GgufFile> file_ = std::move(GgufFile::open(golden_.path)).value();
  const std::unique_ptr<TaskPool> pool_ = std::move(TaskPool::create(2)).value();
  TensorBinder binder_ = std::move(TensorBinder::create(*file_)).value();
  ArchSpec spec_;
  WeightId embedding_, norm_, gate_, up_, down_, q_, k_, v_, attention_out_;
};

// A product that is fused with the norm before it leaves no rows for those that come later, as those of a router and of
// the experts behind it do.
TEST_F(LoweringTest, NormalisedRowsThatAreReadAgainAreKept) {
  PlanBuilder b(binder_.weights(), spec_.norm_eps);
  const ValueId x = b.embed(embedding_, 1);
  const ValueId normed = b.norm(x, norm_, "normed");
  const ValueId gate = b.project(normed, gate_, kNoWeight, "gate");
  b.scale(gate, 0.5F);
  const ValueId up = b.project(normed, up_, kNoWeight, "up");
  b.add(b.project(b.gate_mul(gate, up, GateActivation::kSilu), down_, kNoWeight, "projected"), x);
  const ValueId out = b.gather_outputs(x);
  b.hidden(out, norm_);
  b.logits(b.norm(out, norm_, "normed_out"), embedding_, 0);
  expect_right(b.take());
}

// Both halves of a layer read the same normalised rows, as families with parallel attention and FFN do.
TEST_F(LoweringTest, AHalfOfALayerLeavesTheOtherItsRows) {
  PlanBuilder b(binder_.weights(), spec_.norm_eps);
  const ValueId x = b.embed(embedding_, 1);
  const ValueId normed = b.norm(x, norm_, "normed");
  for (const GateActivation activation : {GateActivation::kSilu, GateActivation::kGeluTanh}) {
    b.add(gated_ffn(b, normed, activation), x);
  }
  const ValueId out = b.gather_outputs(x);
  b.hidden(out, norm_);
  b.logits(b.norm(out, norm_, "normed_out"), embedding_, 0);
  expect_right(b.take());
}

// Layers of several shapes, each of which is stored by itself, and one that has no keys and values of its own.
TEST_F(LoweringTest, LayersOfManyShapesAndOneThatReadsAnothersKeys) {
  PlanBuilder b(binder_.weights(), spec_.norm_eps);
  const ValueId x = b.embed(embedding_, 1);
  const AttentionHeads four{.n_heads = 4, .n_kv_heads = 2, .head_dim = 16};
  const AttentionHeads eight{.n_heads = 8, .n_kv_heads = 4, .head_dim = 8};
  b.set_layer(0);
  attend(b, x, four, 0, Keys::kOwn);
  b.set_layer(1);
  attend(b, x, eight, 0, Keys::kOwn);
  b.set_layer(2);
  attend(b, x, four, 11, Keys::kOwn);
  b.set_layer(3);
  b.read_kv_of(0);
  attend(b, x, four, 0, Keys::kOfAnother);
  b.set_layer(4);
  attend(b, x, four, 0, Keys::kOwn);
  b.set_layer(-1);
  const ValueId out = b.gather_outputs(x);
  b.hidden(out, norm_);
  b.logits(b.norm(out, norm_, "normed_out"), embedding_, 0);
  const Plan plan = b.take();
  ASSERT_EQ(plan.kv_classes.size(), 3U);
  EXPECT_EQ(plan.kv_classes[0].n_layers, 2);
  EXPECT_EQ(plan.kv_classes[1].head_dim, 8);
  EXPECT_EQ(plan.kv_classes[2].window, 11);
  expect_right(plan);
}

// What a gated layer leaves in 8 bit alone is read in 8 bit by whatever product comes next, added at once or not.
TEST_F(LoweringTest, RowsThatAreThereInEightBitsAloneAreReadSo) {
  PlanBuilder b(binder_.weights(), spec_.norm_eps);
  const ValueId x = b.embed(embedding_, 1);
  const ValueId out = b.gather_outputs(gated_ffn(b, x, GateActivation::kGeluTanh));
  b.hidden(out, norm_);
  b.logits(out, embedding_, 30);
  expect_right(b.take());
}

}  // namespace
}  // namespace tenfold
