// What an engine takes of memory, by purpose, and whether there is so much. Plain values, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "tenfold/status.h"

namespace tenfold {

// What whoever is refused can do.
inline constexpr std::string_view kUseSmallerModel = "use a smaller model or context";
inline constexpr std::string_view kUseSmallerImage = "use a smaller image, or fewer at a time";

// Bytes.
struct MemorySum {
  std::uint64_t weights = 0;
  std::uint64_t vocabulary = 0;  // with the headers of the files
  std::uint64_t caches = 0;      // keys and values
  std::uint64_t working = 0;     // intermediate values, lists of sessions, and what calls have claimed
  int n_ctx = 0;
  int n_sessions = 0;
  std::string_view advice = kUseSmallerModel;
  [[nodiscard]] std::uint64_t total() const noexcept { return weights + vocabulary + caches + working; }
};

// What of the sum is there already, and so no longer among what is left: bytes that were touched, and bytes that are
// mapped, touched or not.
struct MemoryInUse {
  std::uint64_t touched = 0;
  std::uint64_t mapped = 0;
};

// What other engines were promised beside this one, and of that, what they have not touched and not mapped yet.
struct MemoryOfOthers {
  std::uint64_t promised = 0;
  std::uint64_t to_touch = 0;
  std::uint64_t to_map = 0;

  void add(const MemorySum& sum, const MemoryInUse& in_use) noexcept;
};

// What somebody allows; 0: no limit but the machine's.
struct MemoryLimits {
  std::uint64_t engine = 0;  // this engine alone
  std::uint64_t host = 0;    // all engines together
};

// The result is what is left beyond the sum.
// Errors: kResourceExhausted with the sum and the tightest limit: the caller's, the host's, the control group's, what
// the machine has available, or what may still be mapped; and what others were promised, if that is why.
Result<std::uint64_t> expect_fits(const MemorySum& sum, const MemoryInUse& in_use, const MemoryLimits& limits,
                                  const MemoryOfOthers& others = {});

}  // namespace tenfold
