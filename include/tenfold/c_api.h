/* Tenfold from C, and from every language that can call C. Link with libtenfold.
 *
 *   tf_engine* engine = NULL;
 *   tf_conversation* chat = NULL;
 *   tf_answer* answer = NULL;
 *   tf_error* error = NULL;
 *   if (tf_engine_open("model.gguf", NULL, &engine, &error) == TF_OK &&
 *       tf_conversation_create(engine, NULL, &chat, &error) == TF_OK &&
 *       tf_conversation_ask(chat, "Why is the sky blue?", NULL, NULL, NULL, &answer, &error) == TF_OK) {
 *     puts(tf_answer_text(answer, NULL));
 *   } else {
 *     puts(tf_error_message(error));
 *   }
 *   tf_answer_free(answer);
 *   tf_conversation_free(chat);
 *   tf_engine_free(engine);
 *   tf_error_free(error);
 *
 * Errors. Every function that can fail returns a tf_status and, if `error` is not NULL, stores a tf_error that the
 * caller frees with tf_error_free; on success, *error becomes NULL. On failure a handle that was to be made becomes
 * NULL. A NULL that may not be one is TF_INVALID_ARGUMENT and names the argument. Functions that only look at something
 * give 0, "" or NULL for a NULL or an index that is too large. Nothing here throws, prints or ends the process.
 *
 * Options. An object with the defaults, and a function for each choice. What is wrong with a choice is returned at once
 * and also kept: whoever takes the options refuses them with the first such failure, so the setters' results may be
 * ignored. Options are copied where they are taken: change or free them afterwards as you like. NULL stands for the
 * defaults.
 *
 * Handles are opaque, freed by the function of their name, in any order: what needs another keeps it alive. NULL may be
 * freed. No struct crosses this line, and every type has the same width in all releases. Texts are UTF-8 and end in a
 * zero byte; n_bytes, where it is not NULL, is told how many bytes come before it. What a const pointer points to lives
 * as long as the handle that gave it, unless said otherwise.
 *
 * Threads. An engine may be used from all of them, and so may a tf_cancel. Any other handle belongs to one thread at a
 * time. A callback runs on the thread of the call that it was given to. It may use everything but the conversation or
 * session that calls it, which refuses, and may not free that; it must not leave by longjmp or an exception.
 *
 * After fork() the child has no thread but the one that called it. It may free an engine, or go on with it, slower.
 * What another thread was doing at that moment is lost: its session or conversation, which is not to be freed either,
 * and for vectors or images the engine refuse calls in the child with TF_FAILED_PRECONDITION. A tf_cancel stops there
 * what the child runs. A call whose callback forks goes on in both processes, but what opens an engine or waits until
 * weights are stored ends with TF_FAILED_PRECONDITION in the child. Open engines after the fork.
 *
 * The calling thread needs 64 KiB of stack that are free. Answers are those of rounding to nearest: with another
 * rounding mode (fesetround) when an engine is opened or used, the numbers are others.
 *
 * Releases. Functions stay, with the version that their symbol has (TENFOLD_1.0); later ones are added. A program runs
 * with every library whose tf_abi_version() is at least the TF_ABI_VERSION that it was compiled with.
 */
#ifndef TENFOLD_C_API_H_
#define TENFOLD_C_API_H_

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

#define TF_ABI_VERSION 1
/* What the library has: TF_ABI_VERSION when it was made. */
TF_API int32_t tf_abi_version(void);
/* "0.1.0"; static. */
TF_API const char* tf_version(void);

/* ---- Errors ---- */

/* The numbers of tenfold::StatusCode. Later releases may add some. */
typedef int32_t tf_status;
enum {
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
};

typedef struct tf_error tf_error;
TF_API tf_status tf_error_status(const tf_error* error);    /* TF_OK for NULL */
TF_API const char* tf_error_message(const tf_error* error); /* what was expected and what was found */
TF_API void tf_error_free(tf_error* error);

/* ---- Callbacks. Those that return a number go on with 1 and stop with 0. ---- */

typedef int32_t (*tf_on_progress)(double fraction, void* user_data); /* 0…1 */
typedef void (*tf_on_warning)(const char* message, void* user_data);
/* Whole UTF-8 characters, n_bytes of them; not zero-terminated. Not called again after it has returned 0. */
typedef int32_t (*tf_on_text)(const char* text, size_t n_bytes, void* user_data);

