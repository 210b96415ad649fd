// Every choice a caller of Tenfold can make, each with its default and what it means. Plain values.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tenfold/cancel.h"
#include "tenfold/text_range.h"

namespace tenfold {

class Host;

using TokenId = std::int32_t;

enum class Precision {
  kFast,   // 8-bit activations where the weights are quantised
  kExact,  // F32 activations and F32 KV cache: the reference
};

// kF16: 16 bits a number; with AVX2 and AVX-512 these are whole numbers with a scale for each position instead of
// halves.
enum class KvCacheType { kF16, kQ8_0, kF32 };

struct EngineOptions {
  int n_threads = 0;  // 0: one for each big core this process may use; more than all its cores are as many. Engines
                      // share their threads: there are as many as the largest asked for, of which others use fewer
  Precision precision = Precision::kFast;
  KvCacheType kv_type = KvCacheType::kF16;  // kExact always uses kF32
  int n_ctx = 0;                            // positions a session can hold; 0: the model's own limit, at most 8192, and
                                            // with LongRoPE at most what needs no other angles
  int max_sessions = 4;                     // KV memory is grown as sessions use it, n_ctx positions each
  int prefill_chunk = 512;                  // tokens a step, 1…4096; less: smaller arena, quicker cancel
  bool fuse = true;                         // false: run the plain stages, one region each (for comparison)
  std::string isa;  // kernels: "scalar", "avx2", …; empty: TENFOLD_FORCE_ISA if that is set, else the fastest
  // Packed weights are kept on disk, so that the next start need not pack them again: see packed_cache.h.
  bool use_cache = true;
  std::string cache_folder;                                 // empty: $XDG_CACHE_HOME/tenfold/packed, else ~/.cache/…
  std::uint64_t cache_max_bytes = std::uint64_t{16} << 30;  // of all models together
  std::uint64_t cache_min_bytes = std::uint64_t{4} << 20;   // weights of less are packed in a blink
  bool time_stages = false;                                 // note where the time goes, see Engine::stage_times
  // For weights, vocabulary, KV caches and working memory of this engine together; never more than the machine, the
  // cgroup and RLIMIT_AS have left beside what other engines of the host were promised, which is the limit if this is
  // 0. What would not fit is refused, with the sum, when the model or a session is opened or a call would work in it.
  std::uint64_t memory_limit_bytes = 0;
  // A smaller model with the same vocabulary (but for unused tokens at its end, and a few of other names), which
  // drafts tokens where the text itself does not (a draft model); see GenerateOptions::speculate. Empty: none.
  std::string draft_path;
  // The vision tower of a model that sees: an mmproj file, see Engine::encode_image. Its weights are read for the first
  // image, but count among the memory from the start. Empty: none.
  std::string mmproj_path;
  // Whose threads, turns and memory this engine shares; null: the process's own, see host.h.
  std::shared_ptr<Host> host;
  // Called with 0…1 while the model loads, from the thread that opens it; return false to cancel.
  std::function<bool(double)> on_load_progress;
};

// What turning tokens into text makes of control tokens, such as <|im_end|>, and of the unknown one.
enum class SpecialText { kHide, kShow };

// What turning text into tokens does besides. BOS and EOS are added only if the model's file asks for them too.
struct TokenizeOptions {
  bool add_bos = false;                       // before the text
  bool add_eos = false;                       // after it: for a text that is complete, not for one to go on with
  bool parse_special = false;                 // "<|im_end|>" in the text is that token …
  std::span<const TextRange> given = {};      // … but in these parts, ascending and apart: there it is text,
                                              // as are tokens of other types that the chat template writes
  const std::atomic<bool>* cancel = nullptr;  // set it, from any thread, to stop (kCancelled); may be null
};

// How the rows of a text's tokens become one vector.
enum class Pooling {
  kMean,  // their mean
  kLast,  // the last token's
  kCls,   // the first token's
};

// How many tokens a text had, prompt and ends included, and how many of them its vector is made of.
struct TextUsage {
  std::size_t n_tokens = 0;
  std::size_t n_used = 0;
};

struct EmbedOptions {
  std::optional<Pooling> pooling;             // none: what the file says, else kMean of encoders, kLast of others
  bool normalize = true;                      // to length 1, so that dot products are cosines
  const std::atomic<bool>* cancel = nullptr;  // set it, from any thread, to stop; may be null
  // Of texts; tokens are taken as they are.
  std::optional<std::string> prompt_name;  // of ModelInfo::prompt_names, put before the text; "": none; nothing: the
                                           // model's default
  bool parse_special = false;              // "[SEP]" in the text is that token, as Hugging Face tokenizers take it
  // Cut a text that the context has no room for. One beyond the model's own limit (ModelInfo::max_text_tokens) always
  // is, as the model was made with.
  bool truncate = false;
  TextUsage* usage = nullptr;  // is told; may be null
};

// Sampling happens in this order: bias, penalties, temperature, top-k, typical, top-p, min-p. Penalties spare the
// tokens that end an answer (unless GenerateOptions::ignore_end), or a chat's ended turns would keep the model from
// ending.
struct SamplerOptions {
  float temperature = 0.8F;           // ≥ 0; 0 is greedy
  int top_k = 40;                     // 0: off
  float top_p = 0.95F;                // 0…1; 1: off
  float min_p = 0.05F;                // 0…1; 0: off
  float typical_p = 1.0F;             // 0…1; 1: off
  float repeat_penalty = 1.0F;        // > 0; 1: off; over prompt and answer
  float frequency_penalty = 0.0F;     // −2…2; generated tokens only
  float presence_penalty = 0.0F;      // −2…2; generated tokens only
  std::optional<std::uint64_t> seed;  // none: a fresh one each time
  std::vector<std::pair<TokenId, float>> logit_bias;
};

enum class FinishReason { kStop, kLength, kCancelled };

struct GenerateOptions {
  int max_tokens = -1;  // < 0: until the model ends or the context is full; 0: only reads the prompt
  SamplerOptions sampler;
  // Texts that end the answer; not part of it. One that is spelled like control tokens ends it at those, shown or not.
  std::vector<std::string> stop;
  std::vector<TokenId> stop_tokens;  // that end the answer, beside the model's own; not part of it
  bool ignore_end = false;           // go on past the model's end-of-answer tokens
  // kShow: markers such as Mistral's [TOOL_CALLS] are part of the answer's text. The token that ends it never is.
  SpecialText special = SpecialText::kHide;
  std::vector<TokenId>
      spelled;  // control tokens that are part of the text all the same, such as the marks of tool calls
  // Speculative decoding: draft the next tokens (from repetitions in the text, prompt-lookup decoding, or by
  // EngineOptions::draft_path) where drafts come true often enough, and check several in one step. Never changes what
  // is answered, only how fast.
  bool speculate = true;
  Cancel* cancel = nullptr;  // ends the answer as kCancelled, whether it came before or during the call; may be null
};

}  // namespace tenfold
