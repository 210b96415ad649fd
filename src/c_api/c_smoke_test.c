/* libtenfold as a C program sees it: compiled as C11, linked with the shared library alone. argv[1] is a model. */
#include <stdio.h>
#include <string.h>

#include "tenfold/c_api.h"

static int n_failed = 0;

static void expect(bool ok, const char* what, const tf_error* error) {
  if (ok) return;
  fprintf(stderr, "FAILED: %s: %s\n", what, tf_error_message(error));
  ++n_failed;
}

typedef struct Text {
  char bytes[4096];
  size_t n;
  tf_session* cancels; /* NULL: does not */
} Text;

static bool on_text(const char* text, size_t n_bytes, void* user_data) {
  Text* to = user_data;
  if (n_bytes < sizeof(to->bytes) - to->n) memcpy(to->bytes + to->n, text, n_bytes);
  to->n += n_bytes;
  if (to->cancels != NULL) tf_session_cancel(to->cancels);
  return true;
}

static bool on_progress(double fraction, void* user_data) {
  *(double*)user_data = fraction;
  return true;
}

int main(int argc, char** argv) {
  tf_engine* engine = NULL;
  tf_session* session = NULL;
  tf_error* error = NULL;
  tf_engine_options options;
  tf_generate_options greedy;
  tf_result result;
  double progress = 0;
  float vector[64];
  Text first = {{0}, 0, NULL}, cut = {{0}, 0, NULL};

  if (argc != 2) return 2;
  expect(strcmp(tf_version(), "") != 0, "a version", NULL);
  expect(tf_engine_open("/no/such/model.gguf", NULL, &engine, &error) == TF_NOT_FOUND, "TF_NOT_FOUND", error);
  expect(tf_error_status(error) == TF_NOT_FOUND && engine == NULL, "a typed error", error);
  tf_error_free(error);

  tf_engine_options_init(&options);
  options.n_threads = 2;
  options.on_load_progress = on_progress;
  options.user_data = &progress;
  expect(tf_engine_open(argv[1], &options, &engine, &error) == TF_OK, "open", error);
  expect(progress == 1, "progress up to 1", error);
  expect(tf_session_create(engine, &session, &error) == TF_OK, "session", error);
  if (session == NULL) return 1;
  expect(tf_engine_embedding_dim(engine) == sizeof(vector) / sizeof(vector[0]), "numbers in a vector", NULL);
  expect(tf_engine_embed(engine, "the river", NULL, vector, sizeof(vector) / sizeof(vector[0]), &error) == TF_OK,
         "a vector", error);
  tf_engine_free(engine); /* the session keeps what it needs */

  tf_generate_options_init(&greedy);
  greedy.temperature = 0;
  greedy.max_tokens = 24;
  expect(tf_session_generate(session, "the river", false, &greedy, on_text, &first, &result, &error) == TF_OK,
         "generate", error);
  expect(first.n > 0 && result.n_tokens > 0 && result.n_prompt_tokens > 0, "an answer", error);
  cut.cancels = session;
  expect(tf_session_generate(session, "the river", false, &greedy, on_text, &cut, &result, &error) == TF_OK,
         "a cancelled run is no error", error);
  expect(result.finish_reason == TF_FINISH_CANCELLED && cut.n < first.n, "it was cancelled", error);
  expect(memcmp(first.bytes, cut.bytes, cut.n) == 0, "the same beginning", error);
  expect(tf_session_chat(session, "user", "hello", &greedy, NULL, NULL, NULL, &error) == TF_OK, "chat", error);
  expect(tf_session_reset(session, &error) == TF_OK, "reset", error);
  tf_session_free(session);
  return n_failed == 0 ? 0 : 1;
}
