/* A model that may call a tool: each call is carried out here, and its result goes back until it answers in words.
 *     tools model.gguf "What time is it in Oslo?" */
#include <stdio.h>
#include <tenfold/c_api.h>

#define MAX_CALLS 8
static const char* const kTools =
    "[{\"type\": \"function\", \"function\": {\"name\": \"time\", \"description\": \"The time in a city\","
    " \"parameters\": {\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\"}}}}}]";

/* The results of all calls of an answer, as one step of the conversation. */
static tf_status send_results(tf_conversation* chat, tf_answer** answer, tf_error** error) {
  tf_message* results[MAX_CALLS] = {NULL};
  const int32_t n_calls = tf_answer_n_tool_calls(*answer) < MAX_CALLS ? tf_answer_n_tool_calls(*answer) : MAX_CALLS;
  tf_status status = TF_OK;
  for (int32_t i = 0; i < n_calls && status == TF_OK; ++i) {
    const tf_tool_call* call = tf_answer_tool_call(*answer, i);
    printf("%s(%s)\n", tf_tool_call_name(call), tf_tool_call_arguments(call));
    status = tf_message_create_tool_result(call, "{\"time\": \"12:00\"}", &results[i], error);
  }
  tf_answer_free(*answer);
  *answer = NULL;
  if (status == TF_OK) {
    status =
        tf_conversation_send(chat, (const tf_message* const*)results, (size_t)n_calls, NULL, NULL, NULL, answer, error);
  }
  for (int32_t i = 0; i < n_calls; ++i) tf_message_free(results[i]);
  return status;
}

int main(int argc, char** argv) {
  tf_engine* engine = NULL;
  tf_conversation_options* how = NULL;
  tf_conversation* chat = NULL;
  tf_answer* answer = NULL;
  tf_error* error = NULL;
  if (argc != 3) return 2;
  tf_conversation_options_create(&how, NULL);
  tf_conversation_options_set_tools(how, kTools);
  tf_status status = tf_engine_open(argv[1], NULL, &engine, &error);
  if (status == TF_OK) status = tf_conversation_create(engine, how, &chat, &error);
  if (status == TF_OK) status = tf_conversation_ask(chat, argv[2], NULL, NULL, NULL, &answer, &error);
  for (int round = 0; round < 4 && status == TF_OK && tf_answer_n_tool_calls(answer) > 0; ++round) {
    status = send_results(chat, &answer, &error);
  }
  puts(status == TF_OK ? tf_answer_text(answer, NULL) : tf_error_message(error));
  tf_error_free(error);
  tf_answer_free(answer);
  tf_conversation_free(chat);
  tf_conversation_options_free(how);
  tf_engine_free(engine);
  return status != TF_OK;
}
