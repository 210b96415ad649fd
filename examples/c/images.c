/* A question about an image.
 *     images model.gguf mmproj.gguf photo.jpg "What is this?" */
#include <stdio.h>
#include <stdlib.h>
#include <tenfold/c_api.h>

static unsigned char* read_file(const char* path, size_t* n_bytes) {
  const size_t kMost = (size_t)64 << 20;
  FILE* file = fopen(path, "rb");
  unsigned char* bytes = file != NULL ? malloc(kMost) : NULL;
  *n_bytes = bytes != NULL ? fread(bytes, 1, kMost, file) : 0;
  if (file != NULL) fclose(file);
  return bytes;
}

int main(int argc, char** argv) {
  tf_engine_options* how = NULL;
  tf_engine* engine = NULL;
  tf_image* image = NULL;
  tf_message* question = NULL;
  tf_conversation* chat = NULL;
  tf_generate_options* generate = NULL;
  tf_answer* answer = NULL;
  tf_error* error = NULL;
  size_t n_bytes = 0;
  if (argc != 5) return 2;
  unsigned char* bytes = read_file(argv[3], &n_bytes);
  tf_engine_options_create(&how, NULL);
  tf_engine_options_set_mmproj(how, argv[2]);
  tf_generate_options_create(&generate, NULL);
  tf_generate_options_set_max_tokens(generate, 64);
  tf_status status = tf_engine_open(argv[1], how, &engine, &error);
  if (status == TF_OK) status = tf_image_create(engine, bytes, n_bytes, NULL, &image, &error);
  if (status == TF_OK) status = tf_message_create("user", &question, &error);
  tf_message_add_image(question, image);
  tf_message_add_text(question, argv[4]);
  if (status == TF_OK) status = tf_conversation_create(engine, NULL, &chat, &error);
  if (status == TF_OK) {
    const tf_message* const messages[] = {question};
    status = tf_conversation_send(chat, messages, 1, generate, NULL, NULL, &answer, &error);
  }
  printf("seen at %d by %d pixels, %d tokens\n", (int)tf_image_width(image), (int)tf_image_height(image),
         (int)tf_image_n_tokens(image));
  puts(status == TF_OK ? tf_answer_text(answer, NULL) : tf_error_message(error));
  tf_error_free(error);
  tf_answer_free(answer);
  tf_generate_options_free(generate);
  tf_conversation_free(chat);
  tf_message_free(question);
  tf_image_free(image);
  tf_engine_free(engine);
  tf_engine_options_free(how);
  free(bytes);
  return status != TF_OK;
}
