#include <algorithm>

#include "c_api/call.h"

using namespace tenfold;

extern "C" {

tf_status tf_embed_options_create(tf_embed_options** options, tf_error** error) {
  return create_default(options, error);
}
void tf_embed_options_free(tf_embed_options* options) { delete options; }

tf_status tf_embed_options_set_pooling(tf_embed_options* options, tf_pooling pooling) {
  return set(options, [&](tf_embed_options& of) { return choose("pooling", pooling, 3, of.value.pooling.emplace()); });
}
tf_status tf_embed_options_set_normalize(tf_embed_options* options, int32_t on) {
  return set(options, [&](tf_embed_options& of) { return choose("normalize", on, 2, of.value.normalize); });
}
tf_status tf_embed_options_set_parse_special(tf_embed_options* options, int32_t on) {
  return set(options, [&](tf_embed_options& of) { return choose("parse_special", on, 2, of.value.parse_special); });
}
tf_status tf_embed_options_set_truncate(tf_embed_options* options, int32_t on) {
  return set(options, [&](tf_embed_options& of) { return choose("truncate", on, 2, of.value.truncate); });
}
tf_status tf_embed_options_set_prompt_name(tf_embed_options* options, const char* name) {
  return set_text(options, "prompt_name", name,
                  [](tf_embed_options& of) -> std::optional<std::string>& { return of.value.prompt_name; });
}
tf_status tf_embed_options_set_cancel(tf_embed_options* options, tf_cancel* cancel) {
  return set_cancel(options, cancel);
}

tf_status tf_engine_embed(tf_engine* engine, const char* text, const tf_embed_options* options, float* vector,
                          size_t n_floats, tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(text, "text"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(vector, "vector"));
    if (const auto dim = static_cast<std::size_t>(engine->engine->info().vector_dim); n_floats != dim) {
      return invalid_argument("vector: expected room for ", dim, " numbers, found ", n_floats);
    }
    tf_embed_options chosen;
    TENFOLD_RETURN_IF_ERROR(take(options, chosen));
    if (chosen.cancel != nullptr) chosen.value.cancel = &chosen.cancel->flag();
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<float> made,
                             engine->engine->embed(std::string_view(text), chosen.value));
    std::copy(made.begin(), made.end(), vector);
    return {};
  });
}

}  // extern "C"
