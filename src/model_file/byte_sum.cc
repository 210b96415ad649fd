#include "model_file/byte_sum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tenfold {

std::uint64_t byte_sum(std::span<const std::byte> bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace tenfold
