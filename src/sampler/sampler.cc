#include "sampler/sampler.h"

#include <algorithm>
#include <limits>

#include "sampler/bias.h"
#include "sampler/min_p.h"
#include "sampler/random.h"
#include "sampler/sampler_options.h"
#include "sampler/temperature.h"
#include "sampler/top_k.h"
#include "sampler/top_p.h"
#include "sampler/typical.h"

namespace tenfold {

namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

TokenId first_best(std::span<const float> scores) noexcept {
  const float best = max_score(scores.data(), scores.size());
  return static_cast<TokenId>(std::find(scores.begin(), scores.end(), best) - scores.begin());
}

TokenId first_number(std::span<const float> logits) noexcept {
  const auto found = std::find_if(logits.begin(), logits.end(), [](float x) { return x == x; });
  return found == logits.end() ? 0 : static_cast<TokenId>(found - logits.begin());
}

}  // namespace

Result<Sampler> Sampler::create(const SamplerOptions& options, int vocab_size, std::span<const TokenId> end_tokens) {
  TENFOLD_RETURN_IF_ERROR(validate_sampler_options(options, vocab_size));
  return Sampler(options, vocab_size, end_tokens);
}

Sampler::Sampler(const SamplerOptions& options, int vocab_size, std::span<const TokenId> end_tokens)
    : options_(options),
      vocab_size_(static_cast<std::size_t>(vocab_size)),
      seed_(options.seed ? *options.seed : fresh_seed()),
      penalties_(options, vocab_size, end_tokens),
      candidates_(vocab_size_) {}

TokenId Sampler::sample(std::span<const float> logits) noexcept {
  logits = logits.first(std::min(logits.size(), vocab_size_));
  if (logits.empty()) return 0;
  read_logits(logits);
  if (options_.temperature == 0) {
    const TokenId best = first_best(std::span<const float>(candidates_.scores).first(candidates_.n));
    return candidates_.scores[static_cast<std::size_t>(best)] > kLowest ? best : first_number(logits);
  }
  keep_top_k(candidates_, options_.top_k);
  if (!weigh_candidates(candidates_, options_.temperature)) return first_number(logits);
  keep_typical(candidates_, options_.typical_p, options_.temperature);
  keep_top_p(candidates_, options_.top_p);
  keep_min_p(candidates_, options_.min_p);
  return draw();
}

void Sampler::read_logits(std::span<const float> logits) noexcept {
  candidates_.n = logits.size();
  const std::span<float> scores = std::span<float>(candidates_.scores).first(candidates_.n);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = sane_score(logits[i]);
  add_bias(scores, options_.logit_bias);
  penalties_.apply(scores);
}

TokenId Sampler::draw() noexcept {
  const double target = uniform_random(seed_, n_drawn_++) * sum_of_weights(candidates_);
  double weight = 0;
  TokenId last = candidates_.ids.front();
  for (std::size_t i = 0; i < candidates_.n; ++i) {
    if (candidates_.weights[i] == 0) continue;
    last = candidates_.ids[i];
    weight += static_cast<double>(candidates_.weights[i]);
    if (weight > target) break;
  }
  return last;  // not reached only by rounding: then the last that has any weight
}

void Sampler::accept(TokenId token, bool from_prompt) noexcept {
  if (token >= 0 && static_cast<std::size_t>(token) < vocab_size_) penalties_.accept(token, from_prompt);
}

void Sampler::reset() noexcept {
  n_drawn_ = 0;
  penalties_.reset();
}

}  // namespace tenfold
