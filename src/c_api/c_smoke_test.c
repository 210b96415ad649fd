/* libtenfold as a C program sees it: compiled as C11, linked with the shared library alone. argv[1] is a model. */
#include <stdio.h>
#include <string.h>

#include "tenfold/c_api.h"

static int n_failed = 0;

static void expect(int ok, const char* what, const tf_error* error) {
  if (ok) return;
  fprintf(stderr, "FAILED: %s: %s\n", what, tf_error_message(error));
  ++n_failed;
}

static int32_t cancel_it(const char* text, size_t n_bytes, void* cancel) {
  (void)text;
  (void)n_bytes;
  tf_cancel_request(cancel);
  return 1;
}

static int32_t on_progress(double fraction, void* to) {
  *(double*)to = fraction;
  return 1;
}

static int32_t on_piece(const tf_piece* piece, void* to) {
  if (tf_piece_kind(piece) == TF_PIECE_TEXT) ++*(int*)to;
  return 1;
}

static void use_session(tf_session* session, tf_generate_options* greedy) {
  tf_answer* whole = NULL;
  tf_answer* cut = NULL;
  tf_cancel* cancel = NULL;
  tf_error* error = NULL;
  size_t n_whole, n_cut;
  expect(tf_session_generate(session, "the river", TF_GIVEN_PLAIN, greedy, NULL, NULL, &whole, &error) == TF_OK,
         "generate", error);
  expect(tf_answer_n_tokens(whole) > 0 && tf_answer_n_prompt_tokens(whole) > 0, "an answer", NULL);
  expect(tf_cancel_create(&cancel, &error) == TF_OK, "cancel", error);
  tf_generate_options_set_cancel(greedy, cancel);
  expect(tf_session_generate(session, "the river", TF_GIVEN_PLAIN, greedy, cancel_it, cancel, &cut, &error) == TF_OK,
         "a cancelled run is no error", error);
  expect(tf_answer_finish_reason(cut) == TF_FINISH_CANCELLED, "it was cancelled", NULL);
  tf_answer_text(whole, &n_whole);
  tf_answer_text(cut, &n_cut);
  expect(n_cut < n_whole && memcmp(tf_answer_text(whole, NULL), tf_answer_text(cut, NULL), n_cut) == 0,
         "the same beginning", NULL);
  tf_generate_options_set_cancel(greedy, NULL);
  tf_answer_free(whole);
  tf_answer_free(cut);
  tf_cancel_free(cancel);
}

int main(int argc, char** argv) {
  tf_engine* engine = NULL;
  tf_session* session = NULL;
  tf_conversation* chat = NULL;
  tf_engine_options* options = NULL;
  tf_generate_options* greedy = NULL;
  tf_error* error = NULL;
  double progress = 0;
  int n_pieces = 0;
  float vector[64];

  if (argc != 2) return 2;
  expect(strcmp(tf_version(), "") != 0 && tf_abi_version() >= TF_ABI_VERSION, "a version", NULL);
  expect(tf_engine_open("/no/such/model.gguf", NULL, &engine, &error) == TF_NOT_FOUND, "TF_NOT_FOUND", error);
  expect(tf_error_status(error) == TF_NOT_FOUND && engine == NULL, "a typed error", error);
  tf_error_free(error);

  expect(tf_engine_options_create(&options, &error) == TF_OK, "options", error);
  tf_engine_options_set_n_threads(options, 2);
  tf_engine_options_set_on_progress(options, on_progress, &progress);
  expect(tf_engine_open(argv[1], options, &engine, &error) == TF_OK, "open", error);
  tf_engine_options_free(options);
  expect(progress == 1, "progress up to 1", NULL);
  expect(tf_session_create(engine, &session, &error) == TF_OK, "session", error);
  expect(tf_conversation_create(engine, NULL, &chat, &error) == TF_OK, "conversation", error);
  expect(tf_engine_embed(engine, "the river", NULL, vector, sizeof(vector) / sizeof(vector[0]), &error) == TF_OK,
         "a vector", error);
  tf_engine_free(engine); /* what is made with it keeps it alive */

  expect(tf_generate_options_create(&greedy, &error) == TF_OK, "options", error);
  tf_generate_options_set_temperature(greedy, 0);
  tf_generate_options_set_max_tokens(greedy, 24);
  use_session(session, greedy);
  expect(tf_conversation_ask(chat, "hello", greedy, on_piece, &n_pieces, NULL, &error) == TF_OK, "chat", error);
  expect(n_pieces > 0 && tf_conversation_n_messages(chat) == 2, "an answer in pieces", NULL);
  expect(tf_conversation_reset(chat, &error) == TF_OK, "reset", error);
  tf_conversation_free(chat);
  tf_session_free(session);
  tf_generate_options_free(greedy);
  return n_failed == 0 ? 0 : 1;
}
