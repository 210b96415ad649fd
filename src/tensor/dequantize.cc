#include "tensor/dequantize.h"

#include <cstring>

#include "base/contracts.h"
#include "tensor/half.h"
#include "tensor/quant_blocks.h"

namespace tenfold {

namespace {

// Every function below writes one block. The order of multiplications and additions is part of the format: another
// order would round differently.

// Nibble types of 32 elements: the low nibbles of 16 bytes, then the high ones.
template <typename Value>
void for_each_nibble(const std::uint8_t* qs, float* out, Value&& value) {
  for (int i = 0; i < 16; ++i) {
    out[i] = value(qs[i] & 15, i);
    out[i + 16] = value(qs[i] >> 4, i + 16);
  }
}

// Bit i of a little-endian 32-bit mask, as bit 4 of element i.
int fifth_bit(const std::uint8_t* qh, int i) { return (qh[i / 8] >> (i % 8) & 1) << 4; }

void widen(const BlockQ4_0& block, float* out) {
  const float d = half_to_float(block.d);
  for_each_nibble(block.qs, out, [&](int q, int) { return d * static_cast<float>(q - 8); });
}

void widen(const BlockQ4_1& block, float* out) {
  const float d = half_to_float(block.d);
  const float m = half_to_float(block.m);
  for_each_nibble(block.qs, out, [&](int q, int) { return d * static_cast<float>(q) + m; });
}

void widen(const BlockQ5_0& block, float* out) {
  const float d = half_to_float(block.d);
  for_each_nibble(block.qs, out,
                  [&](int q, int i) { return d * static_cast<float>((q | fifth_bit(block.qh, i)) - 16); });
}

void widen(const BlockQ5_1& block, float* out) {
  const float d = half_to_float(block.d);
  const float m = half_to_float(block.m);
  for_each_nibble(block.qs, out, [&](int q, int i) { return d * static_cast<float>(q | fifth_bit(block.qh, i)) + m; });
}

void widen(const BlockQ8_0& block, float* out) {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(block.qs[i]) * d;
}

void widen(const BlockIQ4_NL& block, float* out) {
  const float d = half_to_float(block.d);
  for_each_nibble(block.qs, out, [&](int q, int) { return d * static_cast<float>(kIQ4Values[q]); });
}

void widen(const BlockQ2_K& block, float* out) {
  const float d = half_to_float(block.d);
  const float dmin = half_to_float(block.dmin);
  for (int i = 0; i < 256; ++i) {
    const std::uint8_t scale = block.scales[i / 16];
    const float dl = d * static_cast<float>(scale & 15);
    const float ml = dmin * static_cast<float>(scale >> 4);
    // Each run of 32 bytes holds 4 × 32 elements, 2 bits each.
    const int q = block.qs[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
    out[i] = dl * static_cast<float>(q) - ml;
  }
}

// Scale i of 16: four low bits in scales[0…7] (low nibbles first), two high bits in scales[8…11].
int q3_scale(const std::uint8_t* scales, int i) {
  const int low = scales[i % 8] >> (i / 8 * 4) & 15;
  const int high = scales[8 + i % 4] >> (i / 4 * 2) & 3;
  return (low | high << 4) - 32;
}

void widen(const BlockQ3_K& block, float* out) {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 256; ++i) {
    const float dl = d * static_cast<float>(q3_scale(block.scales, i / 16));
    const int low = block.qs[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
    const int high = block.hmask[i % 32] >> (i / 32) & 1;  // set: nothing is taken away
    out[i] = dl * static_cast<float>(low - (high ^ 1) * 4);
  }
}

// The eight 6-bit scales and minima of Q4_K and Q5_K. Bytes 0…3 and 4…7 hold the first four of each, and in their upper
// two bits the upper bits of the last four, whose lower nibbles are in bytes 8…11.
struct ScaleMin {
  int scale;
  int min;
};
ScaleMin scale_min(const std::uint8_t* scales, int i) {
  if (i < 4) return {scales[i] & 63, scales[i + 4] & 63};
  const int low = scales[i + 4];
  return {(low & 15) | (scales[i - 4] >> 2 & 0x30), low >> 4 | (scales[i] >> 2 & 0x30)};
}

// Element i of 256 in runs of 32 bytes: 32 low nibbles, 32 high nibbles.
int nibble_of_run(const std::uint8_t* qs, int i) { return qs[i / 64 * 32 + i % 32] >> (i / 32 % 2 * 4) & 15; }

template <typename Block, typename Code>
void widen_scale_min(const Block& block, float* out, Code&& code) {
  const float d = half_to_float(block.d);
  const float dmin = half_to_float(block.dmin);
  for (int i = 0; i < 256; ++i) {
    const auto [scale, min] = scale_min(block.scales, i / 32);
    const float dl = d * static_cast<float>(scale);
    const float dm = dmin * static_cast<float>(min);
    out[i] = dl * static_cast<float>(code(i)) - dm;
  }
}

void widen(const BlockQ4_K& block, float* out) {
  widen_scale_min(block, out, [&](int i) { return nibble_of_run(block.qs, i); });
}

void widen(const BlockQ5_K& block, float* out) {
  widen_scale_min(block, out,
                  [&](int i) { return nibble_of_run(block.qs, i) | (block.qh[i % 32] >> (i / 32) & 1) << 4; });
}

void widen(const BlockQ6_K& block, float* out) {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 256; ++i) {
    const float dl = d * static_cast<float>(block.scales[i / 16]);
    const int half = i / 128;
    const int low = block.ql[half * 64 + i % 64] >> (i % 128 / 64 * 4) & 15;
    const int high = block.qh[half * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    out[i] = dl * static_cast<float>((low | high << 4) - 32);
  }
}

void widen(const BlockIQ4_XS& block, float* out) {
  const float d = half_to_float(block.d);
  for (int sub = 0; sub < 8; ++sub) {
    const int low = block.scales_l[sub / 2] >> (sub % 2 * 4) & 15;
    const int high = block.scales_h >> (sub * 2) & 3;
    const float dl = d * static_cast<float>((low | high << 4) - 32);
    for_each_nibble(block.qs + sub * 16, out + sub * 32,
                    [&](int q, int) { return dl * static_cast<float>(kIQ4Values[q]); });
  }
}

template <typename Block>
void widen_row(const void* blocks, std::int64_t n, std::int64_t block_elems, float* out) {
  const auto* bytes = static_cast<const unsigned char*>(blocks);
  for (std::int64_t i = 0; i < n / block_elems; ++i) {
    Block block;  // a copy: the file's blocks are not aligned
    std::memcpy(&block, bytes + static_cast<std::size_t>(i) * sizeof(Block), sizeof(Block));
    widen(block, out + i * block_elems);
  }
}

template <typename Convert>
void widen_16_bit(const void* values, std::int64_t n, float* out, Convert&& convert) {
  const auto* bytes = static_cast<const unsigned char*>(values);
  for (std::int64_t i = 0; i < n; ++i) {
    std::uint16_t value = 0;
    std::memcpy(&value, bytes + i * 2, sizeof(value));
    out[i] = convert(value);
  }
}

}  // namespace

void dequantize_row(DType type, const void* blocks, std::int64_t n, float* out) noexcept {
  TENFOLD_DCHECK(n >= 0 && n % dtype_traits(type).block_elems == 0);
  switch (type) {
    case DType::kF32:
      if (n > 0) std::memcpy(out, blocks, static_cast<std::size_t>(n) * sizeof(float));
      return;
    case DType::kF16: return widen_16_bit(blocks, n, out, half_to_float);
    case DType::kBF16: return widen_16_bit(blocks, n, out, bf16_to_float);
    case DType::kQ4_0: return widen_row<BlockQ4_0>(blocks, n, 32, out);
    case DType::kQ4_1: return widen_row<BlockQ4_1>(blocks, n, 32, out);
    case DType::kQ5_0: return widen_row<BlockQ5_0>(blocks, n, 32, out);
    case DType::kQ5_1: return widen_row<BlockQ5_1>(blocks, n, 32, out);
    case DType::kQ8_0: return widen_row<BlockQ8_0>(blocks, n, 32, out);
    case DType::kQ2_K: return widen_row<BlockQ2_K>(blocks, n, 256, out);
    case DType::kQ3_K: return widen_row<BlockQ3_K>(blocks, n, 256, out);
    case DType::kQ4_K: return widen_row<BlockQ4_K>(blocks, n, 256, out);
    case DType::kQ5_K: return widen_row<BlockQ5_K>(blocks, n, 256, out);
    case DType::kQ6_K: return widen_row<BlockQ6_K>(blocks, n, 256, out);
    case DType::kIQ4_NL: return widen_row<BlockIQ4_NL>(blocks, n, 32, out);
    case DType::kIQ4_XS: return widen_row<BlockIQ4_XS>(blocks, n, 256, out);
  }
}

}  // namespace tenfold
