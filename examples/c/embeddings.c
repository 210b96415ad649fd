/* How near two texts are in meaning: the dot product of their vectors.
 *     embeddings model.gguf "Where is the station?" "How do I get to the train?" */
#include <stdio.h>
#include <stdlib.h>
#include <tenfold/c_api.h>

int main(int argc, char** argv) {
  tf_engine* engine = NULL;
  tf_error* error = NULL;
  if (argc != 4) return 2;
  tf_status status = tf_engine_open(argv[1], NULL, &engine, &error);
  const size_t dim = (size_t)tf_model_info_vector_dim(tf_engine_info(engine));
  float* first = calloc(dim + 1, sizeof(float));
  float* second = calloc(dim + 1, sizeof(float));
  if (status == TF_OK) status = tf_engine_embed(engine, argv[2], NULL, first, dim, &error);
  if (status == TF_OK) status = tf_engine_embed(engine, argv[3], NULL, second, dim, &error);
  float nearness = 0;
  for (size_t i = 0; i < dim; ++i) nearness += first[i] * second[i];
  if (status == TF_OK) printf("%.3f\n", (double)nearness);
  if (status != TF_OK) fprintf(stderr, "%s\n", tf_error_message(error));
  free(first);
  free(second);
  tf_error_free(error);
  tf_engine_free(engine);
  return status != TF_OK;
}
