// The operators of a plan: plain structs, operands by name. An executor decides how each is done; their formulas are
// here.
//
// A value is rows of one token each (plan.h); x, y, in, out are values. What an operator writes may be what it reads.
// To add one: a struct here, its word in PlanBuilder, and in every executor what std::visit then asks for.
#pragma once

#include <array>
#include <string>
#include <variant>
#include <vector>

#include "plan/operator_kinds.h"
#include "plan/rope_scaling.h"
#include "plan/weight_table.h"

namespace tenfold {

using ValueId = int;
inline constexpr ValueId kNoValue = -1;

// What an operator reads and writes, in the order of its fields.
struct Operands {
  std::vector<ValueId> reads, writes;
};

// out = row of each token in the table · factor, or what was given in its place, as it is.
struct Embed {
  WeightId table;  // [vocab_size, model_dim]
  float factor = 1;
  ValueId out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{}, {out}}; }
};

// The angles of rotary positions (Su et al., arXiv 2104.09864): those of pair i of a token at p are
// p[axes[i]] · frequency i. out: cosines of all pairs, then their sines, times amplitude.
struct RopeAngles {
  std::vector<float> frequencies;  // [n_pairs]: θ^(−2i/n) as a rule
  std::vector<std::uint8_t> axes;  // [n_pairs], 0…2; empty: all 0
  float amplitude = 1;
  // What frequencies are divided by, [n_pairs] or none: the long ones for contexts of more than short_ctx.
  WeightId divisors, long_divisors;
  int short_ctx = 0;
  RopeScaling scaling;  // after that
  float theta = 10000;  // of the frequencies, which the scaling asks for
  ValueId out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{}, {out}}; }
};

// out = x / √(mean x² + eps) · weight
struct RmsNorm {
  WeightId weight;  // [width]
  float eps = 0;
  ValueId in = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in}, {out}}; }
};

// x = (x − mean x) / √(variance x + eps) · weight + bias
struct LayerNorm {
  WeightId weight, bias;  // [width]; perhaps no bias
  float eps = 0;
  ValueId x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x}, {x}}; }
};

// RmsNorm of each head of a row by itself.
struct HeadNorm {
  WeightId weight;  // [head_dim]
  float eps = 0;
  int head_dim = 0;
  ValueId x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x}, {x}}; }
};

// x = x·Φ(x), the cumulative normal distribution by the error function.
struct Gelu {
  ValueId x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x}, {x}}; }
};

// x += a row of the table: that of each token's position, or the first for all.
struct AddTableRow {
  enum class Row { kPosition, kFirst };
  WeightId table;
  Row row = Row::kPosition;
  ValueId x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x}, {x}}; }
};

// out = W·in + bias
struct Project {
  WeightId matrix;  // [width of out, width of in]
  WeightId bias;    // [width of out] or none
  ValueId in = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in}, {out}}; }
};

// Turns the first elements of every head of x, two for each of its token's angles; the rest is left alone.
struct Rope {
  RopeLayout layout = RopeLayout::kInterleaved;
  int head_dim = 0;
  ValueId angles = kNoValue, x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{angles, x}, {x}}; }
};

// x = x·factor
struct Scale {
  float factor = 1;
  ValueId x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x}, {x}}; }
};

// Whose keys and values: those of one layer in a class of layers that are stored alike.
struct KvPlace {
  int kv_class = 0;
  int slot = 0;  // within a block of the class
};

// Puts the keys and values of a step's tokens behind those that are there.
struct KvWrite {
  KvPlace place;
  int head_dim = 0;
  ValueId k = kNoValue, v = kNoValue, kv = kNoValue;
  [[nodiscard]] Operands operands() const { return {{k, v}, {kv}}; }
};

// A gated short convolution, of each channel by itself, over a text's tokens (LFM2). in: b, c and x side by side;
// u = b·x; out of token t = c·Σ_j taps[j]·u of token t − (n_taps − 1) + j. Before a text lie zeros. The u of the last
// tokens, which the next step needs, are the text's recurrent state.
struct ShortConv {
  WeightId taps;  // [width, n_taps], the oldest token's first
  int n_taps = 0;
  int slot = 0;  // of the layers that keep such state
  ValueId in = kNoValue, state = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in, state}, {state, out}}; }
};

