#include "c_api/call.h"

using namespace tenfold;

extern "C" {

tf_status tf_image_options_create(tf_image_options** options, tf_error** error) {
  return create_default(options, error);
}
void tf_image_options_free(tf_image_options* options) { delete options; }
tf_status tf_image_options_set_max_pixels(tf_image_options* options, int64_t max_pixels) {
  return set(options, [&](tf_image_options& of) {
    of.value.max_pixels = max_pixels;
    return Status();
  });
}
tf_status tf_image_options_set_on_progress(tf_image_options* options, tf_on_progress on_progress, void* user_data) {
  return set(options, [&](tf_image_options& of) {
    of.value.on_progress = to_progress(on_progress, user_data);
    return Status();
  });
}
tf_status tf_image_options_set_cancel(tf_image_options* options, tf_cancel* cancel) {
  return set_cancel(options, cancel);
}

tf_status tf_image_create(tf_engine* engine, const void* bytes, size_t n_bytes, const tf_image_options* options,
                          tf_image** image, tf_error** error) {
  return create(image, "image", error, [&]() -> Result<ImageRef> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(bytes, "bytes"));
    tf_image_options chosen;
    TENFOLD_RETURN_IF_ERROR(take(options, chosen));
    if (chosen.cancel != nullptr) chosen.value.cancel = &chosen.cancel->flag();
    const std::shared_ptr<Engine> held = engine->engine;  // the callback may free the handle
    return held->encode_image({static_cast<const std::byte*>(bytes), n_bytes}, chosen.value);
  });
}
void tf_image_free(tf_image* image) { delete image; }

int32_t tf_image_width(const tf_image* image) {
  return look(image, [](const tf_image& of) { return of.image->width; });
}
int32_t tf_image_height(const tf_image* image) {
  return look(image, [](const tf_image& of) { return of.image->height; });
}
int32_t tf_image_n_tokens(const tf_image* image) {
  return look(image, [](const tf_image& of) { return of.image->n_tokens(); });
}
int32_t tf_image_is_animation(const tf_image* image) {
  return look(image, [](const tf_image& of) { return of.image->is_animation ? 1 : 0; });
}

}  // extern "C"
