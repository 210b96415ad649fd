#include "speed_line.h"

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

}  // namespace

std::string speed_line(const GenerateResult& result) {
  const GenerateTimings& timings = result.timings;
  std::string line = cat("[", counted(result.prompt_tokens.size(), "prompt token"));
  if (result.n_reused > 0) line += cat(" (", result.n_reused, " reused)");
  if (timings.prefill_tokens_per_s > 0) line += speed(timings.prefill_tokens_per_s);
  line += cat(" · ", counted(result.tokens.size(), "token"));
  if (timings.decode_tokens_per_s > 0) line += speed(timings.decode_tokens_per_s);
  if (result.n_drafted > 0) line += cat(" (", result.n_accepted, " of ", result.n_drafted, " guesses right)");
  if (timings.ttft_s > 0) line += cat(" · first token ", fixed(timings.ttft_s, timings.ttft_s < 10 ? 2 : 1), " s");
  return line + cat(" · peak ", human_bytes(static_cast<double>(peak_rss_bytes())), "]\n");
}

}  // namespace tenfold::cli
