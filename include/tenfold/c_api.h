/* Tenfold from C, and from every language that can call C. Link with libtenfold; no C++ type crosses this line.
 *
 *   tf_engine* engine = NULL;  tf_session* session = NULL;  tf_error* error = NULL;
 *   if (tf_engine_open("model.gguf", NULL, &engine, &error) != TF_OK) { puts(tf_error_message(error)); … }
 *   tf_session_create(engine, &session, &error);
 *   tf_session_chat(session, "user", "Why is the sky blue?", NULL, on_text, user_data, NULL, &error);
 *
 * Every function that can fail returns a tf_status and, if `error` is not NULL, stores a tf_error that the caller frees
 * with tf_error_free; on success, *error becomes NULL. On failure a handle that was to be made becomes NULL. Handles
 * are opaque; NULL is allowed in every *_free. Engines are thread-safe; a session belongs to one thread at a time,
 * except tf_session_cancel, and a callback may call nothing else on its session. Strings are UTF-8 and end in a zero
 * byte. Nothing here throws, prints or ends the process.
 *
 * After fork() the child has no thread but the one that called it. It may go on with an engine that nobody was using at
 * that moment, slower; one that was at work on another thread may hang in the child. Open engines after the fork.
 *
 * The calling thread needs 64 KiB of stack that are free. Answers are those of rounding to nearest: with another
 * rounding mode (fesetround) when an engine is opened or used, the numbers are others.
 */
#ifndef TENFOLD_C_API_H_
#define TENFOLD_C_API_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TF_API __attribute__((visibility("default")))
#else
#define TF_API
#endif

/* The numbers of tenfold::StatusCode. */
typedef enum tf_status {
  TF_OK = 0,
  TF_INVALID_ARGUMENT = 1,
  TF_NOT_FOUND = 2,
  TF_CORRUPT_DATA = 3,
  TF_UNSUPPORTED = 4,
  TF_RESOURCE_EXHAUSTED = 5,
  TF_CANCELLED = 6,
  TF_FAILED_PRECONDITION = 7,
  TF_IO_ERROR = 8,
  TF_INTERNAL = 9
} tf_status;

typedef struct tf_engine tf_engine;
typedef struct tf_session tf_session;
typedef struct tf_error tf_error;

TF_API tf_status tf_error_status(const tf_error* error);
TF_API const char* tf_error_message(const tf_error* error); /* "" for NULL; lives as long as the error */
TF_API void tf_error_free(tf_error* error);

/* "0.1.0"; static. */
TF_API const char* tf_version(void);

/* Call tf_engine_options_init first: it fills in the defaults, and later versions may add fields at the end. */
typedef struct tf_engine_options {
  size_t struct_size;
  int32_t n_threads;           /* 0: the big cores that this process may use; at most all of its cores */
  int32_t n_ctx;               /* 0: the model's own limit, at most 8192 */
  int32_t exact;               /* 1: F32 activations and KV cache */
  int32_t kv_q8;               /* 1: 8-bit KV cache */
  uint64_t memory_limit_bytes; /* 0: what the machine has left, which is never exceeded */
  /* 0…1 while loading, on the calling thread; return false to cancel. May be NULL. */
  bool (*on_load_progress)(double fraction, void* user_data);
  void* user_data;
  const char* draft_path; /* a smaller model with the same vocabulary, which guesses ahead; NULL: none */
  /* Packed weights are kept in this folder, so that the next start need not pack them again. NULL: below
   * $XDG_CACHE_HOME or ~/.cache. An Android app gives its getCodeCacheDir() or getCacheDir(). */
  const char* cache_folder;
  bool no_cache;           /* pack at each start, keep nothing */
  const char* mmproj_path; /* the vision tower of a model that sees; NULL: none */
} tf_engine_options;
TF_API void tf_engine_options_init(tf_engine_options* options);

typedef struct tf_generate_options {
  size_t struct_size;
  int32_t max_tokens; /* < 0: until the model ends or the context is full; 0: only reads the prompt */
  float temperature, top_p, min_p, typical_p;
  int32_t top_k;
  float repeat_penalty, frequency_penalty, presence_penalty;
  uint64_t seed;
  bool has_seed;
  bool speculate; /* guess ahead where it pays: never changes what is answered (default true) */
} tf_generate_options;
TF_API void tf_generate_options_init(tf_generate_options* options);

typedef enum tf_pooling {
  TF_POOLING_DEFAULT = 0,
  TF_POOLING_MEAN = 1,
  TF_POOLING_LAST = 2,
  TF_POOLING_CLS = 3
} tf_pooling;

