// Session: one conversation, its KV cache and its place in the text.
//
// One caller at a time, on any thread; cancel() alone may come from another thread at any moment. A call while another
// is at work, from a callback too, is refused with kFailedPrecondition. Sessions of one Engine on several threads take
// turns by step, and each gets the same share of the time: a prompt that is read beside an answer slows it to half its
// speed, in steps of about 50 ms. A session keeps its Engine alive.
//
//   TENFOLD_ASSIGN_OR_RETURN(auto engine, Engine::open("model.gguf", {}));
//   TENFOLD_ASSIGN_OR_RETURN(auto session, engine->create_session());
//   TENFOLD_ASSIGN_OR_RETURN(const auto prompt, engine->tokenize("The sky is blue because", {.add_bos = true}));
//   const auto print = [](std::string_view piece) {
//     return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size();
//   };
//   TENFOLD_ASSIGN_OR_RETURN(const GenerateResult result, session->generate(prompt, {}, print));
//   std::printf("\n%.0f tokens a second\n", result.timings.decode_tokens_per_s);
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenfold/image.h"
#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold {

struct GenerateTimings {
  double ttft_s = 0;  // from the call to the first token
  double prefill_tokens_per_s = 0;
  double decode_tokens_per_s = 0;  // tokens after the first
};

struct GenerateResult {
  std::vector<TokenId> prompt_tokens;  // an image is as many placeholders as it has tokens
  std::vector<TokenId> tokens;         // generated, without the ending token
  std::string text;                    // valid UTF-8, without the stop text
  FinishReason finish_reason = FinishReason::kStop;
  bool ended_itself = false;  // by the model's own end, not by a stop text or token
  GenerateTimings timings;
  int n_reused = 0;    // prompt tokens found in this session's KV cache
  int n_drafted = 0;   // draft tokens that were checked, see GenerateOptions::speculate
  int n_accepted = 0;  // of them, those that became tokens of the answer without a step of their own
};

// Gets each piece of the answer as it becomes final: always whole UTF-8 characters, never the beginning of a stop text.
// Return false to stop; the answer then ends as kCancelled and nothing more is passed. Called on the generating thread.
using OnText = std::function<bool(std::string_view piece)>;

// Gets rows of logits: [n, vocab_size] f32, row-major, valid during the call. An error stops, and is what the caller
// gets.
using OnLogits = std::function<Status(std::span<const float> rows)>;

// What a run begins with: tokens, and an image for each of their placeholders, in their order.
struct Prompt {
  std::vector<TokenId> tokens;
  std::vector<ImageRef> images = {};
};

// Makes a prompt within the run that it is for; `cancel` becomes true when the run is to stop. Called on the generating
// thread.
using MakePrompt = std::function<Result<Prompt>(const std::atomic<bool>& cancel)>;

// Says whether a saved session is one that the caller can use, by its note and images. An error refuses it. Called on
// the restoring thread.
using CheckNote = std::function<Status(std::string_view note, std::span<const ImageRef> images)>;

// After which tokens logits are wanted.
enum class LogitRows { kLast, kAll };

class Session {
 public:
  virtual ~Session() = default;

  // Makes the session's text exactly `prompt` followed by the answer. What the KV cache already holds of it (the same
  // tokens from the beginning) is not computed again, so a conversation is continued by passing all of it each time.
  // Errors: kInvalidArgument (prompt empty, not shorter than the context, token out of the vocabulary, bad sampler
  // options) leaves the session as it was; kResourceExhausted; kCorruptData if the logits are not finite, as those of
  // damaged weights. A cancelled run is no error: finish_reason says it; the session can go on. Where it was cancelled,
  // it keeps the text up to the last step that was finished.
  virtual Result<GenerateResult> generate(std::span<const TokenId> prompt, const GenerateOptions& options,
                                          const OnText& on_text) = 0;

  // The same for a prompt with images: one for each of its placeholder tokens (see ModelInfo::image_text), in their
  // order. Errors: also kInvalidArgument if there are more or fewer, kFailedPrecondition if the model sees none.
  virtual Result<GenerateResult> generate(std::span<const TokenId> prompt, std::span<const ImageRef> images,
                                          const GenerateOptions& options, const OnText& on_text) = 0;

