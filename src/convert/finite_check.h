// Whether a tensor's numbers survive their conversion: they must be finite, and within what the file's type can hold.
//
// One check a tensor: it is shown all elements, piece by piece, and says at the end what was wrong with them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold {

class FiniteCheck {
 public:
  explicit FiniteCheck(DType target);

  void look_at(std::span<const float> values);
  // Errors, all naming the tensor and how many elements: kCorruptData for what is not finite; kUnsupported for what is
  // too large, with the largest.
  [[nodiscard]] Status finish(const std::string& tensor) const;
  [[nodiscard]] bool all_zero() const { return largest_bits_ == 0; }

 private:
  DType target_;
  float limit_;                     // elements below it, in magnitude, can be held
  std::uint32_t largest_bits_ = 0;  // of all elements, without their signs
  std::uint64_t n_not_finite_ = 0;
  std::uint64_t n_too_large_ = 0;
  float largest_ = 0;
};

}  // namespace tenfold