/* ---- Cancelling ---- */

/* A wish to stop that cannot get lost: it ends the calls whose options have it, and those that begin later at once. It
 * stays requested. From any thread and from signal handlers: a request takes no lock and no memory. One may be given to
 * 64 answers at the same time. */
typedef struct tf_cancel tf_cancel;
TF_API tf_status tf_cancel_create(tf_cancel** cancel, tf_error** error);
TF_API void tf_cancel_request(tf_cancel* cancel);
TF_API int32_t tf_cancel_requested(const tf_cancel* cancel);
TF_API void tf_cancel_free(tf_cancel* cancel);

/* ---- Engines: one loaded model each ---- */

typedef int32_t tf_precision;
enum { TF_PRECISION_FAST = 0, TF_PRECISION_EXACT = 1 }; /* exact: F32 activations and KV cache, the reference */
typedef int32_t tf_kv_type;
enum { TF_KV_F16 = 0, TF_KV_Q8_0 = 1, TF_KV_F32 = 2 };

typedef struct tf_engine_options tf_engine_options;
TF_API tf_status tf_engine_options_create(tf_engine_options** options, tf_error** error);
TF_API void tf_engine_options_free(tf_engine_options* options);
/* 0, the default: the big cores that this process may use. More than all its cores are as many. */
TF_API tf_status tf_engine_options_set_n_threads(tf_engine_options* options, int32_t n_threads);
/* Positions that a session or conversation can hold. 0, the default: the model's own limit, at most 8192. */
TF_API tf_status tf_engine_options_set_n_ctx(tf_engine_options* options, int32_t n_ctx);
/* How many sessions and conversations may be open at once: 1…1024; 4 is the default. */
TF_API tf_status tf_engine_options_set_max_sessions(tf_engine_options* options, int32_t max_sessions);
/* 0, the default: what the machine has left, which is never exceeded. What would not fit is refused, with the sum. */
TF_API tf_status tf_engine_options_set_memory_limit(tf_engine_options* options, uint64_t n_bytes);
TF_API tf_status tf_engine_options_set_precision(tf_engine_options* options, tf_precision precision);
TF_API tf_status tf_engine_options_set_kv_type(tf_engine_options* options, tf_kv_type type);
/* Tokens that are read in one step: 1…4096. Fewer take less memory. */
TF_API tf_status tf_engine_options_set_prefill_chunk(tf_engine_options* options, int32_t n_tokens);
/* Kernels: "scalar", "avx2", …; the default is the fastest that this processor has. */
TF_API tf_status tf_engine_options_set_isa(tf_engine_options* options, const char* isa);
/* Packed weights are kept on disk, so that the next start need not pack them again: 1, the default, or 0. */
TF_API tf_status tf_engine_options_set_cache(tf_engine_options* options, int32_t on);
/* Where. The default is below $XDG_CACHE_HOME or ~/.cache. An Android app gives its getCodeCacheDir(). */
TF_API tf_status tf_engine_options_set_cache_folder(tf_engine_options* options, const char* folder);
/* For the packed weights of all models in that folder; 16 GiB is the default. */
TF_API tf_status tf_engine_options_set_cache_limit(tf_engine_options* options, uint64_t n_bytes);
/* A smaller model with the same vocabulary, which drafts tokens (a draft model): never changes what is answered. */
TF_API tf_status tf_engine_options_set_draft(tf_engine_options* options, const char* path);
/* The vision tower of a model that sees. */
TF_API tf_status tf_engine_options_set_mmproj(tf_engine_options* options, const char* path);
/* While loading; 0 cancels it. */
TF_API tf_status tf_engine_options_set_on_progress(tf_engine_options* options, tf_on_progress on_progress,
                                                   void* user_data);
/* What the loader had to guess and what will be slower, each once, before tf_engine_open returns; also kept in the
 * tf_model_info. Tenfold logs nothing else. */
TF_API tf_status tf_engine_options_set_on_warning(tf_engine_options* options, tf_on_warning on_warning,
                                                  void* user_data);

typedef struct tf_engine tf_engine;
/* Reads and packs the model; seconds for big ones. */
TF_API tf_status tf_engine_open(const char* path, const tf_engine_options* options, tf_engine** engine,
                                tf_error** error);
/* The same for n_bytes from `offset` on of a regular file that is open for reading, such as an asset of an Android
 * package that is stored without compression. The descriptor is duplicated, and its position is not used. */
TF_API tf_status tf_engine_open_fd(int32_t fd, uint64_t offset, uint64_t n_bytes, const tf_engine_options* options,
                                   tf_engine** engine, tf_error** error);
TF_API void tf_engine_free(tf_engine* engine);
/* After a first start the packed weights are stored in the background; an engine that is freed before leaves nothing
 * stored. Waits for it. on_progress may be NULL; TF_CANCELLED if it returned 0. TF_FAILED_PRECONDITION in the child of
 * a fork(), which leaves it to its parent. */
TF_API tf_status tf_engine_wait_until_stored(tf_engine* engine, tf_on_progress on_progress, void* user_data,
                                             tf_error** error);

/* ---- What a model is ---- */

typedef int32_t tf_pooling;
enum { TF_POOLING_MEAN = 0, TF_POOLING_LAST = 1, TF_POOLING_CLS = 2 };

typedef struct tf_model_info tf_model_info;
TF_API const tf_model_info* tf_engine_info(const tf_engine* engine); /* lives as long as this handle of the engine */
TF_API const char* tf_model_info_path(const tf_model_info* info);
TF_API const char* tf_model_info_name(const tf_model_info* info); /* general.name; may be empty */
TF_API const char* tf_model_info_architecture(const tf_model_info* info);
TF_API const char* tf_model_info_quantization(const tf_model_info* info); /* the type that most weights have: "q4_0" */
TF_API const char* tf_model_info_isa(const tf_model_info* info);          /* kernels in use: "avx512" */
TF_API const char* tf_model_info_chat_template(const tf_model_info* info, size_t* n_bytes); /* its source, or "" */
TF_API const char* tf_model_info_image_text(const tf_model_info* info); /* an image in a raw prompt; "": sees none */
TF_API uint64_t tf_model_info_n_params(const tf_model_info* info);
TF_API uint64_t tf_model_info_file_bytes(const tf_model_info* info);
TF_API uint64_t tf_model_info_weight_bytes(const tf_model_info* info); /* packed, in memory */
TF_API uint64_t tf_model_info_decode_bytes(const tf_model_info* info); /* of weights that one decode step reads */
/* A longer text is refused before it is looked at: no context has room for it. */
TF_API uint64_t tf_model_info_max_text_bytes(const tf_model_info* info);
TF_API int32_t tf_model_info_n_layers(const tf_model_info* info);
TF_API int32_t tf_model_info_model_dim(const tf_model_info* info);
TF_API int32_t tf_model_info_n_heads(const tf_model_info* info);
TF_API int32_t tf_model_info_n_kv_heads(const tf_model_info* info);
TF_API int32_t tf_model_info_head_dim(const tf_model_info* info);
TF_API int32_t tf_model_info_ffn_dim(const tf_model_info* info);
TF_API int32_t tf_model_info_vocab_size(const tf_model_info* info);
TF_API int32_t tf_model_info_n_ctx(const tf_model_info* info);       /* what a session of this engine holds */
TF_API int32_t tf_model_info_n_ctx_train(const tf_model_info* info); /* the model's own context length */
TF_API int32_t tf_model_info_n_threads(const tf_model_info* info);
TF_API double tf_model_info_load_s(const tf_model_info* info);
TF_API int32_t tf_model_info_came_packed(const tf_model_info* info); /* 1: as an earlier start packed it */
TF_API int32_t tf_model_info_can_answer(const tf_model_info* info);  /* 0: makes vectors of texts and nothing else */
TF_API int32_t tf_model_info_can_chat(const tf_model_info* info);    /* 1: has a chat template that can be read */
TF_API int32_t tf_model_info_can_see(const tf_model_info* info);
TF_API int32_t tf_model_info_vector_dim(const tf_model_info* info);      /* numbers in the vector of a text */
TF_API tf_pooling tf_model_info_pooling(const tf_model_info* info);      /* of vectors, if their options name none */
TF_API int32_t tf_model_info_max_text_tokens(const tf_model_info* info); /* longer texts of vectors are cut; 0: none */
TF_API int32_t tf_model_info_n_prompts(const tf_model_info* info);       /* for tf_embed_options_set_prompt_name */
TF_API const char* tf_model_info_prompt_name(const tf_model_info* info, int32_t index);
TF_API const char* tf_model_info_default_prompt(const tf_model_info* info);
TF_API int32_t tf_model_info_n_warnings(const tf_model_info* info);
TF_API const char* tf_model_info_warning(const tf_model_info* info, int32_t index);

