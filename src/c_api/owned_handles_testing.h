// For tests only: handles of the C interface that free themselves, and the tiny model's.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tenfold/c_api.h"

struct FreeHandle {
  void operator()(tf_error* error) const { tf_error_free(error); }
  void operator()(tf_cancel* cancel) const { tf_cancel_free(cancel); }
  void operator()(tf_engine_options* options) const { tf_engine_options_free(options); }
  void operator()(tf_engine* engine) const { tf_engine_free(engine); }
  void operator()(tf_tokens* tokens) const { tf_tokens_free(tokens); }
  void operator()(tf_text* text) const { tf_text_free(text); }
  void operator()(tf_embed_options* options) const { tf_embed_options_free(options); }
  void operator()(tf_image_options* options) const { tf_image_options_free(options); }
  void operator()(tf_image* image) const { tf_image_free(image); }
  void operator()(tf_message* message) const { tf_message_free(message); }
  void operator()(tf_generate_options* options) const { tf_generate_options_free(options); }
  void operator()(tf_answer* answer) const { tf_answer_free(answer); }
  void operator()(tf_conversation_options* options) const { tf_conversation_options_free(options); }
  void operator()(tf_conversation* conversation) const { tf_conversation_free(conversation); }
  void operator()(tf_session* session) const { tf_session_free(session); }
};

template <typename T>
using Owned = std::unique_ptr<T, FreeHandle>;

// A call that must work: `body` gets where to put the handle, and the error.
template <typename T, typename Body>
Owned<T> made(Body&& body) {
  T* handle = nullptr;
  tf_error* error = nullptr;
  const tf_status status = body(&handle, &error);
  EXPECT_EQ(status, TF_OK) << tf_error_message(error);
  EXPECT_EQ(error, nullptr);
  tf_error_free(error);
  return Owned<T>(handle);
}

// A call that must fail: its code, and words that its message has.
template <typename Body>
void expect_failure(tf_status code, const std::string& words, Body&& body) {
  tf_error* error = nullptr;
  EXPECT_EQ(body(&error), code) << words;
  EXPECT_EQ(tf_error_status(error), code);
  EXPECT_NE(std::string(tf_error_message(error)).find(words), std::string::npos) << tf_error_message(error);
  tf_error_free(error);
}

inline std::string test_data(const std::string& name) {
  return std::string(TENFOLD_SOURCE_DIR) + "/tests/data/" + name;
}
inline const std::string kTinyLlama = test_data("models/llama-q4_0.gguf");

inline Owned<tf_engine> open_engine(const std::string& path, const tf_engine_options* options = nullptr) {
  return made<tf_engine>([&](auto** to, auto** error) { return tf_engine_open(path.c_str(), options, to, error); });
}
inline Owned<tf_session> open_session(tf_engine* engine) {
  return made<tf_session>([&](auto** to, auto** error) { return tf_session_create(engine, to, error); });
}
inline Owned<tf_conversation> open_conversation(tf_engine* engine, const tf_conversation_options* options = nullptr) {
  return made<tf_conversation>(
      [&](auto** to, auto** error) { return tf_conversation_create(engine, options, to, error); });
}
inline Owned<tf_generate_options> greedy_options(int32_t max_tokens) {
  auto options = made<tf_generate_options>(tf_generate_options_create);
  EXPECT_EQ(tf_generate_options_set_temperature(options.get(), 0), TF_OK);
  EXPECT_EQ(tf_generate_options_set_max_tokens(options.get(), max_tokens), TF_OK);
  EXPECT_EQ(tf_generate_options_set_ignore_end(options.get(), 1), TF_OK);
  return options;
}
inline Owned<tf_answer> generate(tf_session* session, const std::string& prompt, const tf_generate_options* options,
                                 tf_on_text on_text = nullptr, void* user_data = nullptr) {
  return made<tf_answer>([&](auto** to, auto** error) {
    return tf_session_generate(session, prompt.c_str(), TF_GIVEN_PLAIN, options, on_text, user_data, to, error);
  });
}
inline Owned<tf_answer> ask(tf_conversation* conversation, const std::string& text, const tf_generate_options* options,
                            tf_on_piece on_piece = nullptr, void* user_data = nullptr) {
  return made<tf_answer>([&](auto** to, auto** error) {
    return tf_conversation_ask(conversation, text.c_str(), options, on_piece, user_data, to, error);
  });
}
inline std::string text_of(const tf_answer* answer) { return tf_answer_text(answer, nullptr); }
