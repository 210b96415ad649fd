// What an instruction set must be able to do: one table of noexcept functions, chosen once (select.h).
//
// Plain structs and function pointers only: this header is included by translation units that are compiled for one
// instruction set, so it may hold no inline code that a linker could share with the rest of the program.
//
// Numerics that every table keeps: an output's arithmetic depends only on its own inputs, in an order fixed by k (or
// head_dim, or the positions), never on how many tokens, rows or queries a call handles. Hence results are equal bit
// for bit for any split over threads, any chunking of a prompt and any neighbours in a batch. Tables of different
// instruction sets agree within the tolerances of kernel_test, not bit for bit.
//
// All functions are thread-safe: they touch only what their arguments point to. Pointers must not overlap unless said.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tensor/dtype.h"

namespace tenfold::kernels {

// --- Weights ---------------------------------------------------------------------------------------------------
//
// A matrix [n, k] is packed into ceil(n / panel_rows) panels; a panel holds panel_rows rows (missing rows of the last
// one are zero) in the order the kernels like. Packing is lossless: unpack(pack(x)) gives back the file's bytes.

struct MatMulArgs {
  const void* panels;   // the matrix's first panel, 64-byte aligned
  int64_t k;            // elements of a row; a multiple of the type's block
  int32_t panel_begin;  // panels [panel_begin, panel_end) are computed
  int32_t panel_end;
  int32_t n_rows;  // rows of the whole matrix; outputs past it are not written
  int32_t n_tokens;
  const void* x;          // n_tokens rows: Q8 rows (see below) or float[k]
  size_t x_stride_bytes;  // from one token's row to the next
  float* y;               // y[token·y_stride + row], row counted from the matrix's first
  int64_t y_stride;
  // How far ahead of where a few tokens' products read quantised weights memory is asked for; 0: not at all. See
  // prefetch_bytes() in select.h.
  int32_t prefetch_bytes;
};
using MatMulFn = void (*)(const MatMulArgs& args) noexcept;

// Goes up whenever tables pack other bytes than before, or weights are refused that were packed before: what an earlier
// version packed is of no use then.
constexpr int kPackVersion = 4;

struct WeightKernels {                        // one per DType
  size_t (*panel_bytes)(int64_t k) noexcept;  // a multiple of 64
  // rows: n_rows (1…panel_rows) consecutive file rows of k elements.
  void (*pack)(const void* rows, int n_rows, int64_t k, void* panel) noexcept;
  void (*unpack)(const void* panel, int n_rows, int64_t k, void* rows) noexcept;
  void (*row_to_f32)(const void* panel, int row, int64_t k, float* out) noexcept;  // out: float[k]
  MatMulFn mat_mul_f32;  // y = W·x with float activations, weights de-quantised on the fly
  MatMulFn mat_mul_q8;   // y = W·x with Q8 activations; null for F32, F16, BF16
};

// --- Activations in 8 bit ----------------------------------------------------------------------------------------
//
// A Q8 row of k elements (k % 32 == 0), blocks of 32 with scale = max|x| / 127, codes = round to nearest even:
//   int8_t codes[k]; float scales[k/32]; int32_t sums32[k/32]; int32_t sums16[k/16]   (sums of codes)
// padded to a multiple of 64 bytes.
constexpr size_t q8_scales_offset(int64_t k) { return static_cast<size_t>(k); }
constexpr size_t q8_sums32_offset(int64_t k) { return static_cast<size_t>(k + k / 8); }
constexpr size_t q8_sums16_offset(int64_t k) { return static_cast<size_t>(k + k / 4); }
constexpr size_t q8_row_bytes(int64_t k) { return static_cast<size_t>((k + k / 2 + 63) / 64 * 64); }

// --- KV cache ----------------------------------------------------------------------------------------------------
//
// A KV block holds kKvBlock positions of one layer and one KV head:
//   F32, F16: K as [head_dim][64] (position fastest), then V as [64][head_dim]
//   Q8_0:     K codes int8 [head_dim/4][64][4], K scales F16 [head_dim/32][64],
//             then V codes int8 [64][head_dim], V scales F16 [64][head_dim/32]; needs head_dim % 32 == 0
// or in a layout of the kernels' own, see KvArithmetic.
constexpr int kKvBlock = 64;
// Goes up whenever other bytes are stored than before: sessions that an earlier version saved are of no use then.
constexpr int kKvVersion = 1;
enum class KvType : uint8_t { kF32, kF16, kQ8_0 };
constexpr int kNumKvTypes = 3;

// Running sums of some queries, in the order of tokens, then of heads.
struct AttentionState {
  float* m;    // [n_tokens][group] maximum, −inf at the start
  float* l;    // [n_tokens][group] Σ exp(score − m)
  float* acc;  // [n_tokens][group][head_dim] Σ exp(score − m)·V, not yet divided by l
};

struct AttentionArgs {     // queries of one KV head against a span of KV blocks
  const float* q;          // query i of token t and head g: q + t·q_token_stride + g·head_dim, already scaled
  int64_t q_token_stride;  // floats
  int32_t n_tokens;
  int32_t group;  // query heads that share this KV head
  int32_t head_dim;
  const void* const* kv_blocks;  // [n_blocks] 64 positions each
  int32_t n_blocks;
  const int32_t* first;  // [n_tokens] first position of the span that this token sees, 0…64·n_blocks
  const int32_t* last;   // [n_tokens] one past the last; ≤ first: nothing is visible
  float softcap;         // 0: none; else score = softcap·tanh(score / softcap)
  AttentionState state;
};

// What attend() multiplies. kFloat: the elements as their type names them, in F32.
// kInt16: K and V as whole codes with a scale for each position; for F16 13-bit codes and max|x| / 8191 over the whole
// head, for Q8_0 its own. Queries are codes of the unit max(max|q| / 32767, Σ|q| / (S − head_dim)), the weights of a
// block likewise to 1/32767 of the largest they can be or, if that is coarser, to Σ exp(score − m) / (S − 64) of it;
// S = 2^18 for F16 and 2^24 for Q8_0. Sums are whole and exact.
enum class KvArithmetic : uint8_t { kFloat, kInt16 };

struct KvKernels {                                   // one per KvType
  size_t (*block_bytes)(int32_t head_dim) noexcept;  // a multiple of 64
  // position: 0…63. Q8_0: scale = max|x| / 127 rounded to F16, codes = x / scale rounded to nearest even. A NaN makes
  // the scale NaN.
  void (*store)(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept;
  // For each block in turn, computes the block's own partial (its maximum, sum and weighted V, in the order of
  // positions), then merges it into the state as: M = max(m, m_block); l = l·exp(m − M) + l_block·exp(m_block − M); acc
  // likewise. A token that sees nothing of a block is left untouched by it.
  void (*attend)(const AttentionArgs& args) noexcept;
  KvArithmetic arithmetic = KvArithmetic::kFloat;
};

// --- The table -----------------------------------------------------------------------------------------------------

struct KernelTable {
  const char* isa;  // "scalar", "avx2", "avx_vnni", "avx512", "neon+none", "neon+dotprod", "neon+i8mm"
  int panel_rows;   // 1…32; a power of two

