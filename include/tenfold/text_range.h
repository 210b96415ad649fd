// TextRange: a part of a text, in bytes. Plain data.
#pragma once

#include <cstdint>

namespace tenfold {

struct TextRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  friend bool operator==(const TextRange&, const TextRange&) = default;
};

}  // namespace tenfold
