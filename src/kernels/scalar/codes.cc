#include "kernels/scalar/codes.h"

#include <cstring>

#include "base/contracts.h"
#include "tensor/half.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels::scalar {

namespace {

template <typename Block>
Block block_at(const void* row, int64_t i) {
  Block block;  // a copy: the file's blocks are not aligned
  std::memcpy(&block, static_cast<const unsigned char*>(row) + static_cast<std::size_t>(i) * sizeof(Block),
              sizeof(Block));
  return block;
}

void set_scales(CodeBlock& out, float scale, float min) {
  out.scale[0] = out.scale[1] = scale;
  out.min[0] = out.min[1] = min;
}

template <typename Code>
void set_nibbles(CodeBlock& out, const uint8_t* qs, Code&& code) {
  for (int i = 0; i < 16; ++i) {
    out.codes[i] = code(qs[i] & 15, i);
    out.codes[i + 16] = code(qs[i] >> 4, i + 16);
  }
}

int fifth_bit(const uint8_t* qh, int i) { return (qh[i / 8] >> (i % 8) & 1) << 4; }

void decode(const BlockQ4_0& b, int, CodeBlock& out) {
  set_nibbles(out, b.qs, [](int q, int) { return q - 8; });
  set_scales(out, half_to_float(b.d), 0);
}

void decode(const BlockQ4_1& b, int, CodeBlock& out) {
  set_nibbles(out, b.qs, [](int q, int) { return q; });
  set_scales(out, half_to_float(b.d), -half_to_float(b.m));
}

void decode(const BlockQ5_0& b, int, CodeBlock& out) {
  set_nibbles(out, b.qs, [&](int q, int i) { return (q | fifth_bit(b.qh, i)) - 16; });
  set_scales(out, half_to_float(b.d), 0);
}

void decode(const BlockQ5_1& b, int, CodeBlock& out) {
  set_nibbles(out, b.qs, [&](int q, int i) { return q | fifth_bit(b.qh, i); });
  set_scales(out, half_to_float(b.d), -half_to_float(b.m));
}

void decode(const BlockQ8_0& b, int, CodeBlock& out) {
  for (int i = 0; i < 32; ++i) out.codes[i] = b.qs[i];
  set_scales(out, half_to_float(b.d), 0);
}

void decode(const BlockIQ4_NL& b, int, CodeBlock& out) {
  set_nibbles(out, b.qs, [](int q, int) { return static_cast<int>(kIQ4Values[q]); });
  set_scales(out, half_to_float(b.d), 0);
}

// Below, `sub` is which 32 of the block's 256 elements.

void decode(const BlockQ2_K& b, int sub, CodeBlock& out) {
  const float d = half_to_float(b.d), dmin = half_to_float(b.dmin);
  for (int h = 0; h < 2; ++h) {
    const uint8_t scale = b.scales[sub * 2 + h];
    out.scale[h] = d * static_cast<float>(scale & 15);
    out.min[h] = dmin * static_cast<float>(scale >> 4);
  }
  for (int i = 0; i < 32; ++i) out.codes[i] = b.qs[sub / 4 * 32 + i] >> (sub % 4 * 2) & 3;
}

void decode(const BlockQ3_K& b, int sub, CodeBlock& out) {
  const float d = half_to_float(b.d);
  for (int h = 0; h < 2; ++h) {
    const int s = sub * 2 + h;
    const int low = b.scales[s % 8] >> (s / 8 * 4) & 15;
    const int high = b.scales[8 + s % 4] >> (s / 4 * 2) & 3;
    out.scale[h] = d * static_cast<float>((low | high << 4) - 32);
    out.min[h] = 0;
  }
  for (int i = 0; i < 32; ++i) {
    const int low = b.qs[sub / 4 * 32 + i] >> (sub % 4 * 2) & 3;
    out.codes[i] = low - ((b.hmask[i] >> sub & 1) ^ 1) * 4;
  }
}

void set_scale_min(CodeBlock& out, const uint8_t* scales, int sub, float d, float dmin) {
  int scale = scales[sub] & 63, min = scales[sub + 4] & 63;
  if (sub >= 4) {
    const int low = scales[sub + 4];
    scale = (low & 15) | (scales[sub - 4] >> 2 & 0x30);
    min = low >> 4 | (scales[sub] >> 2 & 0x30);
  }
  set_scales(out, d * static_cast<float>(scale), dmin * static_cast<float>(min));
}

void decode(const BlockQ4_K& b, int sub, CodeBlock& out) {
  set_scale_min(out, b.scales, sub, half_to_float(b.d), half_to_float(b.dmin));
  for (int i = 0; i < 32; ++i) out.codes[i] = b.qs[sub / 2 * 32 + i] >> (sub % 2 * 4) & 15;
}

void decode(const BlockQ5_K& b, int sub, CodeBlock& out) {
  set_scale_min(out, b.scales, sub, half_to_float(b.d), half_to_float(b.dmin));
  for (int i = 0; i < 32; ++i) {
    out.codes[i] = (b.qs[sub / 2 * 32 + i] >> (sub % 2 * 4) & 15) | (b.qh[i] >> sub & 1) << 4;
  }
}

void decode(const BlockQ6_K& b, int sub, CodeBlock& out) {
  const float d = half_to_float(b.d);
  for (int h = 0; h < 2; ++h) {
    out.scale[h] = d * static_cast<float>(b.scales[sub * 2 + h]);
    out.min[h] = 0;
  }
  for (int i = 0; i < 32; ++i) {
    const int low = b.ql[sub / 4 * 64 + sub % 2 * 32 + i] >> (sub % 4 / 2 * 4) & 15;
    const int high = b.qh[sub / 4 * 32 + i] >> (sub % 4 * 2) & 3;
    out.codes[i] = (low | high << 4) - 32;
  }
}

void decode(const BlockIQ4_XS& b, int sub, CodeBlock& out) {
  const int low = b.scales_l[sub / 2] >> (sub % 2 * 4) & 15;
  const int high = b.scales_h >> (sub * 2) & 3;
  set_scales(out, half_to_float(b.d) * static_cast<float>((low | high << 4) - 32), 0);
  set_nibbles(out, b.qs + sub * 16, [](int q, int) { return static_cast<int>(kIQ4Values[q]); });
}

template <typename Block, int kBlocks>
void decode_as(const void* row, int64_t i, CodeBlock& out) {
  decode(block_at<Block>(row, i / kBlocks), static_cast<int>(i % kBlocks), out);
}

}  // namespace

