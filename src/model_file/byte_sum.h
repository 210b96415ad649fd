// Sums that tell other bytes: XXH3 with 64 bits. Against damage, not against an attacker. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tenfold {

std::uint64_t byte_sum(std::span<const std::byte> bytes, std::uint64_t seed = 0) noexcept;

// The same sum of bytes that come in pieces. One caller at a time.
class ByteSum {
 public:
  ByteSum();
  ~ByteSum();
  ByteSum(const ByteSum&) = delete;
  ByteSum& operator=(const ByteSum&) = delete;

  // Forgets what was added; the sum that begins now is byte_sum(…, seed).
  void begin(std::uint64_t seed) noexcept;
  void add(std::span<const std::byte> bytes) noexcept;
  // Of all that was added since the last call; the next sum begins.
  std::uint64_t take() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenfold
