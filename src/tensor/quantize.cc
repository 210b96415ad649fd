#include "tensor/quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/contracts.h"
#include "base/error.h"
#include "tensor/half.h"
#include "tensor/quant_blocks.h"

namespace tenfold {

namespace {

constexpr int kBlock = 32;

float inverse(float d) { return d == 0 ? 0 : 1 / d; }

// A code for a value that may be anything: a scale near the smallest f32 has no finite inverse.
int to_code(float value, int lowest, int highest) {
  if (!(value > static_cast<float>(lowest))) return lowest;
  return value < static_cast<float>(highest) ? static_cast<int>(value) : highest;
}

// Of the values with the largest magnitude, the first, with its sign.
float signed_extreme(const float* values) {
  float extreme = values[0];
  for (int i = 1; i < kBlock; ++i) {
    if (std::fabs(values[i]) > std::fabs(extreme)) extreme = values[i];
  }
  return extreme;
}

// Codes around zero: the extreme value gets code −half, that is 0 after the shift.
void symmetric_codes(const float* values, int half, Half& d, int* codes) {
  const float scale = signed_extreme(values) / static_cast<float>(-half);
  const float inverse_scale = inverse(scale);
  d = float_to_half(scale);
  const float shift = static_cast<float>(half) + 0.5f;
  for (int i = 0; i < kBlock; ++i) codes[i] = to_code(values[i] * inverse_scale + shift, 0, 2 * half - 1);
}

// Codes from the block's minimum to its maximum.
void ranged_codes(const float* values, int highest, Half& d, Half& m, int* codes) {
  const auto [min, max] = std::minmax_element(values, values + kBlock);
  const float scale = (*max - *min) / static_cast<float>(highest);
  const float inverse_scale = inverse(scale);
  d = float_to_half(scale);
  m = float_to_half(*min);
  for (int i = 0; i < kBlock; ++i) codes[i] = to_code((values[i] - *min) * inverse_scale + 0.5f, 0, highest);
}

void pack_nibbles(const int* codes, std::uint8_t* qs) {
  for (int i = 0; i < 16; ++i) qs[i] = static_cast<std::uint8_t>((codes[i] & 15) | (codes[i + 16] & 15) << 4);
}

void pack_fifth_bits(const int* codes, std::uint8_t* qh) {
  std::memset(qh, 0, 4);
  for (int i = 0; i < kBlock; ++i) qh[i / 8] = static_cast<std::uint8_t>(qh[i / 8] | (codes[i] >> 4) << (i % 8));
}

void narrow(const float* values, BlockQ4_0& block) {
  int codes[kBlock];
  symmetric_codes(values, 8, block.d, codes);
  pack_nibbles(codes, block.qs);
}

void narrow(const float* values, BlockQ4_1& block) {
  int codes[kBlock];
  ranged_codes(values, 15, block.d, block.m, codes);
  pack_nibbles(codes, block.qs);
}

void narrow(const float* values, BlockQ5_0& block) {
  int codes[kBlock];
  symmetric_codes(values, 16, block.d, codes);
  pack_nibbles(codes, block.qs);
  pack_fifth_bits(codes, block.qh);
}

void narrow(const float* values, BlockQ5_1& block) {
  int codes[kBlock];
  ranged_codes(values, 31, block.d, block.m, codes);
  pack_nibbles(codes, block.qs);
  pack_fifth_bits(codes, block.qh);
}

void narrow(const float* values, BlockQ8_0& block) {
  const float scale = std::fabs(signed_extreme(values)) / 127;
  const float inverse_scale = inverse(scale);
  block.d = float_to_half(scale);
  for (int i = 0; i < kBlock; ++i) {
    block.qs[i] = static_cast<std::int8_t>(to_code(std::round(values[i] * inverse_scale), -127, 127));
  }
}

template <typename Block>
void narrow_row(const float* values, std::int64_t n, unsigned char* out) {
  for (std::int64_t i = 0; i < n / kBlock; ++i) {
    Block block;
    narrow(values + i * kBlock, block);
    std::memcpy(out + static_cast<std::size_t>(i) * sizeof(Block), &block, sizeof(Block));
  }
}

template <typename Convert>
void narrow_to_16_bit(const float* values, std::int64_t n, unsigned char* out, Convert&& convert) {
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint16_t value = convert(values[i]);
    std::memcpy(out + i * 2, &value, sizeof(value));
  }
}

}  // namespace

bool can_quantize(DType type) noexcept { return type <= DType::kQ8_0; }

Status quantize_row(DType type, const float* values, std::int64_t n, void* blocks) {
  TENFOLD_DCHECK(n >= 0 && n % dtype_traits(type).block_elems == 0);
  auto* out = static_cast<unsigned char*>(blocks);
  switch (type) {
    case DType::kF32:
      if (n > 0) std::memcpy(out, values, static_cast<std::size_t>(n) * sizeof(float));
      return {};
    case DType::kF16: narrow_to_16_bit(values, n, out, float_to_half); return {};
    case DType::kBF16: narrow_to_16_bit(values, n, out, float_to_bf16); return {};
    case DType::kQ4_0: narrow_row<BlockQ4_0>(values, n, out); return {};
    case DType::kQ4_1: narrow_row<BlockQ4_1>(values, n, out); return {};
    case DType::kQ5_0: narrow_row<BlockQ5_0>(values, n, out); return {};
    case DType::kQ5_1: narrow_row<BlockQ5_1>(values, n, out); return {};
    case DType::kQ8_0: narrow_row<BlockQ8_0>(values, n, out); return {};
    default: return unsupported("quantize_row: expected a type from f32 to q8_0, found ", dtype_traits(type).name);
  }
}

}  // namespace tenfold
