#include "random_blocks.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "tensor/dequantize.h"
#include "tensor/half.h"
#include "tensor/quant_blocks.h"

namespace tenfold::random_model {

namespace {

// Where a block has its scales, and how big the minimum must be to make the mean weight 0: half of the largest code.
struct ScalePlaces {
  std::size_t d;
  bool has_min = false;
  std::size_t m = 0;
  float m_per_d = 0;
};

ScalePlaces scale_places(DType type) {
  switch (type) {
    case DType::kQ4_1: return {offsetof(BlockQ4_1, d), true, offsetof(BlockQ4_1, m), -7.5F};
    case DType::kQ5_1: return {offsetof(BlockQ5_1, d), true, offsetof(BlockQ5_1, m), -15.5F};
    case DType::kQ2_K: return {offsetof(BlockQ2_K, d), true, offsetof(BlockQ2_K, dmin), 1.5F};
    case DType::kQ4_K: return {offsetof(BlockQ4_K, d), true, offsetof(BlockQ4_K, dmin), 7.5F};
    case DType::kQ5_K: return {offsetof(BlockQ5_K, d), true, offsetof(BlockQ5_K, dmin), 15.5F};
    case DType::kQ3_K: return {offsetof(BlockQ3_K, d)};
    case DType::kQ6_K: return {offsetof(BlockQ6_K, d)};
    default: return {0};  // the block begins with it
  }
}

void put_half(float value, std::byte* out) {
  const std::uint16_t half = float_to_half(value);
  std::memcpy(out, &half, sizeof(half));
}

}  // namespace

RandomBlocks::RandomBlocks(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {
  if (state_ == 0) state_ = 1;  // the one state that xorshift does not leave
}

// xorshift64*, Vigna 2016.
std::uint64_t RandomBlocks::bits() {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return state_ * 0x2545F4914F6CDD1DU;
}

float RandomBlocks::uniform(float low, float high) {
  return low + (high - low) * static_cast<float>(bits() >> 40) * 0x1p-24F;
}

void RandomBlocks::fill_plain(DType type, float low, float high, std::span<std::byte> out) {
  const std::size_t size = dtype_traits(type).block_bytes;
  for (std::size_t i = 0; i + size <= out.size(); i += size) {
    const float value = uniform(low, high);
    const std::uint16_t half = type == DType::kF16 ? float_to_half(value) : float_to_bf16(value);
    if (type == DType::kF32) {
      std::memcpy(&out[i], &value, 4);
    } else {
      std::memcpy(&out[i], &half, 2);
    }
  }
}

void RandomBlocks::fill_codes(std::span<std::byte> out) {
  for (std::size_t i = 0; i < out.size(); i += 8) {
    const std::uint64_t word = bits();
    std::memcpy(&out[i], &word, out.size() - i < 8 ? out.size() - i : 8);
  }
}

void RandomBlocks::set_scales(DType type, float d, std::span<std::byte> block) {
  const ScalePlaces places = scale_places(type);
  put_half(d, &block[places.d]);
  if (places.has_min) put_half(d * places.m_per_d, &block[places.m]);
}

float RandomBlocks::unit_rms(DType type) {
  float& rms = unit_rms_[static_cast<std::size_t>(type)];
  if (rms != 0) return rms;
  constexpr int kBlocks = 256;
  const DTypeTraits& traits = dtype_traits(type);
  const std::size_t n = std::size_t{kBlocks} * traits.block_elems;
  std::vector<std::byte> blocks(std::size_t{kBlocks} * traits.block_bytes);
  fill_codes(blocks);
  for (std::size_t at = 0; at < blocks.size(); at += traits.block_bytes) {
    set_scales(type, 1, std::span(blocks).subspan(at, traits.block_bytes));
  }
  std::vector<float> weights(n);
  dequantize_row(type, blocks.data(), static_cast<std::int64_t>(n), weights.data());
  double squares = 0;
  for (const float w : weights) squares += double{w} * w;
  rms = static_cast<float>(std::sqrt(squares / static_cast<double>(n)));
  return rms;
}

void RandomBlocks::fill(DType type, float rms, std::span<std::byte> out) {
  if (!is_quantized(type)) {
    const float end = rms * std::sqrt(3.0F);  // a uniform distribution's
    return fill_plain(type, -end, end, out);
  }
  const float d = rms / unit_rms(type);
  const std::size_t block_bytes = dtype_traits(type).block_bytes;
  fill_codes(out);
  for (std::size_t at = 0; at + block_bytes <= out.size(); at += block_bytes) {
    const std::uint64_t random = bits();
    const float size = 0.75F + static_cast<float>(random >> 40) * 0x1p-25F;  // 0.75…1.25
    set_scales(type, (random & 1) != 0 ? d * size : -d * size, out.subspan(at, block_bytes));
  }
}

void RandomBlocks::fill_norm(std::span<std::byte> out) { fill_plain(DType::kF32, 0.5F, 1.5F, out); }

}  // namespace tenfold::random_model
