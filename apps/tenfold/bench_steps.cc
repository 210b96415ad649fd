#include "bench_steps.h"

#include "base/clock.h"
#include "base/error.h"

namespace tenfold::cli {

std::vector<TokenId> bench_tokens(int n, int vocab_size) {
  std::vector<TokenId> tokens(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = static_cast<TokenId>(((7 * i + 13) % 40000 + 10) % static_cast<std::size_t>(vocab_size));
  }
  return tokens;
}

Status bench_stopped() { return cancelled("bench: stopped before it was done"); }

Result<double> time_prefill(Session& session, std::span<const TokenId> tokens) {
  TENFOLD_RETURN_IF_ERROR(session.truncate(0).status());
  const double begin = monotonic_seconds();
  TENFOLD_RETURN_IF_ERROR(session.append(tokens));
  return monotonic_seconds() - begin;
}

Status append_before(Session& session, std::span<const TokenId> before) {
  TENFOLD_RETURN_IF_ERROR(session.truncate(0).status());
  return before.empty() ? Status() : session.append(before);
}

Result<double> time_single_steps(Session& session, std::span<const TokenId> tokens, const Interrupt& interrupt) {
  const double begin = monotonic_seconds();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (interrupt.requested()) return bench_stopped();  // Session::cancel() between two steps would be lost
    TENFOLD_RETURN_IF_ERROR(session.append(tokens.subspan(i, 1)));
  }
  return monotonic_seconds() - begin;
}

Result<double> time_decode(Session& session, std::span<const TokenId> tokens, int depth, const Interrupt& interrupt) {
  const auto before = tokens.first(static_cast<std::size_t>(depth));
  TENFOLD_RETURN_IF_ERROR(append_before(session, before));
  return time_single_steps(session, tokens.subspan(before.size()), interrupt);
}

}  // namespace tenfold::cli
