// One conversation: its KV sequence, the tokens in it, and the loop that makes an answer.
#pragma once

#include <atomic>
#include <memory>

#include "base/one_call.h"
#include "engine/cancelled_run.h"
#include "engine/engine_impl.h"
#include "engine/lookahead.h"
#include "sampler/sampler.h"
#include "tenfold/session.h"

namespace tenfold {

class SessionImpl final : public Session {
 public:
  SessionImpl(std::shared_ptr<EngineImpl> engine, MemoryPlace place);
  // What a session holds besides its KV cache, at most. longest_token: bytes of text.
  static std::uint64_t bytes_for(int n_ctx, int vocab_size, std::size_t longest_token) noexcept;

  Result<GenerateResult> generate(std::span<const TokenId> prompt, const GenerateOptions& options,
                                  const OnText& on_text) override;
  Result<GenerateResult> generate(std::span<const TokenId> prompt, std::span<const ImageRef> images,
                                  const GenerateOptions& options, const OnText& on_text) override;
  Result<GenerateResult> generate_from(const MakePrompt& make, const GenerateOptions& options,
                                       const OnText& on_text) override;
  Result<std::vector<float>> logits(std::span<const TokenId> tokens, LogitRows wanted) override;
  Status stream_logits(std::span<const TokenId> tokens, const OnLogits& on_rows) override;
  Status append(std::span<const TokenId> tokens) override;
  Result<int> truncate(int n_tokens) override;
  Result<std::vector<ImageRef>> images() override;
  Status save(const std::string& path, std::string_view note) override;
  Result<std::string> restore(const std::string& path) override { return restore(path, nullptr); }
  Result<std::string> restore(const std::string& path, const CheckNote& check) override;
  [[nodiscard]] int n_tokens() const noexcept override { return ahead_.n_known_tokens(); }
  void cancel() noexcept override {
    cancel_ = true;
    cancel_bell_.ring();
  }

 private:
  Result<GenerateResult> generate_with(std::span<const TokenId> prompt, std::span<const ImageRef> images,
                                       const GenerateOptions& options, const OnText& on_text);
  Result<GenerateResult> generate_checked(std::span<const TokenId> prompt, std::span<const PlacedImage> images,
                                          const GenerateOptions& options, const OnText& on_text);
  [[nodiscard]] Result<Sampler> make_sampler(std::span<const TokenId> prompt, const GenerateOptions& options) const;
  [[nodiscard]] bool ends_answer(TokenId token, const GenerateOptions& options) const;
  // Images of another model would be read past their ends.
  Status expect_images(std::span<const PlacedImage> images) const;
  // Runs `body`, which returns Status or Result, unless another call is at work on the session: from another thread, or
  // one that the caller's callback comes from.
  template <typename Body>
  auto exclusively(Body&& body) noexcept -> decltype(body());
  // The same for a run of generate(), which options.cancel can stop.
  template <typename Body>
  Result<GenerateResult> exclusive_run(const GenerateOptions& options, Body&& body) noexcept;
  // Hands out the rows of all tokens, through `rows`, which has room for some of them.
  Status run_rows(std::span<const TokenId> tokens, std::span<float> rows, const OnLogits& on_rows);
  // Errors: kInvalidArgument if there is no token, more than `room`, or one out of the vocabulary.
  Status expect_fits(const char* name, std::span<const TokenId> tokens, int room) const;

  std::shared_ptr<EngineImpl> engine_;  // dies last
  MemoryPlace place_;                   // given back when the keys and values have been
  Doorbell cancel_bell_;
  BatchScheduler::Client turns_;
  CachedText text_;
  Lookahead ahead_;  // of text_
  std::atomic<bool> cancel_ = false;
  OneCall calls_;
};

}  // namespace tenfold
