#include "c_api/call.h"

using namespace tenfold;

static_assert(TF_POOLING_CLS == static_cast<int>(Pooling::kCls));

namespace {

const char* info_text(const tf_model_info* info, std::string ModelInfo::* member) {
  return show(info != nullptr ? &(shown(info)->*member) : nullptr, nullptr);
}

template <typename T>
T info_number(const tf_model_info* info, T ModelInfo::* member) {
  return info != nullptr ? shown(info)->*member : T{};
}

int32_t info_flag(const tf_model_info* info, bool ModelInfo::* member) { return info_number(info, member) ? 1 : 0; }

int32_t info_count(const tf_model_info* info, std::vector<std::string> ModelInfo::* member) {
  return info != nullptr ? to_int32((shown(info)->*member).size()) : 0;
}

const char* info_entry(const tf_model_info* info, std::vector<std::string> ModelInfo::* member, int32_t index) {
  return show(info != nullptr ? at(shown(info)->*member, index) : nullptr, nullptr);
}

}  // namespace

extern "C" {

const tf_model_info* tf_engine_info(const tf_engine* engine) {
  return look(engine, [](const tf_engine& of) { return as_handle(of.engine->info()); });
}

const char* tf_model_info_path(const tf_model_info* info) { return info_text(info, &ModelInfo::path); }
const char* tf_model_info_name(const tf_model_info* info) { return info_text(info, &ModelInfo::name); }
const char* tf_model_info_architecture(const tf_model_info* info) { return info_text(info, &ModelInfo::architecture); }
const char* tf_model_info_quantization(const tf_model_info* info) { return info_text(info, &ModelInfo::quantization); }
const char* tf_model_info_isa(const tf_model_info* info) { return info_text(info, &ModelInfo::isa); }
const char* tf_model_info_image_text(const tf_model_info* info) { return info_text(info, &ModelInfo::image_text); }
const char* tf_model_info_default_prompt(const tf_model_info* info) {
  return info_text(info, &ModelInfo::default_prompt);
}
const char* tf_model_info_chat_template(const tf_model_info* info, size_t* n_bytes) {
  return show(info != nullptr ? &shown(info)->chat_template : nullptr, n_bytes);
}

uint64_t tf_model_info_n_params(const tf_model_info* info) { return info_number(info, &ModelInfo::n_params); }
uint64_t tf_model_info_file_bytes(const tf_model_info* info) { return info_number(info, &ModelInfo::file_bytes); }
uint64_t tf_model_info_weight_bytes(const tf_model_info* info) { return info_number(info, &ModelInfo::weight_bytes); }
uint64_t tf_model_info_decode_bytes(const tf_model_info* info) { return info_number(info, &ModelInfo::decode_bytes); }
uint64_t tf_model_info_max_text_bytes(const tf_model_info* info) {
  return info_number(info, &ModelInfo::max_text_bytes);
}
int32_t tf_model_info_n_layers(const tf_model_info* info) { return info_number(info, &ModelInfo::n_layers); }
int32_t tf_model_info_model_dim(const tf_model_info* info) { return info_number(info, &ModelInfo::model_dim); }
int32_t tf_model_info_n_heads(const tf_model_info* info) { return info_number(info, &ModelInfo::n_heads); }
int32_t tf_model_info_n_kv_heads(const tf_model_info* info) { return info_number(info, &ModelInfo::n_kv_heads); }
int32_t tf_model_info_head_dim(const tf_model_info* info) { return info_number(info, &ModelInfo::head_dim); }
int32_t tf_model_info_ffn_dim(const tf_model_info* info) { return info_number(info, &ModelInfo::ffn_dim); }
int32_t tf_model_info_vocab_size(const tf_model_info* info) { return info_number(info, &ModelInfo::vocab_size); }
int32_t tf_model_info_n_ctx(const tf_model_info* info) { return info_number(info, &ModelInfo::n_ctx); }
int32_t tf_model_info_n_ctx_train(const tf_model_info* info) { return info_number(info, &ModelInfo::n_ctx_train); }
int32_t tf_model_info_n_threads(const tf_model_info* info) { return info_number(info, &ModelInfo::n_threads); }
int32_t tf_model_info_vector_dim(const tf_model_info* info) { return info_number(info, &ModelInfo::vector_dim); }
double tf_model_info_load_s(const tf_model_info* info) { return info_number(info, &ModelInfo::load_s); }

int32_t tf_model_info_came_packed(const tf_model_info* info) { return info_flag(info, &ModelInfo::came_packed); }
int32_t tf_model_info_can_answer(const tf_model_info* info) { return info_flag(info, &ModelInfo::can_answer); }
int32_t tf_model_info_can_chat(const tf_model_info* info) { return info_flag(info, &ModelInfo::has_chat_template); }
int32_t tf_model_info_can_see(const tf_model_info* info) {
  return info != nullptr && !shown(info)->image_text.empty() ? 1 : 0;
}
tf_pooling tf_model_info_pooling(const tf_model_info* info) {
  return static_cast<tf_pooling>(info_number(info, &ModelInfo::pooling));
}
int32_t tf_model_info_max_text_tokens(const tf_model_info* info) {
  return info_number(info, &ModelInfo::max_text_tokens).value_or(0);
}

int32_t tf_model_info_n_prompts(const tf_model_info* info) { return info_count(info, &ModelInfo::prompt_names); }
const char* tf_model_info_prompt_name(const tf_model_info* info, int32_t index) {
  return info_entry(info, &ModelInfo::prompt_names, index);
}
int32_t tf_model_info_n_warnings(const tf_model_info* info) { return info_count(info, &ModelInfo::warnings); }
const char* tf_model_info_warning(const tf_model_info* info, int32_t index) {
  return info_entry(info, &ModelInfo::warnings, index);
}

}  // extern "C"