  WeightKernels weights[kNumDTypes];
  KvKernels kv[kNumKvTypes];

  // Merges what queries saw in a later span into `whole`, as above. Seeing nothing (m = −inf) changes nothing: the
  // result is then the other state, bit for bit.
  void (*merge_attention)(const AttentionState& part, int32_t n_queries, int32_t head_dim,
                          const AttentionState& whole) noexcept;

  // row: Q8 row of k elements. NaN and infinity make the block's scale NaN; nothing traps.
  void (*quantize_q8)(const float* x, int64_t k, void* row) noexcept;

  // n ≥ 1; out = x / sqrt(mean(x²) + eps) · weight; accumulated in F32 lanes of fixed width, merged in fixed order. NaN
  // where the mean is more than F32 can hold, which would be zeros: nobody would notice those. out may be x.
  void (*rms_norm)(const float* x, const float* weight, int64_t n, float eps, float* out) noexcept;
  // Rotates pairs of the first 2·n_pairs elements of one head; the rest is untouched.
  //   interleaved: (x[2i], x[2i+1]);   neox: (x[i], x[i + n_pairs])
  void (*rope_interleaved)(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept;
  void (*rope_neox)(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept;
  // out = silu(gate)·up, out = gelu_tanh(gate)·up; out may be gate or up.
  void (*silu_mul)(const float* gate, const float* up, int64_t n, float* out) noexcept;
  void (*gelu_mul)(const float* gate, const float* up, int64_t n, float* out) noexcept;
  void (*gelu_erf)(float* x, int64_t n) noexcept;             // x = x/2·(1 + erf(x/√2))
  void (*add)(float* y, const float* x, int64_t n) noexcept;  // y += x
  void (*scale)(float* y, float factor, int64_t n) noexcept;  // y *= factor
  void (*softcap)(float* y, float cap, int64_t n) noexcept;   // y = cap·tanh(y / cap); cap > 0
};

}  // namespace tenfold::kernels
