#include <algorithm>

#include "c_api/call.h"

using namespace tenfold;

namespace {

struct TextCallback {
  tf_on_text on_text;
  void* user_data;
};

Result<ChatAnswer> generate(tf_session& session, const MakePrompt& make, const tf_generate_options* options,
                            TextCallback callback) {
  tf_generate_options chosen;
  TENFOLD_RETURN_IF_ERROR(take(options, chosen));
  chosen.value.cancel = chosen.cancel.get();
  OnText on_text;
  if (callback.on_text != nullptr) {
    on_text = [=](std::string_view text) {
      return callback.on_text(text.data(), text.size(), callback.user_data) != 0;
    };
  }
  ChatAnswer answer;
  TENFOLD_ASSIGN_OR_RETURN(answer.result, session.session->generate_from(make, chosen.value, on_text));
  answer.reply.text = answer.result.text;
  return answer;
}

}  // namespace

extern "C" {

tf_status tf_session_create(tf_engine* engine, tf_session** session, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    *session = nullptr;
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    TENFOLD_ASSIGN_OR_RETURN(auto created, engine->engine->create_session());
    *session = new tf_session{engine->engine, std::move(created)};
    return {};
  });
}
void tf_session_free(tf_session* session) { delete session; }

tf_status tf_session_generate(tf_session* session, const char* prompt, tf_given_text given_text,
                              const tf_generate_options* options, tf_on_text on_text, void* user_data,
                              tf_answer** answer, tf_error** error) {
  return give_answer(answer, error, [&]() -> Result<ChatAnswer> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(prompt, "prompt"));
    GivenText given = GivenText::kPlain;
    TENFOLD_RETURN_IF_ERROR(choose("given_text", given_text, 2, given));
    const auto make = [&](const std::atomic<bool>& cancel) -> Result<Prompt> {
      const TokenizeOptions how{.add_bos = true, .parse_special = given == GivenText::kParsed, .cancel = &cancel};
      TENFOLD_ASSIGN_OR_RETURN(auto tokens, session->engine->tokenize(prompt, how));
      return Prompt{std::move(tokens)};
    };
    return generate(*session, make, options, {on_text, user_data});
  });
}

tf_status tf_session_generate_tokens(tf_session* session, const int32_t* tokens, size_t n_tokens,
                                     const tf_image* const* images, size_t n_images, const tf_generate_options* options,
                                     tf_on_text on_text, void* user_data, tf_answer** answer, tf_error** error) {
  return give_answer(answer, error, [&]() -> Result<ChatAnswer> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    if (n_tokens > 0) TENFOLD_RETURN_IF_ERROR(expect_not_null(tokens, "tokens"));
    if (n_images > 0) TENFOLD_RETURN_IF_ERROR(expect_not_null(images, "images"));
    const auto make = [&](const std::atomic<bool>&) -> Result<Prompt> {
      Prompt prompt{{tokens, tokens + n_tokens}};
      for (std::size_t i = 0; i < n_images; ++i) {
        TENFOLD_RETURN_IF_ERROR(expect_not_null(images[i], "images"));
        prompt.images.push_back(images[i]->image);
      }
      return prompt;
    };
    return generate(*session, make, options, {on_text, user_data});
  });
}

tf_status tf_session_logits(tf_session* session, const int32_t* tokens, size_t n_tokens, float* logits, size_t n_floats,
                            tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    if (n_tokens > 0) TENFOLD_RETURN_IF_ERROR(expect_not_null(tokens, "tokens"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(logits, "logits"));
    if (const auto n = static_cast<std::size_t>(session->engine->info().vocab_size); n_floats != n) {
      return invalid_argument("logits: expected room for ", n, " numbers, found ", n_floats);
    }
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> made,
                             session->session->logits({tokens, n_tokens}, LogitRows::kLast));
    std::copy(made.begin(), made.end(), logits);
    return {};
  });
}

int32_t tf_session_n_tokens(const tf_session* session) {
  return look(session, [](const tf_session& of) { return of.session->n_tokens(); });
}

tf_status tf_session_reset(tf_session* session, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(session, "session"));
    return session->session->truncate(0).status();
  });
}

}  // extern "C"
