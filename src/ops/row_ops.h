// The plain operators that treat each token's row by itself. One region each; shapes are checked when a plan is built.
#pragma once

#include <span>

#include "ops/op_context.h"
#include "ops/packed_matrix.h"
#include "ops/rows.h"
#include "plan/operator_kinds.h"

namespace tenfold {

// out[t] = given[t] where that is not null, else row tokens[t] of the table, times `factor`. [n_tokens, table.k]
void embed(OpContext& ctx, const PackedMatrix& table, std::span<const std::int32_t> tokens,
           std::span<const float* const> given, float factor, const Rows& out);

// out = x / rms(x) · weight. weight: [width]. out may be x.
void rms_norm(OpContext& ctx, const Rows& x, const float* weight, float eps, const Rows& out);

// out = as above, y += out.
void norm_add(OpContext& ctx, const Rows& x, const float* weight, float eps, const Rows& out, const Rows& y);

// out = (x − mean x) / √(variance x + eps) · weight + bias. weight, bias: [width]; no bias if null. out may be x.
void layer_norm(OpContext& ctx, const Rows& x, const float* weight, const float* bias, float eps, const Rows& out);

// The same as rms_norm for each head of a row by itself: [n_tokens, n_heads·head_dim], weight: [head_dim].
void head_rms_norm(OpContext& ctx, const Rows& x, int head_dim, const float* weight, float eps);

// out: n_tokens Q8 rows, q8_row_bytes(width) apart.
void quantize(OpContext& ctx, const Rows& x, std::byte* out);

void add(OpContext& ctx, const Rows& x, const Rows& y);           // y += x
void add_bias(OpContext& ctx, const float* bias, const Rows& y);  // y[t] += bias; bias: [width]
void scale(OpContext& ctx, float factor, const Rows& y);          // y *= factor
void softcap(OpContext& ctx, float cap, const Rows& y);           // y = cap·tanh(y / cap)

// x = x·Φ(x), the cumulative normal distribution by the error function.
void gelu_erf(OpContext& ctx, const Rows& x);

// y[t] += row rows[t][0] of the table: a position's own embedding. Needs a row of scratch memory.
void add_table_rows(OpContext& ctx, const PackedMatrix& table, std::span<const RopePosition> rows, const Rows& y);
// y[t] += row 0 of the table, for all tokens alike. Needs a row of scratch memory.
void add_first_row(OpContext& ctx, const PackedMatrix& table, const Rows& y);
std::size_t table_row_bytes(const PackedMatrix& table);

// out = activation(gate)·up
void gate_mul(OpContext& ctx, GateActivation activation, const Rows& gate, const Rows& up, const Rows& out);

// out[i] = x[rows[i]]
void gather(OpContext& ctx, const Rows& x, std::span<const std::int32_t> rows, const Rows& out);

// One row of gate_mul on the calling thread, for fused operators.
void gate_mul_row(const kernels::KernelTable& kernels, GateActivation activation, const float* gate, const float* up,
                  int n, float* out);

}  // namespace tenfold
