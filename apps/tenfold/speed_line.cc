#include "speed_line.h"

#include <utility>

#include "base/cat.h"
#include "console.h"
#include "process_memory.h"

namespace tenfold::cli {

namespace {

std::string counted(std::size_t n, const char* what) { return cat(n, " ", what, n == 1 ? "" : "s"); }

// Three digits are all that a speed is known to.
std::string speed(double tokens_per_s) {
  return cat(", ", fixed(tokens_per_s, tokens_per_s < 10 ? 2 : tokens_per_s < 100 ? 1 : 0), " tok/s");
}

// What cut the answer short, or nothing.
std::string cut_by(const GenerateResult& result, const AnswerLimits& limits) {
  if (result.finish_reason != FinishReason::kLength) return {};
  const bool at_limit = limits.max_tokens >= 0 && std::cmp_greater_equal(result.tokens.size(), limits.max_tokens);
  if (!at_limit) return cat(", cut: the context of ", limits.n_ctx, " tokens is full (--ctx)");
  return cat(", cut at the limit of ", counted(result.tokens.size(), "token"), " (-n)");
}

}  // namespace

std::string speed_line(const GenerateResult& result, const AnswerLimits& limits) {
  const GenerateTimings& timings = result.timings;
  std::string line = cat("[", counted(result.prompt_tokens.size(), "prompt token"));
  if (result.n_reused > 0) line += cat(" (", result.n_reused, " reused)");
  if (timings.prefill_tokens_per_s > 0) line += speed(timings.prefill_tokens_per_s);
  line += cat(" · ", counted(result.tokens.size(), "token"));
  if (timings.decode_tokens_per_s > 0) line += speed(timings.decode_tokens_per_s);
  if (result.n_drafted > 0) line += cat(" (", result.n_accepted, " of ", result.n_drafted, " drafts accepted)");
  line += cut_by(result, limits);
  if (timings.ttft_s > 0) line += cat(" · first token ", fixed(timings.ttft_s, timings.ttft_s < 10 ? 2 : 1), " s");
  return line + cat(" · peak ", human_bytes(static_cast<double>(peak_rss_bytes())), "]\n");
}

}  // namespace tenfold::cli
