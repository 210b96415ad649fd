// Sums that tell other bytes: XXH3 with 64 bits. Against damage, not against an attacker. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tenfold {

std::uint64_t byte_sum(std::span<const std::byte> bytes, std::uint64_t seed = 0) noexcept;

}  // namespace tenfold
