/* A conversation with a system message; each argument after the model is a turn. An empty line ends an answer.
 *     chat model.gguf "Why is the sky blue?" "And at night?" */
#include <stdio.h>
#include <tenfold/c_api.h>

static int32_t print(const tf_piece* piece, void* file) { return fputs(tf_piece_text(piece, NULL), file) >= 0; }

int main(int argc, char** argv) {
  tf_engine* engine = NULL;
  tf_conversation* chat = NULL;
  tf_conversation_options* how = NULL;
  tf_generate_options* generate = NULL;
  tf_error* error = NULL;
  tf_conversation_options_create(&how, NULL);
  tf_conversation_options_set_system(how, "Answer in one sentence.");
  tf_generate_options_create(&generate, NULL);
  tf_generate_options_add_stop(generate, "\n\n");
  tf_status status = tf_engine_open(argv[1], NULL, &engine, &error);
  if (status == TF_OK) status = tf_conversation_create(engine, how, &chat, &error);
  for (int i = 2; i < argc && status == TF_OK; ++i) {
    status = tf_conversation_ask(chat, argv[i], generate, print, stdout, NULL, &error);
    puts("");
  }
  if (status != TF_OK) fprintf(stderr, "%s\n", tf_error_message(error));
  tf_error_free(error);
  tf_generate_options_free(generate);
  tf_conversation_options_free(how);
  tf_conversation_free(chat);
  tf_engine_free(engine);
  return status != TF_OK;
}
