#include "image/target_size.h"

#include <algorithm>
#include <cmath>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

// To the nearest whole number, halves to the even one.
int nearest_multiple(int side, int factor) {
  return static_cast<int>(std::nearbyint(static_cast<double>(side) / factor)) * factor;
}

int floor_multiple(double side, int factor) {
  return std::max(factor, static_cast<int>(std::floor(side / factor)) * factor);
}

int ceil_multiple(double side, int factor) { return static_cast<int>(std::ceil(side / factor)) * factor; }

}  // namespace

Result<ImageSize> target_size(ImageSize size, const TargetSizeRule& rule) {
  TENFOLD_DCHECK(size.width >= 1 && size.height >= 1 && rule.factor >= 1 && rule.max_pixels >= 1);
  double width = size.width, height = size.height;
  if (rule.widen_thin && std::min(width, height) < rule.factor) {
    const double scale = std::max(rule.factor / height, rule.factor / width);
    height = std::trunc(height * scale);
    width = std::trunc(width * scale);
  }
  if (std::max(width, height) / std::min(width, height) > kMaxAspect) {
    return invalid_argument("image: expected sides of which one is at most ", kMaxAspect, " times the other, found ",
                            size.width, " by ", size.height);
  }
  const ImageSize rounded{nearest_multiple(static_cast<int>(width), rule.factor),
                          nearest_multiple(static_cast<int>(height), rule.factor)};
  const double n_pixels = width * height;
  if (rounded.n_pixels() > rule.max_pixels) {
    const double shrink = std::sqrt(n_pixels / static_cast<double>(rule.max_pixels));
    return ImageSize{floor_multiple(width / shrink, rule.factor), floor_multiple(height / shrink, rule.factor)};
  }
  if (rounded.n_pixels() < rule.min_pixels) {
    const double grow = std::sqrt(static_cast<double>(rule.min_pixels) / n_pixels);
    return ImageSize{ceil_multiple(width * grow, rule.factor), ceil_multiple(height * grow, rule.factor)};
  }
  return rounded;
}

}  // namespace tenfold
