// Views of what operators read and write: rows of one token each. They own nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/contracts.h"

namespace tenfold {

// [n_tokens, width] f32, `stride` floats from one token to the next.
struct Rows {
  float* data = nullptr;
  std::int64_t stride = 0;
  int n_tokens = 0;
  int width = 0;

  // token < n_tokens
  [[nodiscard]] float* row(int token) const {
    TENFOLD_DCHECK(token >= 0 && token < n_tokens);
    return data + token * stride;
  }
};

inline bool same_shape(const Rows& a, const Rows& b) { return a.n_tokens == b.n_tokens && a.width == b.width; }

// [n_tokens, width], f32 or Q8 rows as kernel_table.h lays them out: what a matrix is multiplied with.
struct Activations {
  const std::byte* data = nullptr;
  std::size_t stride_bytes = 0;
  int n_tokens = 0;
  int width = 0;
  bool q8 = false;

  // token < n_tokens
  [[nodiscard]] const std::byte* row(int token) const {
    TENFOLD_DCHECK(token >= 0 && token < n_tokens);
    return data + static_cast<std::size_t>(token) * stride_bytes;
  }
};

inline Activations as_activations(const Rows& x) {
  return {reinterpret_cast<const std::byte*>(x.data), static_cast<std::size_t>(x.stride) * sizeof(float), x.n_tokens,
          x.width, false};
}

}  // namespace tenfold