/* ---- Texts and tokens ---- */

typedef struct tf_tokens tf_tokens;
TF_API const int32_t* tf_tokens_data(const tf_tokens* tokens, size_t* n_tokens);
TF_API void tf_tokens_free(tf_tokens* tokens);

typedef struct tf_text tf_text;
TF_API const char* tf_text_data(const tf_text* text, size_t* n_bytes);
TF_API void tf_text_free(tf_text* text);

/* Added together. BOS and EOS are only added if the model's file asks for them too. */
enum { TF_ADD_BOS = 1, TF_ADD_EOS = 2, TF_PARSE_SPECIAL = 4 }; /* parse: "<|im_end|>" in the text is that token */
/* cancel may be NULL. */
TF_API tf_status tf_engine_tokenize(tf_engine* engine, const char* text, uint32_t flags, const tf_cancel* cancel,
                                    tf_tokens** tokens, tf_error** error);

typedef int32_t tf_special_text;
enum { TF_SPECIAL_HIDE = 0, TF_SPECIAL_SHOW = 1 }; /* what control tokens are in a text */
TF_API tf_status tf_engine_detokenize(tf_engine* engine, const int32_t* tokens, size_t n_tokens,
                                      tf_special_text special, tf_text** text, tf_error** error);
TF_API int32_t tf_engine_is_end_token(const tf_engine* engine, int32_t token); /* 1: it ends an answer */

/* ---- Vectors of texts ---- */

typedef struct tf_embed_options tf_embed_options;
TF_API tf_status tf_embed_options_create(tf_embed_options** options, tf_error** error);
TF_API void tf_embed_options_free(tf_embed_options* options);
/* How the rows of a text's tokens become one vector. The default is what the model was made with. */
TF_API tf_status tf_embed_options_set_pooling(tf_embed_options* options, tf_pooling pooling);
TF_API tf_status tf_embed_options_set_normalize(tf_embed_options* options, int32_t on);     /* to length 1; default 1 */
TF_API tf_status tf_embed_options_set_parse_special(tf_embed_options* options, int32_t on); /* default 0 */
/* 1: cut a text that the context has no room for. 0, the default: refuse it. */
TF_API tf_status tf_embed_options_set_truncate(tf_embed_options* options, int32_t on);
/* Which of the model's prompts is put before the text; "": none. */
TF_API tf_status tf_embed_options_set_prompt_name(tf_embed_options* options, const char* name);
TF_API tf_status tf_embed_options_set_cancel(tf_embed_options* options, tf_cancel* cancel);
/* Writes the vector of a text: n_floats must be tf_model_info_vector_dim(). TF_CANCELLED if it was. */
TF_API tf_status tf_engine_embed(tf_engine* engine, const char* text, const tf_embed_options* options, float* vector,
                                 size_t n_floats, tf_error** error);

/* ---- Images ---- */

typedef struct tf_image_options tf_image_options;
TF_API tf_status tf_image_options_create(tf_image_options** options, tf_error** error);
TF_API void tf_image_options_free(tf_image_options* options);
/* Larger images are made smaller. The default is 1,024 tokens of 28 by 28 pixels. */
TF_API tf_status tf_image_options_set_max_pixels(tf_image_options* options, int64_t max_pixels);
TF_API tf_status tf_image_options_set_on_progress(tf_image_options* options, tf_on_progress on_progress,
                                                  void* user_data);
TF_API tf_status tf_image_options_set_cancel(tf_image_options* options, tf_cancel* cancel);

/* An image as the model of an engine sees it, for any number of messages. */
typedef struct tf_image tf_image;
/* bytes: of a PNG, JPEG or WebP file. What is transparent shows white; of an animation, the first image. Takes
 * seconds to minutes. */
TF_API tf_status tf_image_create(tf_engine* engine, const void* bytes, size_t n_bytes, const tf_image_options* options,
                                 tf_image** image, tf_error** error);
TF_API void tf_image_free(tf_image* image);
/* In pixels, as the model sees it: some models (Qwen2.5-VL) give places in these, to be scaled to the file's own. */
TF_API int32_t tf_image_width(const tf_image* image);
TF_API int32_t tf_image_height(const tf_image* image);
TF_API int32_t tf_image_n_tokens(const tf_image* image);
TF_API int32_t tf_image_is_animation(const tf_image* image);

