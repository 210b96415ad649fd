/* An answer that another thread stops after a second; Ctrl-C stops it at once.
 *     cancel model.gguf "Tell me a long story." */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <tenfold/c_api.h>
#include <unistd.h>

static tf_cancel* cancel = NULL;

static void on_interrupt(int signal) {
  (void)signal;
  tf_cancel_request(cancel);
}

static void* stop_soon(void* unused) {
  sleep(1);
  tf_cancel_request(cancel);
  return unused;
}

static int32_t print(const tf_piece* piece, void* file) {
  return fputs(tf_piece_text(piece, NULL), file) >= 0 && fflush(file) == 0;
}

int main(int argc, char** argv) {
  tf_engine* engine = NULL;
  tf_conversation* chat = NULL;
  tf_generate_options* generate = NULL;
  tf_answer* answer = NULL;
  tf_error* error = NULL;
  pthread_t other;
  if (argc != 3) return 2;
  tf_generate_options_create(&generate, NULL);
  tf_status status = tf_cancel_create(&cancel, &error);
  tf_generate_options_set_cancel(generate, cancel);
  if (status == TF_OK) status = tf_engine_open(argv[1], NULL, &engine, &error);
  if (status == TF_OK) status = tf_conversation_create(engine, NULL, &chat, &error);
  signal(SIGINT, on_interrupt);
  const int has_thread = pthread_create(&other, NULL, stop_soon, NULL) == 0;
  if (status == TF_OK) status = tf_conversation_ask(chat, argv[2], generate, print, stdout, &answer, &error);
  if (has_thread) pthread_join(other, NULL);
  if (status != TF_OK) fprintf(stderr, "%s\n", tf_error_message(error));
  if (tf_answer_finish_reason(answer) == TF_FINISH_CANCELLED) puts("\n(stopped)");
  tf_error_free(error);
  tf_answer_free(answer);
  tf_generate_options_free(generate);
  tf_conversation_free(chat);
  tf_engine_free(engine);
  signal(SIGINT, SIG_DFL);
  tf_cancel_free(cancel);
  return status != TF_OK;
}
