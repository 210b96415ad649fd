#include "engine/draft_length.h"

#include "base/contracts.h"

namespace tenfold {

namespace {

constexpr double kWeightOfLatest = 1.0 / 6;  // about the last ten drafts count
constexpr double kForgottenPerToken = 1.0 / 64;
constexpr double kLeastGain = 1.05;  // of the expected speed; rates and costs are not known better

}  // namespace

void HitRate::record(bool hit) noexcept { value_ += kWeightOfLatest * ((hit ? 1.0 : 0.0) - value_); }

void HitRate::forget() noexcept { value_ += kForgottenPerToken * (prior_ - value_); }

int best_draft_length(double hit_rate, double cost, int limit) noexcept {
  TENFOLD_DCHECK(hit_rate >= 0 && hit_rate <= 1 && cost > 0 && limit >= 0);
  int best_length = 0;
  double best_speed = kLeastGain;
  double all_right = 1;  // probability
  double n_tokens = 1;   // expected of one step
  for (int length = 1; length <= limit; ++length) {
    all_right *= hit_rate;
    n_tokens += all_right;
    const double speed = n_tokens / (1 + cost * length);
    if (speed <= best_speed) continue;
    best_speed = speed;
    best_length = length;
  }
  return best_length;
}

}  // namespace tenfold