/* ---- Messages ---- */

/* A call of a tool as a model wrote it. Belongs to the answer, message or piece that gave it. */
typedef struct tf_tool_call tf_tool_call;
TF_API const char* tf_tool_call_id(const tf_tool_call* call);
TF_API const char* tf_tool_call_name(const tf_tool_call* call); /* the model's: nobody may have offered that tool */
TF_API const char* tf_tool_call_arguments(const tf_tool_call* call); /* always a JSON object */

typedef int32_t tf_keep;
enum { TF_KEEP_WHILE_ROOM = 0, TF_KEEP_ALWAYS = 1 };

/* Like options, a message keeps the first failure of its setters for the call that takes it. */
typedef struct tf_message tf_message;
/* role: "system", "user", "assistant", "tool". */
TF_API tf_status tf_message_create(const char* role, tf_message** message, tf_error** error);
/* The result of a call, for the model to go on with. */
TF_API tf_status tf_message_create_tool_result(const tf_tool_call* call, const char* result, tf_message** message,
                                               tf_error** error);
TF_API void tf_message_free(tf_message* message);
/* Texts and images are read in the order in which they are added. */
TF_API tf_status tf_message_add_text(tf_message* message, const char* text);
TF_API tf_status tf_message_add_image(tf_message* message, const tf_image* image);
TF_API tf_status tf_message_set_thinking(tf_message* message, const char* thinking);
/* arguments_json: a JSON object; "" for none. */
TF_API tf_status tf_message_add_tool_call(tf_message* message, const char* id, const char* name,
                                          const char* arguments_json);
/* Of a message with the role "tool": which call it answers, and the tool's name; either may be "". */
TF_API tf_status tf_message_set_tool(tf_message* message, const char* tool_call_id, const char* name);
TF_API tf_status tf_message_set_keep(tf_message* message, tf_keep keep);
TF_API const char* tf_message_role(const tf_message* message);
TF_API int32_t tf_message_n_parts(const tf_message* message);
TF_API const char* tf_message_part_text(const tf_message* message, int32_t index, size_t* n_bytes);
TF_API int32_t tf_message_part_is_image(const tf_message* message, int32_t index);
TF_API const char* tf_message_thinking(const tf_message* message, size_t* n_bytes);
TF_API int32_t tf_message_n_tool_calls(const tf_message* message);
TF_API const tf_tool_call* tf_message_tool_call(const tf_message* message, int32_t index);
TF_API const char* tf_message_tool_call_id(const tf_message* message);
TF_API const char* tf_message_tool_name(const tf_message* message);
TF_API tf_keep tf_message_keep(const tf_message* message);

/* ---- How an answer is made ---- */

/* Sampling happens in this order: bias, penalties, temperature, top-k, typical, top-p, min-p. A value that is out of
 * its range is refused by the call that takes the options. */
typedef struct tf_generate_options tf_generate_options;
TF_API tf_status tf_generate_options_create(tf_generate_options** options, tf_error** error);
TF_API void tf_generate_options_free(tf_generate_options* options);
/* < 0, the default: until the model ends or the context is full; 0: only reads the prompt. */
TF_API tf_status tf_generate_options_set_max_tokens(tf_generate_options* options, int32_t max_tokens);
TF_API tf_status tf_generate_options_set_temperature(tf_generate_options* options, float temperature);   /* 0: greedy */
TF_API tf_status tf_generate_options_set_top_k(tf_generate_options* options, int32_t top_k);             /* 0: off */
TF_API tf_status tf_generate_options_set_top_p(tf_generate_options* options, float top_p);               /* 1: off */
TF_API tf_status tf_generate_options_set_min_p(tf_generate_options* options, float min_p);               /* 0: off */
TF_API tf_status tf_generate_options_set_typical_p(tf_generate_options* options, float typical_p);       /* 1: off */
TF_API tf_status tf_generate_options_set_repeat_penalty(tf_generate_options* options, float penalty);    /* 1: off */
TF_API tf_status tf_generate_options_set_frequency_penalty(tf_generate_options* options, float penalty); /* −2…2 */
TF_API tf_status tf_generate_options_set_presence_penalty(tf_generate_options* options, float penalty);  /* −2…2 */
TF_API tf_status tf_generate_options_set_seed(tf_generate_options* options, uint64_t seed); /* else a fresh one */
TF_API tf_status tf_generate_options_add_logit_bias(tf_generate_options* options, int32_t token, float bias);
/* A text or a token that ends the answer and is not part of it. */
TF_API tf_status tf_generate_options_add_stop(tf_generate_options* options, const char* text);
TF_API tf_status tf_generate_options_add_stop_token(tf_generate_options* options, int32_t token);
TF_API tf_status tf_generate_options_set_ignore_end(tf_generate_options* options, int32_t on); /* default 0 */
TF_API tf_status tf_generate_options_set_special(tf_generate_options* options, tf_special_text special);
/* Speculative decoding where it pays: never changes what is answered. 1 is the default. */
TF_API tf_status tf_generate_options_set_speculate(tf_generate_options* options, int32_t on);
TF_API tf_status tf_generate_options_set_cancel(tf_generate_options* options, tf_cancel* cancel);

