// What the benchmarks time: prefill and decode of a session, by tokens that are the same every time.
#pragma once

#include <span>
#include <vector>

#include "interrupt.h"
#include "tenfold/session.h"

namespace tenfold::cli {

// Ids spread over the vocabulary.
std::vector<TokenId> bench_tokens(int n, int vocab_size);

// Seconds of one append from an empty session.
Result<double> time_prefill(Session& session, std::span<const TokenId> tokens);

// Seconds of single-token steps after the first `depth` tokens. Errors: kCancelled.
Result<double> time_decode(Session& session, std::span<const TokenId> tokens, int depth, const Interrupt& interrupt);

Status bench_stopped();

}  // namespace tenfold::cli
