#include "c_api/call.h"

using namespace tenfold;

namespace {

// `open` takes the C++ options and returns the engine.
template <typename Open>
tf_status open_engine(const tf_engine_options* options, tf_engine** engine, tf_error** error, Open&& open) {
  return create(engine, "engine", error, [&]() -> Result<std::shared_ptr<Engine>> {
    tf_engine_options chosen;
    TENFOLD_RETURN_IF_ERROR(take(options, chosen));
    TENFOLD_ASSIGN_OR_RETURN(std::shared_ptr<Engine> opened, open(chosen.value));
    if (chosen.on_warning != nullptr) {
      for (const std::string& warning : opened->info().warnings) {
        chosen.on_warning(warning.c_str(), chosen.warning_data);
      }
    }
    return opened;
  });
}

}  // namespace

extern "C" {

tf_status tf_engine_open(const char* path, const tf_engine_options* options, tf_engine** engine, tf_error** error) {
  return open_engine(options, engine, error, [&](const EngineOptions& how) -> Result<std::shared_ptr<Engine>> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(path, "path"));
    return Engine::open(path, how);
  });
}
tf_status tf_engine_open_fd(int32_t fd, uint64_t offset, uint64_t n_bytes, const tf_engine_options* options,
                            tf_engine** engine, tf_error** error) {
  return open_engine(options, engine, error,
                     [&](const EngineOptions& how) { return Engine::open(FileSlice{fd, offset, n_bytes}, how); });
}
void tf_engine_free(tf_engine* engine) { delete engine; }

tf_status tf_engine_wait_until_stored(tf_engine* engine, tf_on_progress on_progress, void* user_data,
                                      tf_error** error) {
  return call(error, [&]() -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(engine, "engine"));
    const std::shared_ptr<Engine> held = engine->engine;  // the callback may free the handle
    return held->wait_until_stored(to_progress(on_progress, user_data));
  });
}

int32_t tf_engine_is_end_token(const tf_engine* engine, int32_t token) {
  return look(engine, [&](const tf_engine& of) { return of.engine->is_end_token(token) ? 1 : 0; });
}

}  // extern "C"
