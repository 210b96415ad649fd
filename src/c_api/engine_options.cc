#include "c_api/call.h"

using namespace tenfold;

static_assert(TF_PRECISION_EXACT == static_cast<int>(Precision::kExact));
static_assert(TF_KV_F16 == static_cast<int>(KvCacheType::kF16) && TF_KV_Q8_0 == static_cast<int>(KvCacheType::kQ8_0) &&
              TF_KV_F32 == static_cast<int>(KvCacheType::kF32));

namespace {

// Sets a member from a value that needs no look: Engine::open checks the numbers.
template <typename T>
tf_status set_engine(tf_engine_options* options, T EngineOptions::* member, T value) {
  return set(options, [&](tf_engine_options& of) {
    of.value.*member = value;
    return Status();
  });
}

tf_status set_engine_text(tf_engine_options* options, std::string EngineOptions::* member, const char* name,
                          const char* text) {
  return set_text(options, name, text, [&](tf_engine_options& of) -> std::string& { return of.value.*member; });
}

}  // namespace

extern "C" {

tf_status tf_engine_options_create(tf_engine_options** options, tf_error** error) {
  return create_default(options, error);
}
void tf_engine_options_free(tf_engine_options* options) { delete options; }

tf_status tf_engine_options_set_n_threads(tf_engine_options* options, int32_t n_threads) {
  return set_engine(options, &EngineOptions::n_threads, n_threads);
}
tf_status tf_engine_options_set_n_ctx(tf_engine_options* options, int32_t n_ctx) {
  return set_engine(options, &EngineOptions::n_ctx, n_ctx);
}
tf_status tf_engine_options_set_max_sessions(tf_engine_options* options, int32_t max_sessions) {
  return set_engine(options, &EngineOptions::max_sessions, max_sessions);
}
tf_status tf_engine_options_set_memory_limit(tf_engine_options* options, uint64_t n_bytes) {
  return set_engine(options, &EngineOptions::memory_limit_bytes, n_bytes);
}
tf_status tf_engine_options_set_precision(tf_engine_options* options, tf_precision precision) {
  return set(options, [&](tf_engine_options& of) { return choose("precision", precision, 2, of.value.precision); });
}
tf_status tf_engine_options_set_kv_type(tf_engine_options* options, tf_kv_type type) {
  return set(options, [&](tf_engine_options& of) { return choose("kv_type", type, 3, of.value.kv_type); });
}
tf_status tf_engine_options_set_prefill_chunk(tf_engine_options* options, int32_t n_tokens) {
  return set_engine(options, &EngineOptions::prefill_chunk, n_tokens);
}
tf_status tf_engine_options_set_isa(tf_engine_options* options, const char* isa) {
  return set_engine_text(options, &EngineOptions::isa, "isa", isa);
}
tf_status tf_engine_options_set_cache(tf_engine_options* options, int32_t on) {
  return set(options, [&](tf_engine_options& of) { return choose("cache", on, 2, of.value.use_cache); });
}
tf_status tf_engine_options_set_cache_folder(tf_engine_options* options, const char* folder) {
  return set_engine_text(options, &EngineOptions::cache_folder, "cache_folder", folder);
}
tf_status tf_engine_options_set_cache_limit(tf_engine_options* options, uint64_t n_bytes) {
  return set_engine(options, &EngineOptions::cache_max_bytes, n_bytes);
}
tf_status tf_engine_options_set_draft(tf_engine_options* options, const char* path) {
  return set_engine_text(options, &EngineOptions::draft_path, "draft", path);
}
tf_status tf_engine_options_set_mmproj(tf_engine_options* options, const char* path) {
  return set_engine_text(options, &EngineOptions::mmproj_path, "mmproj", path);
}
tf_status tf_engine_options_set_on_progress(tf_engine_options* options, tf_on_progress on_progress, void* user_data) {
  return set(options, [&](tf_engine_options& of) {
    of.value.on_load_progress = to_progress(on_progress, user_data);
    return Status();
  });
}
tf_status tf_engine_options_set_on_warning(tf_engine_options* options, tf_on_warning on_warning, void* user_data) {
  return set(options, [&](tf_engine_options& of) {
    of.on_warning = on_warning;
    of.warning_data = user_data;
    return Status();
  });
}

}  // extern "C"
