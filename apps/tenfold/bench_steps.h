// What the benchmarks time: prefill and decode of a session, by tokens that are the same every time.
#pragma once

#include <span>
#include <vector>

#include "interrupt.h"
#include "tenfold/session.h"

namespace tenfold::cli {

struct BenchTokens {
  std::vector<TokenId> prompt;
  std::vector<TokenId> decoded;  // the first `depth` in one append
  int depth = 0;
};

// Ids spread over the vocabulary.
std::vector<TokenId> bench_tokens(int n, int vocab_size);

// Seconds of one append from an empty session.
Result<double> time_prefill(Session& session, std::span<const TokenId> tokens);

// Empties the session and appends the tokens that come before those that are timed.
Status append_before(Session& session, std::span<const TokenId> before);
// Seconds of single-token steps. Errors: kCancelled.
Result<double> time_single_steps(Session& session, std::span<const TokenId> tokens, const Interrupt& interrupt);
// The same after the first `depth` tokens.
Result<double> time_decode(Session& session, std::span<const TokenId> tokens, int depth, const Interrupt& interrupt);

Status bench_stopped();

}  // namespace tenfold::cli
