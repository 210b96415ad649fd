#include "tenfold/c_api.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/guard.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

using tenfold::ChatOptions;
using tenfold::EmbedOptions;
using tenfold::Engine;
using tenfold::EngineOptions;
using tenfold::GenerateOptions;
using tenfold::GenerateResult;
using tenfold::Message;
using tenfold::Prompt;
using tenfold::Result;
using tenfold::Session;
using tenfold::Status;
using tenfold::StatusCode;
using tenfold::TokenId;
using tenfold::TokenizeOptions;

struct tf_engine {
  std::shared_ptr<Engine> engine;
};

struct tf_session {
  std::shared_ptr<Engine> engine;
  std::unique_ptr<Session> session;
  std::vector<Message> conversation;
  std::vector<tenfold::ImageRef> shown;       // for the next message
  int32_t shown_width = 0, shown_height = 0;  // of the last of them; 0: none yet
  std::atomic<bool> cancel_picture = false;
};

struct tf_cancel {
  std::atomic<bool> requested = false;
};

struct tf_error {
  Status status;
  std::string message;
};

namespace {

static_assert(TF_INTERNAL == static_cast<int>(StatusCode::kInternal));
static_assert(TF_FINISH_CANCELLED == static_cast<int>(tenfold::FinishReason::kCancelled));

// Runs `body`, which returns a Status, and hands its failure to the caller. Nothing is thrown past this line.
template <typename Body>
tf_status call(tf_error** error, Body&& body) noexcept {
  if (error != nullptr) *error = nullptr;
  Status status = tenfold::guard(body);
  const auto code = static_cast<tf_status>(status.code());
  if (status.ok() || error == nullptr) return code;
  try {
    *error = new tf_error{status, std::string(status.message())};
  } catch (...) {
    // No memory left to say so: the code alone must do.
  }
  return code;
}

Status expect_not_null(const void* pointer, const char* name) {
  return pointer != nullptr ? Status() : tenfold::invalid_argument(name, ": expected a value, found NULL");
}

// Before a text is copied.
Status expect_room(const Engine& engine, const char* name, const char* text) {
  const std::size_t n_bytes = std::strlen(text);
  if (n_bytes <= engine.info().max_text_bytes) return {};
  return tenfold::invalid_argument(name, ": expected at most ", engine.info().max_text_bytes, " bytes, which ",
                                   engine.info().n_ctx, " tokens of context may stand for, found ", n_bytes);
}

// What the caller's version of a struct holds, over the defaults: fields that it does not know keep theirs.
template <typename Options>
Status read_options(const Options* given, void (*init)(Options*), Options& out) {
  init(&out);
  if (given == nullptr) return {};
  if (given->struct_size < sizeof(std::size_t) || given->struct_size > sizeof(Options)) {
    return tenfold::invalid_argument("struct_size: expected up to ", sizeof(Options), ", found ", given->struct_size,
                                     "; call the init function first");
  }
  std::memcpy(&out, given, given->struct_size);
  return {};
}

EngineOptions to_engine_options(const tf_engine_options& o) {
  EngineOptions options;
  options.n_threads = o.n_threads;
  options.n_ctx = o.n_ctx;
  options.precision = o.exact != 0 ? tenfold::Precision::kExact : tenfold::Precision::kFast;
  options.kv_type = o.kv_q8 != 0 ? tenfold::KvCacheType::kQ8_0 : tenfold::KvCacheType::kF16;
  options.memory_limit_bytes = o.memory_limit_bytes;
  if (o.draft_path != nullptr) options.draft_path = o.draft_path;
  if (o.cache_folder != nullptr) options.cache_folder = o.cache_folder;
  options.use_cache = !o.no_cache;
  if (o.mmproj_path != nullptr) options.mmproj_path = o.mmproj_path;
  if (o.on_load_progress != nullptr) {
    options.on_load_progress = [o](double fraction) { return o.on_load_progress(fraction, o.user_data); };
  }
  return options;
}

tenfold::Result<EmbedOptions> to_embed_options(const tf_embed_options& o) {
  EmbedOptions options;
  switch (o.pooling) {
    case TF_POOLING_DEFAULT: break;
    case TF_POOLING_MEAN: options.pooling = tenfold::Pooling::kMean; break;
    case TF_POOLING_LAST: options.pooling = tenfold::Pooling::kLast; break;
    case TF_POOLING_CLS: options.pooling = tenfold::Pooling::kCls; break;
    default: return tenfold::invalid_argument("pooling: expected 0…3, found ", o.pooling);
  }
  options.normalize = o.normalize;
  if (o.cancel != nullptr) options.cancel = &o.cancel->requested;
  options.parse_special = o.parse_special;
  options.truncate = o.truncate;
  if (o.prompt_name != nullptr) options.prompt_name = o.prompt_name;
  return options;
}

GenerateOptions to_generate_options(const tf_generate_options& o) {
  GenerateOptions options;
  options.max_tokens = o.max_tokens;
  options.sampler.temperature = o.temperature;
  options.sampler.top_k = o.top_k;
  options.sampler.top_p = o.top_p;
  options.sampler.min_p = o.min_p;
  options.sampler.typical_p = o.typical_p;
  options.sampler.repeat_penalty = o.repeat_penalty;
  options.sampler.frequency_penalty = o.frequency_penalty;
  options.sampler.presence_penalty = o.presence_penalty;
  if (o.has_seed) options.sampler.seed = o.seed;
  options.speculate = o.speculate;
  return options;
}

void fill_result(const GenerateResult& from, tf_result* to) {
  if (to == nullptr) return;
  to->finish_reason = static_cast<tf_finish_reason>(from.finish_reason);
  to->n_prompt_tokens = static_cast<std::int32_t>(from.prompt_tokens.size());
  to->n_reused_tokens = from.n_reused;
  to->n_tokens = static_cast<std::int32_t>(from.tokens.size());
  to->ttft_s = from.timings.ttft_s;
  to->prefill_tokens_per_s = from.timings.prefill_tokens_per_s;
  to->decode_tokens_per_s = from.timings.decode_tokens_per_s;
}

tenfold::OnText to_callback(tf_on_text on_text, void* user_data) {
  if (on_text == nullptr) return nullptr;
  return [=](std::string_view piece) { return on_text(piece.data(), piece.size(), user_data); };
}

}  // namespace