/* ---- Answers ---- */

typedef int32_t tf_finish_reason;
enum { TF_FINISH_STOP = 0, TF_FINISH_LENGTH = 1, TF_FINISH_CANCELLED = 2 };

typedef struct tf_answer tf_answer;
TF_API void tf_answer_free(tf_answer* answer);
TF_API const char* tf_answer_text(const tf_answer* answer, size_t* n_bytes);
TF_API const char* tf_answer_thinking(const tf_answer* answer, size_t* n_bytes);
TF_API const char* tf_answer_raw_text(const tf_answer* answer, size_t* n_bytes); /* as the model wrote all of it */
TF_API int32_t tf_answer_n_tool_calls(const tf_answer* answer);
TF_API const tf_tool_call* tf_answer_tool_call(const tf_answer* answer, int32_t index);
TF_API tf_finish_reason tf_answer_finish_reason(const tf_answer* answer);
TF_API const int32_t* tf_answer_tokens(const tf_answer* answer, size_t* n_tokens); /* without the ending one */
TF_API int32_t tf_answer_n_tokens(const tf_answer* answer);
TF_API int32_t tf_answer_n_prompt_tokens(const tf_answer* answer);
TF_API int32_t tf_answer_n_reused_tokens(const tf_answer* answer); /* of the prompt, that need not be read again */
TF_API int32_t tf_answer_n_drafted(const tf_answer* answer);       /* draft tokens that were checked */
TF_API int32_t tf_answer_n_accepted(const tf_answer* answer);      /* of them, those that became tokens */
TF_API int32_t tf_answer_n_dropped(const tf_answer* answer);       /* messages that went, to make room for it */
TF_API double tf_answer_ttft_s(const tf_answer* answer);           /* from the call to the first token */
TF_API double tf_answer_prefill_tokens_per_s(const tf_answer* answer);
TF_API double tf_answer_decode_tokens_per_s(const tf_answer* answer);

typedef int32_t tf_kind;
enum { TF_PIECE_TEXT = 0, TF_PIECE_THINKING = 1, TF_PIECE_TOOL_CALL = 2 };

/* A part of an answer that is final. Lives as long as the callback that gets it. */
typedef struct tf_piece tf_piece;
TF_API tf_kind tf_piece_kind(const tf_piece* piece);
TF_API const char* tf_piece_text(const tf_piece* piece, size_t* n_bytes); /* whole UTF-8 characters */
TF_API const tf_tool_call* tf_piece_tool_call(const tf_piece* piece);     /* NULL for a text */
/* Not called again after it has returned 0; the answer then ends as TF_FINISH_CANCELLED. */
typedef int32_t (*tf_on_piece)(const tf_piece* piece, void* user_data);

/* ---- Conversations: messages in, answers out ---- */

typedef int32_t tf_when_full;
enum { TF_WHEN_FULL_DROP_OLDEST = 0, TF_WHEN_FULL_REFUSE = 1 };
/* What "<|im_end|>" is in what messages, tools and variables say: text, as all else there, or that token. */
typedef int32_t tf_given_text;
enum { TF_GIVEN_PLAIN = 0, TF_GIVEN_PARSED = 1 };

