#include "tensor/number_scan.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/contracts.h"
#include "tensor/quant_blocks.h"

namespace tenfold {

namespace {

// Without their sign the bits of IEEE numbers are in the order of magnitudes, NaN above infinity.
template <typename Bits>
Numbers judge(Bits largest, Bits infinity) noexcept {
  if (largest == 0) return Numbers::kAllZero;
  return largest < infinity ? Numbers::kFinite : Numbers::kNotFinite;
}

template <typename Bits>
Numbers scan_floats(const void* values, std::int64_t n, Bits infinity) noexcept {
  constexpr auto kMagnitude = static_cast<Bits>(static_cast<Bits>(~Bits{0}) >> 1);
  const auto* bytes = static_cast<const unsigned char*>(values);
  Bits largest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    Bits bits;
    std::memcpy(&bits, bytes + static_cast<std::size_t>(i) * sizeof(Bits), sizeof(Bits));
    largest = std::max(largest, static_cast<Bits>(bits & kMagnitude));
  }
  return judge(largest, infinity);
}

// Where in a block its scales are, F16 all of them; a block with one scale has it twice here.
struct ScalePlaces {
  std::size_t first, second;
};

// In the order of DType, from Q4_0 on.
constexpr std::array<ScalePlaces, kNumDTypes - static_cast<int>(DType::kQ4_0)> kScalePlaces = {{
    {offsetof(BlockQ4_0, d), offsetof(BlockQ4_0, d)},
    {offsetof(BlockQ4_1, d), offsetof(BlockQ4_1, m)},
    {offsetof(BlockQ5_0, d), offsetof(BlockQ5_0, d)},
    {offsetof(BlockQ5_1, d), offsetof(BlockQ5_1, m)},
    {offsetof(BlockQ8_0, d), offsetof(BlockQ8_0, d)},
    {offsetof(BlockQ2_K, d), offsetof(BlockQ2_K, dmin)},
    {offsetof(BlockQ3_K, d), offsetof(BlockQ3_K, d)},
    {offsetof(BlockQ4_K, d), offsetof(BlockQ4_K, dmin)},
    {offsetof(BlockQ5_K, d), offsetof(BlockQ5_K, dmin)},
    {offsetof(BlockQ6_K, d), offsetof(BlockQ6_K, d)},
    {offsetof(BlockIQ4_NL, d), offsetof(BlockIQ4_NL, d)},
    {offsetof(BlockIQ4_XS, d), offsetof(BlockIQ4_XS, d)},
}};

constexpr Half kHalfInfinity = 0x7C00;

Numbers scan_scales(DType type, const void* blocks, std::int64_t n) noexcept {
  const ScalePlaces places = kScalePlaces[static_cast<std::size_t>(type) - static_cast<std::size_t>(DType::kQ4_0)];
  const DTypeTraits& traits = dtype_traits(type);
  const auto* block = static_cast<const unsigned char*>(blocks);
  int largest = 0;
  for (std::int64_t i = 0; i < n / traits.block_elems; ++i, block += traits.block_bytes) {
    Half first, second;
    std::memcpy(&first, block + places.first, sizeof(Half));
    std::memcpy(&second, block + places.second, sizeof(Half));
    largest = std::max({largest, first & 0x7FFF, second & 0x7FFF});
  }
  return judge(static_cast<Half>(largest), kHalfInfinity);
}

}  // namespace

Numbers scan_numbers(DType type, const void* blocks, std::int64_t n) noexcept {
  TENFOLD_DCHECK(n >= 0 && n % dtype_traits(type).block_elems == 0);
  switch (type) {
    case DType::kF32: return scan_floats<std::uint32_t>(blocks, n, 0x7F800000);
    case DType::kF16: return scan_floats<std::uint16_t>(blocks, n, kHalfInfinity);
    case DType::kBF16: return scan_floats<std::uint16_t>(blocks, n, 0x7F80);
    default: return scan_scales(type, blocks, n);
  }
}

}  // namespace tenfold
