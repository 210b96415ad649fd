/* Two models in one process, each with half of the memory that they may take together: they talk to each other.
 *     two_models one.gguf two.gguf "Hello, who are you?" */
#include <stdio.h>
#include <tenfold/c_api.h>

int main(int argc, char** argv) {
  tf_engine_options* how = NULL;
  tf_generate_options* generate = NULL;
  tf_engine* engines[2] = {NULL, NULL};
  tf_conversation* chats[2] = {NULL, NULL};
  tf_answer* answers[2] = {NULL, NULL};
  tf_error* error = NULL;
  tf_status status = TF_OK;
  if (argc != 4) return 2;
  tf_engine_options_create(&how, NULL);
  tf_engine_options_set_memory_limit(how, (uint64_t)1 << 30);
  tf_engine_options_set_n_ctx(how, 1024);
  tf_generate_options_create(&generate, NULL);
  tf_generate_options_set_max_tokens(generate, 32);
  for (int i = 0; i < 2 && status == TF_OK; ++i) {
    status = tf_engine_open(argv[1 + i], how, &engines[i], &error);
    if (status == TF_OK) status = tf_conversation_create(engines[i], NULL, &chats[i], &error);
  }
  for (int turn = 0; turn < 4 && status == TF_OK; ++turn) {
    const int who = turn % 2;
    const char* said = turn == 0 ? argv[3] : tf_answer_text(answers[1 - who], NULL);
    tf_answer_free(answers[who]);
    status = tf_conversation_ask(chats[who], said, generate, NULL, NULL, &answers[who], &error);
    printf("%d: %s\n", who + 1, tf_answer_text(answers[who], NULL));
  }
  if (status != TF_OK) fprintf(stderr, "%s\n", tf_error_message(error));
  tf_error_free(error);
  for (int i = 0; i < 2; ++i) {
    tf_answer_free(answers[i]);
    tf_conversation_free(chats[i]);
    tf_engine_free(engines[i]);
  }
  tf_generate_options_free(generate);
  tf_engine_options_free(how);
  return status != TF_OK;
}