extern "C" {

tf_status tf_error_status(const tf_error* error) {
  return error == nullptr ? TF_OK : static_cast<tf_status>(error->status.code());
}

const char* tf_error_message(const tf_error* error) { return error == nullptr ? "" : error->message.c_str(); }

void tf_error_free(tf_error* error) { delete error; }

const char* tf_version(void) { return TENFOLD_VERSION; }

void tf_engine_options_init(tf_engine_options* options) {
  if (options == nullptr) return;
  *options = tf_engine_options{};
  options->struct_size = sizeof(*options);
}

tf_cancel* tf_cancel_create(void) { return new (std::nothrow) tf_cancel; }

void tf_cancel_request(tf_cancel* cancel) {
  if (cancel != nullptr) cancel->requested = true;
}

void tf_cancel_free(tf_cancel* cancel) { delete cancel; }

void tf_embed_options_init(tf_embed_options* options) {
  if (options == nullptr) return;
  *options = tf_embed_options{};
  options->struct_size = sizeof(*options);
  options->normalize = EmbedOptions().normalize;
}

void tf_generate_options_init(tf_generate_options* options) {
  if (options == nullptr) return;
  const GenerateOptions defaults;
  *options = tf_generate_options{};
  options->struct_size = sizeof(*options);
  options->max_tokens = defaults.max_tokens;
  options->temperature = defaults.sampler.temperature;
  options->top_k = defaults.sampler.top_k;
  options->top_p = defaults.sampler.top_p;
  options->min_p = defaults.sampler.min_p;
  options->typical_p = defaults.sampler.typical_p;
  options->repeat_penalty = defaults.sampler.repeat_penalty;
  options->frequency_penalty = defaults.sampler.frequency_penalty;
  options->presence_penalty = defaults.sampler.presence_penalty;
  options->speculate = defaults.speculate;
}

tf_status tf_engine_open(const char* path, const tf_engine_options* options, tf_engine** engine, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    *engine = nullptr;
    TENFOLD_RETURN_IF_ERROR(expect_not_null(path, "path"));
    tf_engine_options chosen;
    TENFOLD_RETURN_IF_ERROR(read_options(options, tf_engine_options_init, chosen));
    TENFOLD_ASSIGN_OR_RETURN(auto opened, Engine::open(path, to_engine_options(chosen)));
    *engine = new tf_engine{std::move(opened)};
    return {};
  });
}

void tf_engine_free(tf_engine* engine) { delete engine; }

size_t tf_engine_embedding_dim(const tf_engine* engine) {
  return engine == nullptr ? 0 : static_cast<std::size_t>(engine->engine->info().vector_dim);
}

