#include "sampler/sampler_options.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr float kMaxPenalty = 2;

Status expect(bool ok, const char* name, const char* expected, float found) {
  if (ok) return {};
  return invalid_argument(name, ": expected ", expected, ", found ", found);
}

Status expect_share(const char* name, float value) {
  return expect(value >= 0 && value <= 1, name, "a number from 0 to 1", value);
}

Status expect_penalty(const char* name, float value) {
  return expect(value >= -kMaxPenalty && value <= kMaxPenalty, name, "a number from -2 to 2", value);
}

}  // namespace

// Every comparison is false for NaN, so NaN is refused everywhere.
Status validate_sampler_options(const SamplerOptions& options, int vocab_size) {
  if (vocab_size < 1) return invalid_argument("vocab_size: expected at least 1, found ", vocab_size);
  TENFOLD_RETURN_IF_ERROR(expect(options.temperature >= 0 && std::isfinite(options.temperature), "temperature",
                                 "a finite number from 0", options.temperature));
  if (options.top_k < 0) return invalid_argument("top_k: expected 0 (off) or more, found ", options.top_k);
  TENFOLD_RETURN_IF_ERROR(expect_share("top_p", options.top_p));
  TENFOLD_RETURN_IF_ERROR(expect_share("min_p", options.min_p));
  TENFOLD_RETURN_IF_ERROR(expect_share("typical_p", options.typical_p));
  TENFOLD_RETURN_IF_ERROR(expect(options.repeat_penalty > 0 && std::isfinite(options.repeat_penalty), "repeat_penalty",
                                 "a finite number above 0", options.repeat_penalty));
  TENFOLD_RETURN_IF_ERROR(expect_penalty("frequency_penalty", options.frequency_penalty));
  TENFOLD_RETURN_IF_ERROR(expect_penalty("presence_penalty", options.presence_penalty));
  for (const auto& [token, bias] : options.logit_bias) {
    if (token < 0 || token >= vocab_size) {
      return invalid_argument("logit_bias: expected a token from 0 to ", vocab_size - 1, ", found ", token);
    }
    TENFOLD_RETURN_IF_ERROR(expect(bias < std::numeric_limits<float>::infinity(), "logit_bias",
                                   "a number, or -inf to forbid the token", bias));
  }
  return {};
}

}  // namespace tenfold