typedef struct tf_conversation_options tf_conversation_options;
TF_API tf_status tf_conversation_options_create(tf_conversation_options** options, tf_error** error);
TF_API void tf_conversation_options_free(tf_conversation_options* options);
TF_API tf_status tf_conversation_options_set_system(tf_conversation_options* options, const char* system);
/* What was said before, after the system message. */
TF_API tf_status tf_conversation_options_add_message(tf_conversation_options* options, const tf_message* message);
/* A JSON array of tool descriptions. */
TF_API tf_status tf_conversation_options_set_tools(tf_conversation_options* options, const char* json);
/* A JSON object of further template variables: {"enable_thinking": false}. */
TF_API tf_status tf_conversation_options_set_variables(tf_conversation_options* options, const char* json);
TF_API tf_status tf_conversation_options_set_when_full(tf_conversation_options* options, tf_when_full when_full);
TF_API tf_status tf_conversation_options_set_given_text(tf_conversation_options* options, tf_given_text given_text);

typedef struct tf_conversation tf_conversation;
TF_API tf_status tf_conversation_create(tf_engine* engine, const tf_conversation_options* options,
                                        tf_conversation** conversation, tf_error** error);
TF_API void tf_conversation_free(tf_conversation* conversation);
/* Adds messages and makes the answer, which becomes the next one. A cancel is no error: the answer's finish reason says
 * it. After an error, or where a cancel came before the first token, the conversation is as it was. on_piece and answer
 * may be NULL. */
TF_API tf_status tf_conversation_send(tf_conversation* conversation, const tf_message* const* messages,
                                      size_t n_messages, const tf_generate_options* options, tf_on_piece on_piece,
                                      void* user_data, tf_answer** answer, tf_error** error);
/* The same for one message of the user. */
TF_API tf_status tf_conversation_ask(tf_conversation* conversation, const char* text,
                                     const tf_generate_options* options, tf_on_piece on_piece, void* user_data,
                                     tf_answer** answer, tf_error** error);
/* What was said and not dropped, the system message first. */
TF_API int32_t tf_conversation_n_messages(const tf_conversation* conversation);
/* A copy of one of them, which the caller frees. */
TF_API tf_status tf_conversation_message(const tf_conversation* conversation, int32_t index, tf_message** message,
                                         tf_error** error);
/* Writes all that was said, and what the model has read of it, to a file, complete or not at all. A file of that name
 * is replaced only if it is a saved conversation, too. TF_FAILED_PRECONDITION for images that came with the options
 * and that no answer has been made about yet. */
TF_API tf_status tf_conversation_save(tf_conversation* conversation, const char* path, tf_error** error);
/* Becomes the conversation of a file, in another process too: the next answer is what it would have been, and nothing
 * is read again. It must be the same model with the same instruction set, precision and type of KV cache
 * (TF_FAILED_PRECONDITION says which is not), and the text must fit the context (TF_INVALID_ARGUMENT). TF_CORRUPT_DATA
 * for damage. After an error the conversation is as it was. */
TF_API tf_status tf_conversation_restore(tf_conversation* conversation, const char* path, tf_error** error);
/* Forgets all but the system message and what is kept always. */
TF_API tf_status tf_conversation_reset(tf_conversation* conversation, tf_error** error);

/* ---- Sessions: raw text, without a chat template ---- */

typedef struct tf_session tf_session;
TF_API tf_status tf_session_create(tf_engine* engine, tf_session** session, tf_error** error);
TF_API void tf_session_free(tf_session* session);
/* Makes the session's text exactly the prompt, BOS before it if the model wants that, and the answer. What it has read
 * of it before is not read again. on_text and answer may be NULL. */
TF_API tf_status tf_session_generate(tf_session* session, const char* prompt, tf_given_text given_text,
                                     const tf_generate_options* options, tf_on_text on_text, void* user_data,
                                     tf_answer** answer, tf_error** error);
/* The same for tokens, with an image for each of their placeholders (tf_model_info_image_text, parsed). */
TF_API tf_status tf_session_generate_tokens(tf_session* session, const int32_t* tokens, size_t n_tokens,
                                            const tf_image* const* images, size_t n_images,
                                            const tf_generate_options* options, tf_on_text on_text, void* user_data,
                                            tf_answer** answer, tf_error** error);
/* Writes the logits after the last token: n_floats must be tf_model_info_vocab_size(). */
TF_API tf_status tf_session_logits(tf_session* session, const int32_t* tokens, size_t n_tokens, float* logits,
                                   size_t n_floats, tf_error** error);
TF_API int32_t tf_session_n_tokens(const tf_session* session);
/* Forgets the session's text. */
TF_API tf_status tf_session_reset(tf_session* session, tf_error** error);

#ifdef __cplusplus
}
#endif
#endif /* TENFOLD_C_API_H_ */
