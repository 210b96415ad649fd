#include "model_file/byte_sum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tenfold {

std::uint64_t byte_sum(std::span<const std::byte> bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

struct ByteSum::State {
  XXH3_state_t xxh3;
};

ByteSum::ByteSum() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh3); }

ByteSum::~ByteSum() = default;

void ByteSum::begin(std::uint64_t seed) noexcept { XXH3_64bits_reset_withSeed(&state_->xxh3, seed); }

void ByteSum::add(std::span<const std::byte> bytes) noexcept {
  XXH3_64bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

std::uint64_t ByteSum::take() noexcept {
  const std::uint64_t sum = XXH3_64bits_digest(&state_->xxh3);
  XXH3_64bits_reset(&state_->xxh3);
  return sum;
}

}  // namespace tenfold
