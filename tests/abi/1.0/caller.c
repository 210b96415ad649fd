/* A program of release 1.0. argv[1] is a model. Exit 0 if it finds what that release promised, else the line. */
#include <stdio.h>
#include <string.h>

#include "tenfold/c_api.h"

#define EXPECT(condition)                                         \
  do {                                                            \
    if (!(condition)) {                                           \
      fprintf(stderr, "%d: expected %s\n", __LINE__, #condition); \
      return 1;                                                   \
    }                                                             \
  } while (0)

static int32_t count(const tf_piece* piece, void* n) {
  *(int*)n += tf_piece_kind(piece) == TF_PIECE_TEXT;
  return 1;
}

static int32_t cancel_it(const char* text, size_t n_bytes, void* cancel) {
  (void)text;
  (void)n_bytes;
  tf_cancel_request(cancel);
  return 1;
}

static int errors(void) {
  tf_engine* engine = NULL;
  tf_error* error = NULL;
  tf_engine_options* options = NULL;
  EXPECT(tf_engine_options_create(&options, NULL) == TF_OK);
  EXPECT(tf_engine_options_set_precision(options, 7) == TF_INVALID_ARGUMENT);
  EXPECT(tf_engine_open("model.gguf", options, &engine, &error) == TF_INVALID_ARGUMENT && engine == NULL);
  EXPECT(tf_error_status(error) == TF_INVALID_ARGUMENT);
  EXPECT(strcmp(tf_error_message(error), "") != 0);
  tf_error_free(error);
  tf_engine_options_free(options);
  EXPECT(tf_engine_open("/no/such/model.gguf", NULL, &engine, NULL) == TF_NOT_FOUND);
  return 0;
}

static int conversations(tf_engine* engine, const tf_generate_options* generate) {
  tf_conversation_options* options = NULL;
  tf_conversation* chat = NULL;
  tf_answer* answer = NULL;
  tf_message* message = NULL;
  int n_pieces = 0;
  EXPECT(tf_conversation_options_create(&options, NULL) == TF_OK);
  EXPECT(tf_conversation_options_set_system(options, "Be brief.") == TF_OK);
  EXPECT(tf_conversation_options_set_when_full(options, TF_WHEN_FULL_REFUSE) == TF_OK);
  EXPECT(tf_conversation_create(engine, options, &chat, NULL) == TF_OK);
  tf_conversation_options_free(options);
  EXPECT(tf_conversation_ask(chat, "hello", generate, count, &n_pieces, &answer, NULL) == TF_OK);
  EXPECT(n_pieces > 0 && strcmp(tf_answer_text(answer, NULL), "") != 0);
  EXPECT(tf_answer_finish_reason(answer) == TF_FINISH_LENGTH && tf_answer_n_tokens(answer) == 8);
  tf_answer_free(answer);
  EXPECT(tf_message_create("user", &message, NULL) == TF_OK);
  EXPECT(tf_message_add_text(message, "and then?") == TF_OK);
  const tf_message* const messages[] = {message};
  EXPECT(tf_conversation_send(chat, messages, 1, generate, NULL, NULL, NULL, NULL) == TF_OK);
  tf_message_free(message);
  EXPECT(tf_conversation_n_messages(chat) == 5);
  EXPECT(tf_conversation_message(chat, 3, &message, NULL) == TF_OK);
  EXPECT(strcmp(tf_message_role(message), "user") == 0);
  EXPECT(strcmp(tf_message_part_text(message, 0, NULL), "and then?") == 0);
  tf_message_free(message);
  EXPECT(tf_conversation_reset(chat, NULL) == TF_OK && tf_conversation_n_messages(chat) == 1);
  tf_conversation_free(chat);
  return 0;
}

static int sessions(tf_engine* engine, tf_generate_options* generate) {
  tf_session* session = NULL;
  tf_answer* answer = NULL;
  tf_cancel* cancel = NULL;
  EXPECT(tf_session_create(engine, &session, NULL) == TF_OK);
  EXPECT(tf_cancel_create(&cancel, NULL) == TF_OK);
  EXPECT(tf_generate_options_set_cancel(generate, cancel) == TF_OK);
  EXPECT(tf_session_generate(session, "the river", TF_GIVEN_PLAIN, generate, cancel_it, cancel, &answer, NULL) ==
         TF_OK);
  EXPECT(tf_answer_finish_reason(answer) == TF_FINISH_CANCELLED && tf_cancel_requested(cancel) == 1);
  tf_answer_free(answer);
  tf_cancel_free(cancel);
  tf_session_free(session);
  return 0;
}

static int texts(tf_engine* engine) {
  tf_tokens* tokens = NULL;
  tf_text* text = NULL;
  size_t n = 0;
  float vector[64];
  EXPECT(tf_engine_tokenize(engine, "the river", 0, NULL, &tokens, NULL) == TF_OK);
  const int32_t* ids = tf_tokens_data(tokens, &n);
  EXPECT(n > 0 && tf_engine_detokenize(engine, ids, n, TF_SPECIAL_HIDE, &text, NULL) == TF_OK);
  EXPECT(strstr(tf_text_data(text, NULL), "the river") != NULL);
  tf_text_free(text);
  tf_tokens_free(tokens);
  EXPECT(tf_model_info_vector_dim(tf_engine_info(engine)) == 64);
  EXPECT(tf_engine_embed(engine, "the river", NULL, vector, 64, NULL) == TF_OK);
  return 0;
}

int main(int argc, char** argv) {
  tf_engine* engine = NULL;
  tf_generate_options* generate = NULL;
  EXPECT(argc == 2);
  EXPECT(tf_abi_version() >= TF_ABI_VERSION);
  EXPECT(errors() == 0);
  EXPECT(tf_engine_open(argv[1], NULL, &engine, NULL) == TF_OK);
  EXPECT(tf_generate_options_create(&generate, NULL) == TF_OK);
  EXPECT(tf_generate_options_set_temperature(generate, 0) == TF_OK);
  EXPECT(tf_generate_options_set_max_tokens(generate, 8) == TF_OK);
  EXPECT(tf_generate_options_set_ignore_end(generate, 1) == TF_OK);
  EXPECT(conversations(engine, generate) == 0);
  EXPECT(sessions(engine, generate) == 0);
  EXPECT(texts(engine) == 0);
  tf_generate_options_free(generate);
  tf_engine_free(engine);
  return 0;
}