/* A flag that stops the work that was given it, from any thread or signal handler. */
typedef struct tf_cancel tf_cancel;
TF_API tf_cancel* tf_cancel_create(void); /* NULL if there is no memory */
TF_API void tf_cancel_request(tf_cancel* cancel);
TF_API void tf_cancel_free(tf_cancel* cancel);

typedef struct tf_embed_options {
  size_t struct_size;
  int32_t pooling;    /* a tf_pooling: how a text's tokens become one vector; default: what the model was made with */
  bool normalize;     /* to length 1 (default true) */
  tf_cancel* cancel;  /* may be NULL */
  bool parse_special; /* "[SEP]" in the text is that token (default false) */
  bool truncate;      /* cut a text that the context has no room for, instead of refusing it (default false) */
  const char* prompt_name; /* which of the model's prompts is put before the text; "": none; NULL: its default */
} tf_embed_options;
TF_API void tf_embed_options_init(tf_embed_options* options);

typedef enum tf_finish_reason { TF_FINISH_STOP = 0, TF_FINISH_LENGTH = 1, TF_FINISH_CANCELLED = 2 } tf_finish_reason;

typedef struct tf_result {
  tf_finish_reason finish_reason;
  int32_t n_prompt_tokens, n_reused_tokens, n_tokens;
  double ttft_s, prefill_tokens_per_s, decode_tokens_per_s;
} tf_result;

/* options may be NULL for the defaults. */
TF_API tf_status tf_engine_open(const char* path, const tf_engine_options* options, tf_engine** engine,
                                tf_error** error);
TF_API void tf_engine_free(tf_engine* engine); /* sessions keep what they need alive */

/* Numbers in the vector of a text; 0 for NULL. */
TF_API size_t tf_engine_embedding_dim(const tf_engine* engine);
/* Writes the vector of a text: n_floats must be tf_engine_embedding_dim(). From any thread. */
TF_API tf_status tf_engine_embed(tf_engine* engine, const char* text, const tf_embed_options* options, float* vector,
                                 size_t n_floats, tf_error** error);

TF_API tf_status tf_session_create(tf_engine* engine, tf_session** session, tf_error** error);
TF_API void tf_session_free(tf_session* session);

/* Gets whole UTF-8 characters; `text` is not zero-terminated. Return false to stop; it is then not called again. */
typedef bool (*tf_on_text)(const char* text, size_t n_bytes, void* user_data);

/* Continues from `prompt` taken as it is (special tokens in it are recognised if parse_special). A text that no context
 * has room for (the context's tokens times the bytes of the longest token, at least 1 MiB) is refused here, in
 * tf_session_chat and in tf_engine_embed before it is looked at. */
TF_API tf_status tf_session_generate(tf_session* session, const char* prompt, bool parse_special,
                                     const tf_generate_options* options, tf_on_text on_text, void* user_data,
                                     tf_result* result, tf_error** error);
/* Shows a picture, the bytes of a PNG, JPEG or WebP file, with the next message of tf_session_chat. max_pixels: make
 * larger ones smaller; 0: 1,024 tokens of 28 by 28 pixels. What is transparent shows white; of an animation, the first
 * picture. Takes seconds to minutes; tf_session_cancel stops it. After an error nothing more is shown. */
TF_API tf_status tf_session_show(tf_session* session, const void* bytes, size_t n_bytes, int64_t max_pixels,
                                 tf_error** error);
/* Width and height, in pixels, of the picture that was shown last, as the model sees it: some models (Qwen2.5-VL) give
 * places in these, to be scaled to the file's own. TF_FAILED_PRECONDITION if none was shown since the last reset. */
TF_API tf_status tf_session_shown_size(tf_session* session, int32_t* width, int32_t* height, tf_error** error);
/* Adds a message to the session's conversation and generates the answer, which becomes its next message. Control tokens
 * that the content spells out are text. After an error, or a cancel before the first token, the conversation is as it
 * was. */
TF_API tf_status tf_session_chat(tf_session* session, const char* role, const char* content,
                                 const tf_generate_options* options, tf_on_text on_text, void* user_data,
                                 tf_result* result, tf_error** error);
/* Forgets the conversation and the pictures that were shown. */
TF_API tf_status tf_session_reset(tf_session* session, tf_error** error);
/* From any thread or signal handler: stops the call in progress on the session, while it renders and tokenises too,
 * and inside prefill. Counts from the moment that call was entered until it returns; without one, does nothing. */
TF_API void tf_session_cancel(tf_session* session);

#ifdef __cplusplus
}
#endif
#endif /* TENFOLD_C_API_H_ */
