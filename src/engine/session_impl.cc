#include "engine/session_impl.h"

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/guard.h"
#include "engine/answer_text.h"
#include "tokenizer/stream_decoder.h"

namespace tenfold {

namespace {

constexpr int kAllLogitsChunk = 64;  // tokens a step when every row of logits is wanted

// The answer as it grows: tokens to text, stop texts, the caller's callback.
class Answer {
 public:
  Answer(const Tokenizer& tokenizer, const GenerateOptions& options, const OnText& on_text, GenerateResult& result)
      : decoder_(tokenizer), text_(options.stop), on_text_(on_text), result_(result) {}

  // False when the caller wants no more.
  bool add(TokenId token) {
    result_.tokens.push_back(token);
    show(text_.append(decoder_.append(token)));
    return wants_more_;
  }
  void finish() {
    show(text_.append(decoder_.flush()));
    show(text_.finish());
  }
  [[nodiscard]] bool stopped() const { return text_.stopped(); }

 private:
  // A caller who has said that it wants no more is not called again: it may have let go of what it needs for that.
  void show(const std::string& piece) {
    if (piece.empty() || !wants_more_) return;
    result_.text += piece;
    if (on_text_) wants_more_ = on_text_(piece);
  }

  StreamDecoder decoder_;
  AnswerText text_;
  const OnText& on_text_;
  GenerateResult& result_;
  bool wants_more_ = true;
};

}  // namespace

SessionImpl::SessionImpl(std::shared_ptr<EngineImpl> engine)
    : engine_(std::move(engine)),
      kv_(engine_->kv_pool(), engine_->info().n_ctx),
      logits_(static_cast<std::size_t>(engine_->info().vocab_size)) {
  history_.reserve(static_cast<std::size_t>(engine_->info().n_ctx));
}

template <typename Body>
auto SessionImpl::exclusively(Body&& body) noexcept -> decltype(body()) {
  return guard([&]() -> decltype(body()) {
    if (in_use_.exchange(true, std::memory_order_acquire)) {
      return failed_precondition("session: expected one call at a time, found another at work");
    }
    const auto leave = [](std::atomic<bool>* in_use) { in_use->store(false, std::memory_order_release); };
    const std::unique_ptr<std::atomic<bool>, decltype(leave)> until_the_end(&in_use_, leave);
    cancel_ = false;
    return body();
  });
}

Status SessionImpl::expect_fits(const char* name, std::span<const TokenId> tokens, int room) const {
  if (tokens.empty()) return invalid_argument(name, ": expected at least one token, found none");
  if (tokens.size() > static_cast<std::size_t>(std::max(room, 0))) {
    return invalid_argument(name, ": expected at most ", room, " tokens in a context of ", engine_->info().n_ctx,
                            ", found ", tokens.size(), "; shorten it or ask for a larger context");
  }
  const int vocab_size = engine_->info().vocab_size;
  for (const TokenId token : tokens) {
    if (token < 0 || token >= vocab_size) {
      return invalid_argument(name, ": expected token ids 0…", vocab_size - 1, ", found ", token);
    }
  }
  return {};
}

int SessionImpl::reuse_prefix(std::span<const TokenId> tokens, int limit) {
  const auto [mine, theirs] = std::mismatch(history_.begin(), history_.end(), tokens.begin(), tokens.end());
  const int n = std::min(static_cast<int>(mine - history_.begin()), limit);
  kv_.truncate(n);
  history_.resize(static_cast<std::size_t>(n));
  return n;
}

Status SessionImpl::step(std::span<const TokenId> tokens, Outputs outputs, std::span<float> logits) {
  TENFOLD_RETURN_IF_ERROR(engine_->scheduler().run({&kv_, tokens, outputs}, logits, cancel_));
  history_.insert(history_.end(), tokens.begin(), tokens.end());
  return {};
}

Status SessionImpl::feed(std::span<const TokenId> tokens) {
  const auto chunk = static_cast<std::size_t>(engine_->scheduler().executor().limits().max_tokens);
  while (tokens.size() > chunk) {
    TENFOLD_RETURN_IF_ERROR(step(tokens.first(chunk), Outputs::kNone, {}));
    tokens = tokens.subspan(chunk);
  }
  return step(tokens, Outputs::kLast, logits_);
}

Result<GenerateResult> SessionImpl::generate(std::span<const TokenId> prompt, const GenerateOptions& options,
                                             const OnText& on_text) {
  return exclusively([&] { return generate_checked(prompt, options, on_text); });
}

Result<GenerateResult> SessionImpl::generate_checked(std::span<const TokenId> prompt, const GenerateOptions& options,
                                                     const OnText& on_text) {
  const double start = monotonic_seconds();
  // One position is left for an answer.
  TENFOLD_RETURN_IF_ERROR(expect_fits("prompt", prompt, engine_->info().n_ctx - 1));
  TENFOLD_ASSIGN_OR_RETURN(Sampler sampler, Sampler::create(options.sampler, engine_->info().vocab_size));
  for (const TokenId token : prompt) sampler.accept(token, /*from_prompt=*/true);

  GenerateResult result;
  result.prompt_tokens.assign(prompt.begin(), prompt.end());
  Answer answer(engine_->tokenizer(), options, on_text, result);
  const auto finish = [&](FinishReason reason) {
    result.finish_reason = reason;
    answer.finish();
    return result;
  };

  // The last prompt token is always computed: its logits choose the first token.
  result.n_reused = reuse_prefix(prompt, static_cast<int>(prompt.size()) - 1);
  Status status = feed(prompt.subspan(static_cast<std::size_t>(result.n_reused)));
  const double first_token = monotonic_seconds();
  if (status.ok()) {  // a prompt that was not computed to its end has no speed
    result.timings.prefill_tokens_per_s = (kv_.n_tokens() - result.n_reused) / (first_token - start);
    if (options.max_tokens != 0) result.timings.ttft_s = first_token - start;
  }

  while (true) {
    if (status.code() == StatusCode::kCancelled) return finish(FinishReason::kCancelled);
    TENFOLD_RETURN_IF_ERROR(status);
    const int n = static_cast<int>(result.tokens.size());
    if (options.max_tokens == 0) return finish(FinishReason::kLength);
    const TokenId token = sampler.sample(logits_);
    if (!options.ignore_end && engine_->is_end_token(token)) return finish(FinishReason::kStop);
    sampler.accept(token, /*from_prompt=*/false);
    const bool wants_more = answer.add(token);
    if (n > 0) result.timings.decode_tokens_per_s = n / (monotonic_seconds() - first_token);
    if (answer.stopped()) return finish(FinishReason::kStop);
    if (!wants_more) return finish(FinishReason::kCancelled);
    if (kv_.n_tokens() + 1 >= engine_->info().n_ctx) return finish(FinishReason::kLength);
    if (n + 1 == options.max_tokens) return finish(FinishReason::kLength);
    status = step({&token, 1}, Outputs::kLast, logits_);
  }
}

Result<std::vector<float>> SessionImpl::logits(std::span<const TokenId> tokens, bool all_positions) {
  return exclusively([&]() -> Result<std::vector<float>> {
    TENFOLD_RETURN_IF_ERROR(expect_fits("tokens", tokens, engine_->info().n_ctx));
    reuse_prefix(tokens, 0);
    if (!all_positions) {
      TENFOLD_RETURN_IF_ERROR(feed(tokens));
      return logits_;
    }
    const std::size_t vocab = logits_.size();
    std::vector<float> all(tokens.size() * vocab);
    const int limit = engine_->scheduler().executor().limits().max_tokens;
    const auto chunk = static_cast<std::size_t>(std::min(kAllLogitsChunk, limit));
    for (std::size_t at = 0; at < tokens.size(); at += chunk) {
      const std::size_t n = std::min(chunk, tokens.size() - at);
      TENFOLD_RETURN_IF_ERROR(
          step(tokens.subspan(at, n), Outputs::kAll, std::span(all).subspan(at * vocab, n * vocab)));
    }
    return all;
  });
}

Status SessionImpl::append(std::span<const TokenId> tokens) {
  return exclusively([&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_fits("append", tokens, engine_->info().n_ctx - kv_.n_tokens()));
    return feed(tokens);
  });
}

Status SessionImpl::truncate(int n_tokens) {
  return exclusively([&]() -> Status {
    if (n_tokens < 0 || n_tokens > kv_.n_tokens()) {
      return invalid_argument("truncate: expected 0…", kv_.n_tokens(), " tokens, found ", n_tokens);
    }
    kv_.truncate(n_tokens);
    history_.resize(static_cast<std::size_t>(n_tokens));
    return {};
  });
}

}  // namespace tenfold
