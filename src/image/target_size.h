// To which size an image is brought before a vision tower sees it.
#pragma once

#include "image/rgb_image.h"
#include "tenfold/status.h"

namespace tenfold {

struct TargetSizeRule {
  int factor = 28;              // both sides become multiples of it; at least 1
  std::int64_t min_pixels = 0;  // of the result, as near as whole factors allow
  std::int64_t max_pixels = 0;  // at least 1
  bool widen_thin = false;      // an image thinner than the factor is first made as thick, in proportion
};

inline constexpr int kMaxAspect = 200;

// size: at least one pixel.
// The multiples of the factor nearest to the image's sides, or, past a limit, those that keep its shape within it.
// Errors: kInvalidArgument for an image more than kMaxAspect times as long as wide. Thread-safe.
Result<ImageSize> target_size(ImageSize size, const TargetSizeRule& rule);

}  // namespace tenfold