  // The same for a prompt that is made within the run, so that cancel() stops the making, too: rendering and tokenising
  // a long conversation take their time. Errors: also those of `make`, unless the run was cancelled meanwhile; the
  // session is then as it was.
  virtual Result<GenerateResult> generate_from(const MakePrompt& make, const GenerateOptions& options,
                                               const OnText& on_text) = 0;

  // Logits after all tokens or after the last one: [n, vocab_size] or [1, vocab_size], row-major.
  // The session's text becomes `tokens`. Errors: kInvalidArgument; kResourceExhausted, also with the sum of bytes for
  // more rows than memory holds; kCancelled; kCorruptData if they are not finite.
  virtual Result<std::vector<float>> logits(std::span<const TokenId> tokens, LogitRows wanted) = 0;
  // The same after every token, handed out in order as they are made: memory is that of some rows, whatever the number
  // of tokens. Called on this thread. Errors: also what on_rows returns.
  virtual Status stream_logits(std::span<const TokenId> tokens, const OnLogits& on_rows) = 0;

  // Feeds tokens at the end of the text without sampling; the logits of the last one are kept for nobody. For
  // benchmarks. Errors: kInvalidArgument leaves the session as it was; kResourceExhausted; kCancelled.
  virtual Status append(std::span<const TokenId> tokens) = 0;

  // Forgets everything after the first n tokens, and the whole of an image that n is within. Models with sliding
  // windows or recurrent state can go back by a few tokens, and else to some places alone: then more is forgotten, up
  // to all. The result is how many tokens are left; what is missing of a prompt is read again by the next call. A
  // restored session has none of those places yet.
  virtual Result<int> truncate(int n_tokens) = 0;
  [[nodiscard]] virtual int n_tokens() const noexcept = 0;
  // The images in the text, in their order.
  virtual Result<std::vector<ImageRef>> images() = 0;

  static constexpr std::size_t kMaxNoteBytes = std::size_t{64} << 20;
  // Writes the text with its images, keys and values to a file. A session that restore()s it, in another process too,
  // goes on as this one would, bit for bit, and reads nothing again. The file is about as large as the used part of the
  // KV cache. It appears complete or not at all, for this user alone, and replaces nothing but another saved session.
  //
  //   note: bytes of the caller's that are kept along, at most kMaxNoteBytes: a conversation keeps its messages there
  //
  // An engine's first call of this kind also sums up its weights, which takes as long as some tokens do.
  // Errors: kInvalidArgument (note too long, another kind of file has that name); kNotFound if the folder is missing;
  // kIoError; kResourceExhausted; kCancelled. What was there before is then still there.
  virtual Status save(const std::string& path, std::string_view note) = 0;
  // Makes the session's text a saved one; returns the note. images() has its images, which need not be encoded again.
  // File and model may have moved, but it must be the same model, with the same tower if there are images, and the
  // same instruction set, precision and type of KV cache. Threads may differ, and contexts, unless the model turns by
  // other angles in long ones.
  // Errors, which leave the session as it was: kFailedPrecondition if one of these is not as it was; kInvalidArgument
  // if the text is longer than the context, or for anything but a file; kNotFound; kCorruptData for damage and other
  // kinds of files; kUnsupported if another version wrote it; kResourceExhausted; kIoError; kCancelled.
  virtual Result<std::string> restore(const std::string& path) = 0;
  // The same for a note that not every session has: `check` sees it before anything of the session's text goes. Errors:
  // also those of `check`; the session is then as it was, too.
  virtual Result<std::string> restore(const std::string& path, const CheckNote& check) = 0;

  // Stops the call in progress, inside prefill too, within about 50 ms. Counts from the moment that call was entered
  // until it returns; without one, does nothing. Whoever starts a thread for a run and may want to stop it before that
  // thread has got there looks at a flag of his own in generate_from()'s `make`: what came earlier is in the flag, what
  // comes later is not lost.
  virtual void cancel() noexcept = 0;
};

}  // namespace tenfold
