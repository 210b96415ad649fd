// Engine: one loaded model and its tokenizer. Threads, turns and memory it shares with the other engines of its Host
// (host.h), by default all of the process.
//
// Immutable after open() and thread-safe: any number of Sessions, on any threads, of any engines, take turns step by
// step, each getting the same share of the time. An Engine lives as long as the last shared_ptr or Session that
// holds it. Nothing here throws, prints or exits.
//
// After fork() the child has no thread but the one that called it. It may free an Engine, or go on with it, slower.
// What another thread was doing at that moment is lost: its Session, which is not to be freed either, and for vectors
// or images the Engine refuse calls in the child with kFailedPrecondition. A call whose callback forks goes on in
// both processes, but open() and wait_until_stored() end with kFailedPrecondition in the child. Open Engines after the
// fork.
//
//   TENFOLD_ASSIGN_OR_RETURN(auto engine, Engine::open("model.gguf", {}));
//   TENFOLD_ASSIGN_OR_RETURN(auto session, engine->create_session());
//   const std::vector<Message> messages = {{"user", "Why is the sky blue?"}};
//   TENFOLD_ASSIGN_OR_RETURN(const RenderedChat chat, engine->render_chat(messages, {}));
//   TENFOLD_ASSIGN_OR_RETURN(const std::vector<TokenId> prompt, engine->tokenize(chat, nullptr));
//   TENFOLD_ASSIGN_OR_RETURN(const GenerateResult result, session->generate(prompt, {}, nullptr));
//   std::puts(result.text.c_str());
//
// Conversation (conversation.h) does this for chats, and more.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenfold/file_slice.h"
#include "tenfold/image.h"
#include "tenfold/message.h"
#include "tenfold/options.h"
#include "tenfold/rendered_chat.h"
#include "tenfold/status.h"

namespace tenfold {

class Session;

struct ModelInfo {
  std::string path;          // "descriptor 5" of a FileSlice
  std::string architecture;  // "llama"
  std::string name;          // general.name, may be empty
  std::string quantization;  // the type most weights have: "q4_0"
  std::string isa;           // kernels in use: "avx512"
  std::uint64_t n_params = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t weight_bytes = 0;           // packed, in memory
  std::uint64_t decode_bytes = 0;           // weight bytes that one decode step reads
  std::uint64_t cache_bytes_per_token = 0;  // of the KV cache, where no sliding window gives any back
  std::uint64_t prefill_ops_per_token = 0;  // additions and multiplications with the layers' weights
  // Heads and FFN of the first layer that has attention.
  int n_layers = 0, model_dim = 0, n_heads = 0, n_kv_heads = 0, head_dim = 0, ffn_dim = 0, vocab_size = 0;
  int n_ctx_train = 0;  // the model's own context length
  int n_ctx = 0;        // what a session of this engine holds
  // A longer text is refused before it is looked at: no context of n_ctx tokens has room for it. n_ctx times the bytes
  // of the longest token, but at least 1 MiB and at most 1 GiB.
  std::uint64_t max_text_bytes = 0;
  int longest_token_bytes = 0;  // as the vocabulary spells it
  int n_threads = 0;
  double load_s = 0;
  bool came_packed = false;  // the weights were found on disk as an earlier start packed them
  bool has_chat_template = false;
  std::string chat_template;                 // its source, as the file has it; empty without one
  std::string chat_template_found = "none";  // without a template: "none", or "one that cannot be read: line 3: …"
  bool can_answer = true;                    // false: makes vectors of texts and nothing else
  Pooling pooling = Pooling::kLast;          // what embed() uses if its options name none
  int vector_dim = 0;                        // numbers in a vector: model_dim, unless the model projects them
  std::optional<int> max_text_tokens;        // embed() cuts longer texts, if the model's file says so
  std::vector<std::string> prompt_names;     // for EmbedOptions::prompt_name
  std::string default_prompt;                // the one that embed() takes if its options name none; "": none
  std::string image_text;  // what an image is in the text of a prompt: "<|begin_of_image|><|image|>…"; empty: sees none
  std::vector<std::string> warnings;  // what the loader had to guess
};

// Of each of the JSON texts in ChatOptions.
inline constexpr std::size_t kMaxChatJsonBytes = std::size_t{16} << 20;

// What "<|im_end|>" is in what messages, tools and variables say, and no template wrote.
enum class GivenText {
  kPlain,   // text, as all else there: nobody who is quoted ends a turn or begins one
  kParsed,  // that token, as in what the template writes
};

struct ChatOptions {
  std::string messages_json;  // if not empty: the whole messages array as JSON, instead of the span (tool calls, parts)
  std::string tools_json;     // a JSON array of tool descriptions; empty: none
  std::string variables_json;  // a JSON object of further template variables: {"enable_thinking": false}
  bool add_generation_prompt = true;
  GivenText given_text = GivenText::kPlain;
  const std::atomic<bool>* cancel = nullptr;  // may be set by any thread: render_chat ends with kCancelled
};

// What the stages of one kind took since the engine was opened, in all sessions.
struct StageTime {
  std::string stage;  // as `tenfold inspect --plan` has it: "attention 9 heads of 64"
  std::uint64_t n_runs = 0;
  double seconds = 0;
  double thread_seconds = 0;     // seconds times threads that took part
  double waited_seconds = 0;     // of those, waiting for other threads, or to begin
  std::uint64_t bytes_read = 0;  // weights and KV cache
};

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // Reads and packs the model; seconds for big ones, with progress. Errors: kNotFound, kIoError, kCorruptData,
  // kUnsupported (names the architecture, key, tensor or type), kResourceExhausted (with the sum of bytes), kCancelled;
  // kFailedPrecondition if a file changes while it is read;
  // those of a draft model begin with "draft model", kInvalidArgument if its vocabulary is another.
  static Result<std::shared_ptr<Engine>> open(const std::string& path, const EngineOptions& options);
  // The same for a GGUF file within one that is open already. Errors: also kInvalidArgument for a slice that is not
  // inside the file; kUnsupported for one part of many.
  static Result<std::shared_ptr<Engine>> open(const FileSlice& slice, const EngineOptions& options);
  virtual ~Engine() = default;

