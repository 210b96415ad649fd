#include "convert/finite_check.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace tenfold {

namespace {

// From here on halves round to infinity.
constexpr float kHalfLimit = 65520;
// The scale of a block is a half: its largest element divided by the largest code.
constexpr float kCodesOfQ8 = 127;
constexpr float kCodesOfQ4 = 8;

float limit_of(DType type) {
  switch (type) {
    case DType::kF16: return kHalfLimit;
    case DType::kQ8_0: return kHalfLimit * kCodesOfQ8;
    case DType::kQ4_0: return kHalfLimit * kCodesOfQ4;
    case DType::kBF16: return std::bit_cast<float>(0x7f7f8000U);  // half way to the power of two that is infinity
    default: return std::numeric_limits<float>::infinity();
  }
}

}  // namespace

FiniteCheck::FiniteCheck(DType target) : target_(target), limit_(limit_of(target)) {}

void FiniteCheck::look_at(std::span<const float> values) {
  // The bits of magnitudes are in the order of the magnitudes, and those of infinity and NaN above all others.
  std::uint32_t most = 0;
  for (const float value : values) most = std::max(most, std::bit_cast<std::uint32_t>(value) & 0x7fffffffU);
  largest_bits_ = std::max(largest_bits_, most);
  if (most < std::bit_cast<std::uint32_t>(limit_)) return;
  for (const float value : values) {
    const float magnitude = std::abs(value);
    if (!std::isfinite(value)) {
      ++n_not_finite_;
    } else if (magnitude >= limit_) {
      ++n_too_large_;
      largest_ = std::max(largest_, magnitude);
    }
  }
}

Status FiniteCheck::finish(const std::string& tensor) const {
  if (n_not_finite_ > 0) {
    return corrupt_data("tensor ", printable(tensor), ": expected finite numbers, found ", n_not_finite_,
                        " that are infinite or no number; the checkpoint is broken");
  }
  if (n_too_large_ == 0) return {};
  return unsupported("tensor ", printable(tensor), ": expected numbers that ", dtype_traits(target_).name,
                     " can hold, found ", n_too_large_, " beyond it, the largest ", largest_,
                     "; convert with --type bf16 or f32");
}

}  // namespace tenfold