void decode_block(DType type, const void* row, int64_t i, CodeBlock& out) noexcept {
  TENFOLD_DCHECK(is_quantized(type) && i >= 0);
  switch (type) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16: return;
    case DType::kQ4_0: return decode_as<BlockQ4_0, 1>(row, i, out);
    case DType::kQ4_1: return decode_as<BlockQ4_1, 1>(row, i, out);
    case DType::kQ5_0: return decode_as<BlockQ5_0, 1>(row, i, out);
    case DType::kQ5_1: return decode_as<BlockQ5_1, 1>(row, i, out);
    case DType::kQ8_0: return decode_as<BlockQ8_0, 1>(row, i, out);
    case DType::kIQ4_NL: return decode_as<BlockIQ4_NL, 1>(row, i, out);
    case DType::kQ2_K: return decode_as<BlockQ2_K, 8>(row, i, out);
    case DType::kQ3_K: return decode_as<BlockQ3_K, 8>(row, i, out);
    case DType::kQ4_K: return decode_as<BlockQ4_K, 8>(row, i, out);
    case DType::kQ5_K: return decode_as<BlockQ5_K, 8>(row, i, out);
    case DType::kQ6_K: return decode_as<BlockQ6_K, 8>(row, i, out);
    case DType::kIQ4_XS: return decode_as<BlockIQ4_XS, 8>(row, i, out);
  }
}

}  // namespace tenfold::kernels::scalar