tf_status tf_engine_embed(tf_engine* engine, const char* text, const tf_embed_options* options, float* vector,
                          size_t n_floats, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(text, "text"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(vector, "vector"));
    if (const std::size_t dim = tf_engine_embedding_dim(engine); n_floats != dim) {
      return tenfold::invalid_argument("vector: expected room for ", dim, " numbers, found ", n_floats);
    }
    tf_embed_options chosen;
    TENFOLD_RETURN_IF_ERROR(read_options(options, tf_embed_options_init, chosen));
    TENFOLD_ASSIGN_OR_RETURN(const EmbedOptions how, to_embed_options(chosen));
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> made, engine->engine->embed(std::string_view(text), how));
    std::copy(made.begin(), made.end(), vector);
    return {};
  });
}

tf_status tf_session_create(tf_engine* engine, tf_session** session, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    *session = nullptr;
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    TENFOLD_ASSIGN_OR_RETURN(auto created, engine->engine->create_session());
    *session = new tf_session{engine->engine, std::move(created), {}, {}};
    return {};
  });
}

void tf_session_free(tf_session* session) { delete session; }

tf_status tf_session_generate(tf_session* session, const char* prompt, bool parse_special,
                              const tf_generate_options* options, tf_on_text on_text, void* user_data,
                              tf_result* result, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(prompt, "prompt"));
    tf_generate_options chosen;
    TENFOLD_RETURN_IF_ERROR(read_options(options, tf_generate_options_init, chosen));
    const auto make = [&](const std::atomic<bool>& cancel) -> Result<Prompt> {
      const TokenizeOptions how{.add_bos = true, .parse_special = parse_special, .cancel = &cancel};
      TENFOLD_ASSIGN_OR_RETURN(auto tokens, session->engine->tokenize(prompt, how));
      return Prompt{std::move(tokens)};
    };
    TENFOLD_ASSIGN_OR_RETURN(const auto made, session->session->generate_from(make, to_generate_options(chosen),
                                                                              to_callback(on_text, user_data)));
    fill_result(made, result);
    return {};
  });
}

tf_status tf_session_show(tf_session* session, const void* bytes, size_t n_bytes, int64_t max_pixels,
                          tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(bytes, "bytes"));
    session->cancel_picture = false;
    tenfold::ImageOptions options;
    if (max_pixels != 0) options.max_pixels = max_pixels;
    options.cancel = &session->cancel_picture;
    TENFOLD_ASSIGN_OR_RETURN(auto image,
                             session->engine->encode_image({static_cast<const std::byte*>(bytes), n_bytes}, options));
    session->shown_width = image->width;
    session->shown_height = image->height;
    session->shown.push_back(std::move(image));
    return {};
  });
}

tf_status tf_session_shown_size(tf_session* session, int32_t* width, int32_t* height, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(width, "width"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(height, "height"));
    if (session->shown_width == 0) return tenfold::failed_precondition("expected a picture that was shown, found none");
    *width = session->shown_width;
    *height = session->shown_height;
    return {};
  });
}

tf_status tf_session_chat(tf_session* session, const char* role, const char* content,
                          const tf_generate_options* options, tf_on_text on_text, void* user_data, tf_result* result,
                          tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(role, "role"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(content, "content"));
    tf_generate_options chosen;
    TENFOLD_RETURN_IF_ERROR(read_options(options, tf_generate_options_init, chosen));
    // The conversation changes only when the answer is there.
    std::vector<Message> conversation;
    const auto make = [&](const std::atomic<bool>& cancel) -> Result<Prompt> {
      TENFOLD_RETURN_IF_ERROR(expect_room(*session->engine, "content", content));
      conversation = session->conversation;
      conversation.push_back({role, content, session->shown});
      ChatOptions how;
      how.cancel = &cancel;
      TENFOLD_ASSIGN_OR_RETURN(const auto chat, session->engine->render_chat(conversation, how));
      TENFOLD_ASSIGN_OR_RETURN(auto tokens, session->engine->tokenize(chat, &cancel));
      return Prompt{std::move(tokens), tenfold::images_of(conversation)};
    };
    TENFOLD_ASSIGN_OR_RETURN(
        auto made, session->session->generate_from(make, to_generate_options(chosen), to_callback(on_text, user_data)));
    fill_result(made, result);
    if (made.tokens.empty() && made.finish_reason == tenfold::FinishReason::kCancelled) return {};  // nothing was said
    conversation.push_back({"assistant", std::move(made.text)});
    session->conversation = std::move(conversation);
    session->shown.clear();
    return {};
  });
}

tf_status tf_session_reset(tf_session* session, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    TENFOLD_RETURN_IF_ERROR(session->session->truncate(0));
    session->conversation.clear();
    session->shown.clear();
    session->shown_width = session->shown_height = 0;
    return {};
  });
}

void tf_session_cancel(tf_session* session) {
  if (session == nullptr) return;
  session->cancel_picture = true;
  session->session->cancel();
}

}  // extern "C"