  [[nodiscard]] virtual const ModelInfo& info() const noexcept = 0;

  // Errors: kResourceExhausted when max_sessions are open or one more would not fit into memory; kFailedPrecondition
  // for a model that cannot answer.
  virtual Result<std::unique_ptr<Session>> create_session() = 0;

  // A text → one vector of info().vector_dim numbers, of any model; texts of similar meaning get vectors of similar
  // direction, if the model was trained for that. The text is put between BOS and EOS as the model's file asks, behind
  // its prompt, and cut where that asks for it. Calls from several threads take turns, with each other and, step by
  // step, with sessions.
  // Errors: kInvalidArgument for no token, more than info().n_ctx, a text of more than info().max_text_bytes, or an
  // unknown prompt; kResourceExhausted; kCancelled; kCorruptData if the vector is not finite.
  virtual Result<std::vector<float>> embed(std::string_view text, const EmbedOptions& options) = 0;
  virtual Result<std::vector<float>> embed(std::span<const TokenId> tokens, const EmbedOptions& options) = 0;

  // Text → ids. A prompt to go on with wants add_bos.
  // Errors: kInvalidArgument for more than info().max_text_bytes; kResourceExhausted with the sum of bytes.
  [[nodiscard]] virtual Result<std::vector<TokenId>> tokenize(std::string_view text,
                                                              const TokenizeOptions& options) const = 0;
  // Ids → valid UTF-8.
  [[nodiscard]] virtual Result<std::string> detokenize(std::span<const TokenId> tokens, SpecialText special) const = 0;

  // What render_chat gave: control tokens are those that the template wrote. cancel: as in TokenizeOptions.
  [[nodiscard]] Result<std::vector<TokenId>> tokenize(const RenderedChat& chat, const std::atomic<bool>* cancel) const {
    return tokenize(chat.text, {.parse_special = true, .given = chat.given, .cancel = cancel});
  }

  // A conversation as the model's own chat template writes it; BOS, where it belongs, is written too. Contents may be
  // texts or lists of parts ([{"type": "image"}, {"type": "text", "text": "…"}]), whichever the template is made for.
  // Each image, of parts or Message::parts, gives one placeholder. Every text is in it: what the template would drop
  // goes where it is shown, such as a system message in front of the next question, or is refused. Of thoughts it shows
  // those that the model is to see again.
  // Errors: kFailedPrecondition if the model has no template, or one that cannot be read, with the reason;
  // kInvalidArgument for a message that the template shows nowhere or that is none, arguments of a call that are no
  // JSON object, or messages of more than info().max_text_bytes together; kUnsupported for parts that are neither text
  // nor image; kResourceExhausted for JSON of more than kMaxChatJsonBytes or, with the sum of bytes, more than memory
  // holds; kCancelled; others from the template.
  [[nodiscard]] virtual Result<RenderedChat> render_chat(std::span<const Message> messages,
                                                         const ChatOptions& options) const = 0;

  // A PNG, JPEG or WebP file's bytes as an image for prompts. The first one waits for the tower's weights; an image
  // of which somebody still holds the result is only decoded. Sessions go on between the tower's stages. What is
  // transparent shows white, an image is turned as its Exif says, and of an animation the first image is seen.
  // Errors: kFailedPrecondition without a tower (EngineOptions::mmproj_path); kUnsupported, kCorruptData and
  // kResourceExhausted from the decoder; kCorruptData if the tower's weights, or what it makes of the image, are not
  // finite; kInvalidArgument for a limit or a shape that no size fits, or more tokens than a context has;
  // kResourceExhausted with the sum of bytes; kFailedPrecondition from within the on_progress of another image, for
  // which it would wait, and if the tower's file has changed since open(); kCancelled.
  virtual Result<ImageRef> encode_image(std::span<const std::byte> file, const ImageOptions& options) = 0;

  // After a first start the packed weights are being stored for the next one, by a thread that gives way to all others.
  // An engine that is destroyed before that is done leaves nothing stored; wait here to have it done: this thread then
  // does the rest of the work, as fast as it can. on_wait gets 0…1 many times a second (it may be null); false gives up
  // waiting. Errors: kCancelled then; kFailedPrecondition in the child of a fork(), which leaves it to its parent.
  virtual Status wait_until_stored(const std::function<bool(double)>& on_wait) = 0;

  // Where the time of the sessions' steps went, one entry for each kind of stage, in the order of the model's plan;
  // empty without EngineOptions::time_stages. Always grows: take the difference of two. Waits for its turn.
  virtual Result<std::vector<StageTime>> stage_times() = 0;

  // True for tokens that end an answer.
  [[nodiscard]] virtual bool is_end_token(TokenId token) const noexcept = 0;
};

}  // namespace tenfold