// out = softmax(q·K)·V of each query head over its sequence, grouped: n_heads / n_kv_heads query heads share a key
// head. Queries come scaled. With a softcap scores are cap·tanh(score / cap) before the softmax.
struct Attention {
  KvPlace place;
  int n_heads = 0, n_kv_heads = 0, head_dim = 0;
  int window = 0;     // a token sees itself and window − 1 before it; 0: all before it; causal only
  float softcap = 0;  // 0: none
  AttentionMask mask = AttentionMask::kCausal;
  ValueId q = kNoValue, kv = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{q, kv}, {out}}; }
};

// out = activation(gate)·up
struct GateMul {
  GateActivation activation = GateActivation::kSilu;
  ValueId gate = kNoValue, up = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{gate, up}, {out}}; }
};

// y += x
struct Add {
  ValueId x = kNoValue, y = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x, y}, {y}}; }
};

// out: the rows of those tokens whose results are wanted.
struct GatherOutputs {
  ValueId in = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in}, {out}}; }
};

// Chooses each token's experts and their weights. Overwrites the router's logits.
struct Route {
  ExpertRouting routing;
  WeightId choice_bias;  // [n_experts] added to scores for the choice alone
  ValueId logits = kNoValue, schedule = kNoValue;
  [[nodiscard]] Operands operands() const { return {{logits}, {logits, schedule}}; }
};

// How many experts there are and how many of them a token goes to.
struct ExpertCounts {
  int n_experts = 0, n_used = 0;
};

// out: a token's row once for each of its experts, the rows of an expert next to each other.
struct ToSlots {
  ExpertCounts counts;
  ValueId in = kNoValue, schedule = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in, schedule}, {out}}; }
};

// out = W of the slot's expert · in
struct ExpertProject {
  ExpertCounts counts;
  WeightId experts;
  ValueId in = kNoValue, schedule = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in, schedule}, {out}}; }
};

// y += Σ weight · in over a token's slots, in the order they were chosen. Overwrites in.
struct FromSlots {
  ExpertCounts counts;
  ValueId in = kNoValue, schedule = kNoValue, y = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in, schedule, y}, {in, y}}; }
};

// x = cap·tanh(x / cap)
struct Softcap {
  float cap = 0;
  ValueId x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x}, {x}}; }
};

// Of vision towers. out: the pixels of each patch, (value − mean) / deviation of their channel, channel after channel.
struct Patches {
  int side = 0;                                    // pixels
  std::array<float, 3> mean = {}, deviation = {};  // of each channel, of values 0…1
  ValueId out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{}, {out}}; }
};

// x += a learned table of positions for side² patches, sampled at where this image's patches lie in it: bicubic
// (a = −0.75), the border repeated.
struct AddPositionGrid {
  WeightId table;  // [side², width]
  int side = 0;
  int patch_side = 0;  // pixels
  ValueId x = kNoValue;
  [[nodiscard]] Operands operands() const { return {{x}, {x}}; }
};

// out: the n_merged patches of a square side by side, squares in the order of the run's outputs.
struct MergeSquares {
  int n_merged = 0;
  ValueId in = kNoValue, out = kNoValue;
  [[nodiscard]] Operands operands() const { return {{in}, {out}}; }
};

using Operator = std::variant<Embed, RopeAngles, RmsNorm, LayerNorm, HeadNorm, Gelu, AddTableRow, Project, Rope, Scale,
                              KvWrite, Attention, ShortConv, GateMul, Add, GatherOutputs, Route, ToSlots, ExpertProject,
                              FromSlots, Softcap, Patches, AddPositionGrid, MergeSquares>;

Operands operands(const Operator& op);
// The matrix or vector that it is about; none if it has none.
WeightId main_weight(const Operator& op);
// "attention 9 heads of 64"
std::string describe(const Operator& op);
// The same with its weight: "project blk.0.attn_q.weight q4_0 [576, 1536]"
std::string describe(const Operator& op, const WeightTable& weights);

}  // namespace tenfold
