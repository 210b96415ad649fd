#include "sampler/sampler_options.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tenfold {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNotANumber = std::nanf("");

std::string error_of(const SamplerOptions& options, int vocab_size = 100) {
  const Status status = validate_sampler_options(options, vocab_size);
  EXPECT_TRUE(status.ok() || status.code() == StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(SamplerOptions, DefaultsAndBordersAreFine) {
  EXPECT_EQ(error_of({}), "");
  SamplerOptions o;
  o.temperature = 0;
  o.top_k = 0;
  o.top_p = 0;
  o.min_p = 0;
  o.typical_p = 0;
  o.repeat_penalty = 0.01F;
  o.frequency_penalty = -2;
  o.presence_penalty = 2;
  o.logit_bias = {{0, -kInfinity}, {99, 100}};
  EXPECT_EQ(error_of(o), "");
  o.top_k = std::numeric_limits<int>::max();
  o.top_p = o.min_p = o.typical_p = 1;
  o.temperature = 1e30F;
  EXPECT_EQ(error_of(o), "");
}

struct BadCase {
  const char* name;
  float SamplerOptions::* field;
  float value;
};

TEST(SamplerOptions, EveryNumberHasItsRange) {
  const BadCase cases[] = {
      {"temperature", &SamplerOptions::temperature, -0.1F},
      {"temperature", &SamplerOptions::temperature, kInfinity},
      {"top_p", &SamplerOptions::top_p, -0.1F},
      {"top_p", &SamplerOptions::top_p, 1.1F},
      {"min_p", &SamplerOptions::min_p, -1},
      {"min_p", &SamplerOptions::min_p, 2},
      {"typical_p", &SamplerOptions::typical_p, -1},
      {"typical_p", &SamplerOptions::typical_p, kInfinity},
      {"repeat_penalty", &SamplerOptions::repeat_penalty, 0},
      {"repeat_penalty", &SamplerOptions::repeat_penalty, -1},
      {"repeat_penalty", &SamplerOptions::repeat_penalty, kInfinity},
      {"frequency_penalty", &SamplerOptions::frequency_penalty, 2.1F},
      {"frequency_penalty", &SamplerOptions::frequency_penalty, -kInfinity},
      {"presence_penalty", &SamplerOptions::presence_penalty, -2.1F},
      {"temperature", &SamplerOptions::temperature, kNotANumber},
      {"top_p", &SamplerOptions::top_p, kNotANumber},
      {"min_p", &SamplerOptions::min_p, kNotANumber},
      {"typical_p", &SamplerOptions::typical_p, kNotANumber},
      {"repeat_penalty", &SamplerOptions::repeat_penalty, kNotANumber},
      {"frequency_penalty", &SamplerOptions::frequency_penalty, kNotANumber},
      {"presence_penalty", &SamplerOptions::presence_penalty, kNotANumber},
  };
  for (const BadCase& bad : cases) {
    SamplerOptions options;
    options.*bad.field = bad.value;
    const std::string error = error_of(options);
    EXPECT_EQ(error.find(std::string(bad.name) + ": expected "), 0U) << bad.name << ' ' << bad.value << ": " << error;
    EXPECT_NE(error.find(", found "), std::string::npos);
  }
}

TEST(SamplerOptions, TopKBiasAndVocabulary) {
  SamplerOptions options;
  options.top_k = -1;
  EXPECT_EQ(error_of(options), "top_k: expected 0 (off) or more, found -1");
  options = {};
  for (const TokenId token : {-1, 100, std::numeric_limits<TokenId>::min()}) {
    options.logit_bias = {{5, 1}, {token, 1}};
    EXPECT_NE(error_of(options).find("from 0 to 99, found "), std::string::npos);
  }
  for (const float bias : {kInfinity, kNotANumber}) {
    options.logit_bias = {{5, bias}};
    EXPECT_EQ(error_of(options).find("logit_bias: expected "), 0U);
  }
  EXPECT_NE(error_of({}, 0), "");
  EXPECT_NE(error_of({}, -5), "");
}

}  // namespace
}  // namespace tenfold
