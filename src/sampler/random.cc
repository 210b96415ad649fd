#include "sampler/random.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>

namespace tenfold {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;  // the golden ratio
    key[1] += 0xBB67AE85;  // √3 − 1
  }
  return counter;
}

double uniform_random(std::uint64_t seed, std::uint64_t n) noexcept {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  const std::array<std::uint32_t, 4> r = philox4x32({low(n), high(n), 0, 0}, {low(seed), high(seed)});
  const std::uint64_t bits = (std::uint64_t{r[0]} << 32 | r[1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

std::uint64_t fresh_seed() noexcept {
  std::uint64_t seed = 0;
  if (syscall(SYS_getrandom, &seed, sizeof(seed), /*GRND_NONBLOCK*/ 1) == static_cast<long>(sizeof(seed))) return seed;
  // No entropy yet, or the call is not allowed here: time and place, stirred.
  const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  const auto place = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&seed));
  const auto r = philox4x32(
      {static_cast<std::uint32_t>(now), static_cast<std::uint32_t>(now >> 32), static_cast<std::uint32_t>(getpid()), 0},
      {static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(place >> 32)});
  return std::uint64_t{r[0]} << 32 | r[1];
}

}  // namespace tenfold
