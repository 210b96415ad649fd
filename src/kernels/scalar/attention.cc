// KV blocks and attention over them, plainly.
#include <cmath>
#include <cstring>
#include <limits>

#include "base/contracts.h"
#include "kernels/attention_span.h"
#include "kernels/scalar/scalar_table.h"
#include "tensor/half.h"

namespace tenfold::kernels::scalar {

namespace {

std::size_t align_64(std::size_t n) { return (n + 63) / 64 * 64; }

// How each type stores and reads back one element of K at (d, position) or V at (position, d).
struct F32Block {
  static std::size_t bytes(int32_t head_dim) { return align_64(static_cast<std::size_t>(head_dim) * kKvBlock * 8); }
  static void store(const float* k, const float* v, int32_t head_dim, int position, void* block) {
    auto* values = static_cast<float*>(block);
    for (int32_t d = 0; d < head_dim; ++d) {
      values[d * kKvBlock + position] = k[d];
      values[(kKvBlock + position) * head_dim + d] = v[d];
    }
  }
  static float k(const void* block, int32_t, int d, int p) {
    return static_cast<const float*>(block)[d * kKvBlock + p];
  }
  static float v(const void* block, int32_t head_dim, int d, int p) {
    return static_cast<const float*>(block)[(kKvBlock + p) * head_dim + d];
  }
};

struct F16Block {
  static std::size_t bytes(int32_t head_dim) { return align_64(static_cast<std::size_t>(head_dim) * kKvBlock * 4); }
  static void store(const float* k, const float* v, int32_t head_dim, int position, void* block) {
    auto* values = static_cast<uint16_t*>(block);
    for (int32_t d = 0; d < head_dim; ++d) {
      values[d * kKvBlock + position] = float_to_half(k[d]);
      values[(kKvBlock + position) * head_dim + d] = float_to_half(v[d]);
    }
  }
  static float k(const void* block, int32_t, int d, int p) {
    return half_to_float(static_cast<const uint16_t*>(block)[d * kKvBlock + p]);
  }
  static float v(const void* block, int32_t head_dim, int d, int p) {
    return half_to_float(static_cast<const uint16_t*>(block)[(kKvBlock + p) * head_dim + d]);
  }
};

struct Q8Block {
  static std::size_t codes_bytes(int32_t head_dim) { return static_cast<std::size_t>(head_dim) * kKvBlock; }
  static std::size_t half_bytes(int32_t head_dim) { return codes_bytes(head_dim) + codes_bytes(head_dim) / 16; }
  static std::size_t bytes(int32_t head_dim) {
    TENFOLD_DCHECK(head_dim % 32 == 0);
    return align_64(2 * half_bytes(head_dim));
  }

  // Codes of 32 elements and the F16 scale that they were made with.
  static uint16_t quantize(const float* x, int8_t* codes) {
    float largest = 0;
    for (int i = 0; i < 32; ++i) {  // a NaN stays, and makes the scale NaN
      if (!std::isnan(largest) && !(std::fabs(x[i]) <= largest)) largest = std::fabs(x[i]);
    }
    const uint16_t scale = float_to_half(largest / 127.0F);
    const float exact = half_to_float(scale);
    for (int i = 0; i < 32; ++i) {
      const float scaled = exact > 0 ? x[i] / exact : 0.0F;
      const float clamped = scaled > 127.0F ? 127.0F : scaled >= -127.0F ? scaled : scaled < -127.0F ? -127.0F : 0.0F;
      codes[i] = static_cast<int8_t>(std::nearbyint(clamped));
    }
    return scale;
  }
  static void store(const float* k, const float* v, int32_t head_dim, int position, void* block) {
    auto* bytes = static_cast<unsigned char*>(block);
    auto* k_codes = reinterpret_cast<int8_t*>(bytes);
    auto* k_scales = reinterpret_cast<uint16_t*>(bytes + codes_bytes(head_dim));
    auto* v_codes = reinterpret_cast<int8_t*>(bytes + half_bytes(head_dim));
    auto* v_scales = reinterpret_cast<uint16_t*>(bytes + half_bytes(head_dim) + codes_bytes(head_dim));
    int8_t codes[32];
    for (int32_t d = 0; d < head_dim; d += 32) {
      k_scales[d / 32 * kKvBlock + position] = quantize(k + d, codes);
      for (int i = 0; i < 32; ++i) k_codes[((d + i) / 4 * kKvBlock + position) * 4 + (d + i) % 4] = codes[i];
      v_scales[position * (head_dim / 32) + d / 32] = quantize(v + d, codes);
      std::memcpy(v_codes + static_cast<std::size_t>(position) * static_cast<std::size_t>(head_dim) + d, codes, 32);
    }
  }
  static float k(const void* block, int32_t head_dim, int d, int p) {
    const auto* bytes = static_cast<const unsigned char*>(block);
    const auto* codes = reinterpret_cast<const int8_t*>(bytes);
    const auto* scales = reinterpret_cast<const uint16_t*>(bytes + codes_bytes(head_dim));
    return static_cast<float>(codes[(d / 4 * kKvBlock + p) * 4 + d % 4]) * half_to_float(scales[d / 32 * kKvBlock + p]);
  }
  static float v(const void* block, int32_t head_dim, int d, int p) {
    const auto* bytes = static_cast<const unsigned char*>(block) + half_bytes(head_dim);
    const auto* codes = reinterpret_cast<const int8_t*>(bytes);
    const auto* scales = reinterpret_cast<const uint16_t*>(bytes + codes_bytes(head_dim));
    return static_cast<float>(codes[p * head_dim + d]) * half_to_float(scales[p * (head_dim / 32) + d / 32]);
  }
};

template <typename Block>
void attend_query(const BlockArgs& a, int token, int head) {
  const int first = clamp_to_block(a.first[token], a.begin), last = clamp_to_block(a.last[token], a.begin);
  TENFOLD_DCHECK(a.first[token] >= 0 && a.first[token] <= kKvBlock * a.n_blocks);
  if (first >= last) return;
  const int i = token * a.group + head;
  const float* q = a.q + token * a.q_token_stride + static_cast<int64_t>(head) * a.head_dim;
  float weights[kKvBlock];
  float block_max = -std::numeric_limits<float>::infinity();
  for (int p = first; p < last; ++p) {
    float score = 0;
    for (int d = 0; d < a.head_dim; ++d) score = std::fma(q[d], Block::k(a.kv_block, a.head_dim, d, p), score);
    if (a.softcap > 0) score = a.softcap * std::tanh(score / a.softcap);
    weights[p] = score;
    block_max = score > block_max ? score : block_max;
  }
  float block_sum = 0;
  for (int p = first; p < last; ++p) {
    weights[p] = std::exp(weights[p] - block_max);
    block_sum += weights[p];
  }
  const float max = a.state.m[i] > block_max ? a.state.m[i] : block_max;
  const float keep = std::exp(a.state.m[i] - max), take = std::exp(block_max - max);
  float* acc = a.state.acc + static_cast<int64_t>(i) * a.head_dim;
  for (int d = 0; d < a.head_dim; ++d) {
    float partial = 0;
    for (int p = first; p < last; ++p) partial = std::fma(weights[p], Block::v(a.kv_block, a.head_dim, d, p), partial);
    acc[d] = std::fma(acc[d], keep, partial * take);
  }
  a.state.l[i] = std::fma(a.state.l[i], keep, block_sum * take);
  a.state.m[i] = max;
}

template <typename Block>
std::size_t block_bytes(int32_t head_dim) noexcept {
  return Block::bytes(head_dim);
}

template <typename Block>
void store(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept {
  TENFOLD_DCHECK(position >= 0 && position < kKvBlock);
  Block::store(k, v, head_dim, position, kv_block);
}

template <typename Block>
void attend(const AttentionArgs& a) noexcept {
  for (int block = 0; block < a.n_blocks; ++block) {
    const BlockArgs args = block_of_span(a, block);
    for (int token = 0; token < a.n_tokens; ++token) {
      for (int head = 0; head < a.group; ++head) attend_query<Block>(args, token, head);
    }
  }
}

void merge_attention(const AttentionState& part, int32_t n_queries, int32_t head_dim,
                     const AttentionState& whole) noexcept {
  merge_states(
      part, n_queries, head_dim, whole, [](float x) { return std::exp(x); },
      [](float* acc, float keep, const float* from, float take, int32_t n) {
        for (int32_t d = 0; d < n; ++d) acc[d] = std::fma(acc[d], keep, from[d] * take);
      });
}

}  // namespace

void add_attention_kernels(KernelTable& table) {
  table.merge_attention = merge_attention;
  table.kv[static_cast<int>(KvType::kF32)] = {block_bytes<F32Block>, store<F32Block>, attend<F32Block>};
  table.kv[static_cast<int>(KvType::kF16)] = {block_bytes<F16Block>, store<F16Block>, attend<F16Block>};
  table.kv[static_cast<int>(KvType::kQ8_0)] = {block_bytes<Q8Block>, store<Q8Block>, attend<Q8Block>};
}

}  // namespace tenfold::kernels::scalar
