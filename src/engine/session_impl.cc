#include "engine/session_impl.h"

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/guard.h"
#include "engine/answer_text.h"
#include "engine/model_drafter.h"
#include "engine/ngram_drafter.h"
#include "engine/not_finite.h"
#include "engine/saved_text.h"
#include "tensor/number_scan.h"
#include "tokenizer/stream_decoder.h"

namespace tenfold {

namespace {

constexpr int kAllLogitsChunk = 64;  // tokens a step when every row of logits is wanted

// The answer as it grows: tokens to text, stop texts, the caller's callback.
class Answer {
 public:
  Answer(const Tokenizer& tokenizer, const GenerateOptions& options, const OnText& on_text, GenerateResult& result)
      : tokenizer_(tokenizer),
        special_(options.special),
        spelled_(options.spelled),
        decoder_(tokenizer, options.special),
        text_(options.stop),
        on_text_(on_text),
        result_(result) {}

  // False when the caller wants no more.
  bool add(TokenId token) {
    result_.tokens.push_back(token);
    show(text_.append(decoder_.append(token)));
    if (special_ == SpecialText::kHide && tokenizer_.is_special(token)) {
      const bool is_spelled = std::find(spelled_.begin(), spelled_.end(), token) != spelled_.end();
      show(is_spelled ? text_.append(tokenizer_.text(token)) : text_.append_unshown(tokenizer_.text(token)));
    }
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

  const Tokenizer& tokenizer_;
  SpecialText special_;
  std::span<const TokenId> spelled_;
  StreamDecoder decoder_;
  AnswerText text_;
  const OnText& on_text_;
  GenerateResult& result_;
  bool wants_more_ = true;
};

// logits: after n_tokens tokens. A token drawn from what is no number is no answer.
Status expect_numbers(std::span<const float> logits, int n_tokens, const ModelInfo& model) {
  if (all_finite(logits)) return {};
  return not_finite(cat("logits after ", n_tokens, n_tokens == 1 ? " token" : " tokens"), model.came_packed);
}

// Repetitions first: they cost next to nothing.
std::vector<std::unique_ptr<Drafter>> drafters_of(EngineImpl& engine, BatchScheduler::Client& turns) {
  const int n_ctx = engine.info().n_ctx;
  std::vector<std::unique_ptr<Drafter>> drafters;
  drafters.push_back(std::make_unique<NgramDrafter>(n_ctx));
  if (ServedModel* const draft = engine.draft_model()) {
    const double cost =
        static_cast<double>(draft->model->decode_bytes()) / static_cast<double>(engine.model().model->decode_bytes());
    drafters.push_back(std::make_unique<ModelDrafter>(turns, *draft, engine.draft_vocabulary(), n_ctx, cost));
  }
  return drafters;
}

}  // namespace

SessionImpl::SessionImpl(std::shared_ptr<EngineImpl> engine, MemoryPlace place)
    : engine_(std::move(engine)),
      place_(std::move(place)),
      turns_(engine_->scheduler(), cancel_bell_),
      text_(turns_, engine_->model(), engine_->info().n_ctx),
      ahead_(text_, engine_->info().vocab_size, drafters_of(*engine_, turns_)) {}

std::uint64_t SessionImpl::bytes_for(int n_ctx, int vocab_size, std::size_t longest_token) noexcept {
  // Of a position: the token here, in the index of what may repeat (with up to two slots and a place on a chain), in a
  // draft model's text, in the prompt and the answer, and its block's place; and the answer's text. Of a token of the
  // vocabulary: the rows of a step that checks drafts, and the sampler's lists.
  constexpr std::uint64_t kBytesOfPosition = 40;
  constexpr std::uint64_t kBytesOfToken = (1 + Lookahead::kMaxDrafts) * sizeof(float) + 32;
  return (kBytesOfPosition + longest_token) * static_cast<std::uint64_t>(n_ctx) +
         kBytesOfToken * static_cast<std::uint64_t>(vocab_size);
}

template <typename Body>
auto SessionImpl::exclusively(Body&& body) noexcept -> decltype(body()) {
  return guard([&]() -> decltype(body()) {
    const OneCall::Entry entry(calls_);
    TENFOLD_RETURN_IF_ERROR(entry.expect_in("session"));
    const auto drop_drafts = [](Lookahead* ahead) { ahead->drop_drafts(); };
    const std::unique_ptr<Lookahead, decltype(drop_drafts)> at_the_end(&ahead_, drop_drafts);
    cancel_ = false;  // the call is entered: what comes from now on counts
    return body();
  });
}

template <typename Body>
Result<GenerateResult> SessionImpl::exclusive_run(const GenerateOptions& options, Body&& body) noexcept {
  return exclusively([&]() -> Result<GenerateResult> {
    CancelledRun run(cancel_, cancel_bell_);
    TENFOLD_RETURN_IF_ERROR(run.enter(options.cancel));
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

Result<GenerateResult> SessionImpl::generate(std::span<const TokenId> prompt, const GenerateOptions& options,
                                             const OnText& on_text) {
  return exclusive_run(options, [&] { return generate_checked(prompt, {}, options, on_text); });
}

Result<GenerateResult> SessionImpl::generate(std::span<const TokenId> prompt, std::span<const ImageRef> images,
                                             const GenerateOptions& options, const OnText& on_text) {
  return exclusive_run(options, [&] { return generate_with(prompt, images, options, on_text); });
}

Result<GenerateResult> SessionImpl::generate_from(const MakePrompt& make, const GenerateOptions& options,
                                                  const OnText& on_text) {
  return exclusive_run(options, [&]() -> Result<GenerateResult> {
    const Result<Prompt> prompt = make(cancel_);
    if (cancel_) {
      GenerateResult nothing;
      nothing.finish_reason = FinishReason::kCancelled;
      return nothing;
    }
    if (!prompt.ok()) return prompt.status();
    return generate_with(prompt->tokens, prompt->images, options, on_text);
  });
}

Result<GenerateResult> SessionImpl::generate_with(std::span<const TokenId> prompt, std::span<const ImageRef> images,
                                                  const GenerateOptions& options, const OnText& on_text) {
  if (images.empty()) return generate_checked(prompt, {}, options, on_text);
  TENFOLD_ASSIGN_OR_RETURN(const TokenId placeholder, engine_->text().image_placeholder());
  TENFOLD_ASSIGN_OR_RETURN(const PlacedPrompt placed, place_images(prompt, images, placeholder));
  TENFOLD_RETURN_IF_ERROR(expect_images(placed.images));
  return generate_checked(placed.tokens, placed.images, options, on_text);
}

Status SessionImpl::expect_images(std::span<const PlacedImage> images) const {
  const auto width = static_cast<std::size_t>(engine_->info().model_dim);
  for (const PlacedImage& placed : images) {
    const EncodedImage& image = *placed.image;
    const std::size_t n_values = image.values != nullptr ? image.values->size() : 0;
    if (image.n_tokens() > 0 && n_values == static_cast<std::size_t>(image.n_tokens()) * width) continue;
    return invalid_argument("images: expected ", width, " numbers for each of ", image.n_tokens(), " tokens, found ",
                            n_values, "; the image was made for another model");
  }
  return {};
}

Result<Sampler> SessionImpl::make_sampler(std::span<const TokenId> prompt, const GenerateOptions& options) const {
  const int vocab_size = engine_->info().vocab_size;
  for (const TokenId token : options.stop_tokens) {
    if (token >= 0 && token < vocab_size) continue;
    return invalid_argument("stop_tokens: expected token ids 0…", vocab_size - 1, ", found ", token);
  }
  // Who goes on past the model's ends does not want to be spared from repeating them.
  const auto ends = options.ignore_end ? std::span<const TokenId>() : engine_->text().tokenizer().end_of_generation();
  TENFOLD_ASSIGN_OR_RETURN(Sampler sampler, Sampler::create(options.sampler, vocab_size, ends));
  for (const TokenId token : prompt) sampler.accept(token, /*from_prompt=*/true);
  return sampler;
}

Result<GenerateResult> SessionImpl::generate_checked(std::span<const TokenId> prompt,
                                                     std::span<const PlacedImage> images,
                                                     const GenerateOptions& options, const OnText& on_text) {
  const double start = monotonic_seconds();
  // One position is left for an answer.
  TENFOLD_RETURN_IF_ERROR(expect_fits("prompt", prompt, engine_->info().n_ctx - 1));
  TENFOLD_ASSIGN_OR_RETURN(Sampler sampler, make_sampler(prompt, options));

  GenerateResult result;
  result.prompt_tokens.assign(prompt.begin(), prompt.end());
  Answer answer(engine_->text().tokenizer(), options, on_text, result);
  const auto finish = [&](FinishReason reason) {
    result.finish_reason = reason;
    result.n_drafted = ahead_.n_drafted();
    result.n_accepted = ahead_.n_accepted();
    answer.finish();
    return result;
  };

  // The last prompt token is always computed: its logits choose the first token.
  result.n_reused = text_.keep_prefix(prompt, images, static_cast<int>(prompt.size()) - 1);
  const auto rest = prompt.subspan(static_cast<std::size_t>(result.n_reused));
  Status status = ahead_.begin(rest, options.speculate ? Speculation::kOn : Speculation::kOff, cancel_);
  const double first_token = monotonic_seconds();
  if (status.ok()) {  // a prompt that was not computed to its end has no speed
    result.timings.prefill_tokens_per_s = static_cast<double>(rest.size()) / (first_token - start);
    if (options.max_tokens != 0) result.timings.ttft_s = first_token - start;
  }

  while (true) {
    if (status.code() == StatusCode::kCancelled) return finish(FinishReason::kCancelled);
    TENFOLD_RETURN_IF_ERROR(status);
    const int n = static_cast<int>(result.tokens.size());
    if (options.max_tokens == 0) return finish(FinishReason::kLength);
    TENFOLD_RETURN_IF_ERROR(expect_numbers(ahead_.logits(), ahead_.n_known_tokens(), engine_->info()));
    const TokenId token = sampler.sample(ahead_.logits());
    if (ends_answer(token, options)) {
      result.ended_itself = engine_->is_end_token(token);
      return finish(FinishReason::kStop);
    }
    sampler.accept(token, /*from_prompt=*/false);
    const bool wants_more = answer.add(token);
    if (n > 0) result.timings.decode_tokens_per_s = n / (monotonic_seconds() - first_token);
    if (answer.stopped()) return finish(FinishReason::kStop);
    if (!wants_more) return finish(FinishReason::kCancelled);
    // How many tokens the answer may still have after this one.
    int room = engine_->info().n_ctx - 1 - ahead_.n_known_tokens();
    if (options.max_tokens > 0) room = std::min(room, options.max_tokens - (n + 1));
    if (room <= 0) return finish(FinishReason::kLength);
    status = ahead_.advance(token, room - 1, cancel_);
  }
}

bool SessionImpl::ends_answer(TokenId token, const GenerateOptions& options) const {
  if (!options.ignore_end && engine_->is_end_token(token)) return true;
  return std::find(options.stop_tokens.begin(), options.stop_tokens.end(), token) != options.stop_tokens.end();
}

Result<std::vector<float>> SessionImpl::logits(std::span<const TokenId> tokens, LogitRows wanted) {
  return exclusively([&]() -> Result<std::vector<float>> {
    TENFOLD_RETURN_IF_ERROR(expect_fits("tokens", tokens, engine_->info().n_ctx));
    const auto vocab = static_cast<std::size_t>(engine_->info().vocab_size);
    const std::size_t n_rows = wanted == LogitRows::kAll ? tokens.size() : 1;
    // The caller's from now on, and so no longer ours to count after the call.
    TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim rows, engine_->memory().claim(n_rows * vocab * sizeof(float)));
    std::vector<float> all(n_rows * vocab);
    text_.truncate(0);
    if (wanted == LogitRows::kAll) {
      TENFOLD_RETURN_IF_ERROR(run_rows(tokens, all, [](std::span<const float>) { return Status(); }));
    } else {
      TENFOLD_RETURN_IF_ERROR(text_.feed(tokens, all, cancel_));
      TENFOLD_RETURN_IF_ERROR(expect_numbers(all, text_.n_tokens(), engine_->info()));
    }
    return all;
  });
}

Status SessionImpl::stream_logits(std::span<const TokenId> tokens, const OnLogits& on_rows) {
  return exclusively([&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_fits("tokens", tokens, engine_->info().n_ctx));
    const std::size_t n_floats =
        std::min<std::size_t>(tokens.size(), kAllLogitsChunk) * static_cast<std::size_t>(engine_->info().vocab_size);
    TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim claim, engine_->memory().claim(n_floats * sizeof(float)));
    std::vector<float> rows(n_floats);
    text_.truncate(0);
    return run_rows(tokens, rows, on_rows);
  });
}

// Rows for all tokens are filled one after the other; of fewer, each step overwrites those before.
Status SessionImpl::run_rows(std::span<const TokenId> tokens, std::span<float> rows, const OnLogits& on_rows) {
  const auto vocab = static_cast<std::size_t>(engine_->info().vocab_size);
  const auto chunk = static_cast<std::size_t>(std::min(kAllLogitsChunk, text_.max_step_tokens()));
  const bool keeps_all = rows.size() == tokens.size() * vocab;
  for (std::size_t at = 0; at < tokens.size(); at += chunk) {
    const std::size_t n = std::min(chunk, tokens.size() - at);
    const std::span<float> its_rows = rows.subspan(keeps_all ? at * vocab : 0, n * vocab);
    TENFOLD_RETURN_IF_ERROR(text_.step(tokens.subspan(at, n), Outputs::kAll, its_rows, cancel_));
    for (std::size_t i = 0; i < n; ++i) {
      TENFOLD_RETURN_IF_ERROR(
          expect_numbers(its_rows.subspan(i * vocab, vocab), static_cast<int>(at + i) + 1, engine_->info()));
    }
    TENFOLD_RETURN_IF_ERROR(on_rows(its_rows));
  }
  return {};
}

Status SessionImpl::append(std::span<const TokenId> tokens) {
  return exclusively([&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_fits("append", tokens, engine_->info().n_ctx - text_.n_tokens()));
    return ahead_.begin(tokens, Speculation::kOff, cancel_);
  });
}

Result<int> SessionImpl::truncate(int n_tokens) {
  return exclusively([&]() -> Result<int> {
    if (n_tokens < 0 || n_tokens > text_.n_tokens()) {
      return invalid_argument("truncate: expected 0…", text_.n_tokens(), " tokens, found ", n_tokens);
    }
    return text_.truncate(n_tokens);
  });
}

Result<std::vector<ImageRef>> SessionImpl::images() {
  return exclusively([&]() -> Result<std::vector<ImageRef>> {
    std::vector<ImageRef> images;
    for (const PlacedImage& placed : text_.images()) images.push_back(placed.image);
    return images;
  });
}

Status SessionImpl::save(const std::string& path, std::string_view note) {
  return exclusively([&] { return save_text(*engine_, text_, {path, note}, cancel_); });
}

Result<std::string> SessionImpl::restore(const std::string& path, const CheckNote& check) {
  return exclusively([&] { return restore_text(*engine_, {path, check}, text_, cancel_); });
}

}  // namespace tenfold
