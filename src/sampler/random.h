// Tenfold's own random numbers: Philox4x32-10 (Salmon et al., 2011).
//
// The n-th number is a function of seed and n alone: the same on every platform, and no state to keep in step when a
// conversation is resumed or a draft is rejected. Thread-safe.
#pragma once

#include <array>
#include <cstdint>

namespace tenfold {

// Ten rounds of Philox over a 128-bit counter with a 64-bit key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept;

// The n-th number of this seed, uniform in [0, 1), a multiple of 2^−53.
double uniform_random(std::uint64_t seed, std::uint64_t n) noexcept;

// A seed that nobody can foresee.
std::uint64_t fresh_seed() noexcept;

}  // namespace tenfold
