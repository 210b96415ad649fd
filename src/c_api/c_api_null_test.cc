// Every function with NULL for everything: errors by name and empty values, never a crash.
#include <type_traits>

#include "c_api/owned_handles_testing.h"

namespace {

template <typename Result, typename... Arguments>
Result with_nulls(Result (*function)(Arguments...)) {
  return function(Arguments{}...);
}

#define EXPECT_REFUSED(function) EXPECT_EQ(with_nulls(function), TF_INVALID_ARGUMENT) << #function
#define EXPECT_NOTHING(function) EXPECT_FALSE(with_nulls(function)) << #function
#define EXPECT_EMPTY(function) EXPECT_STREQ(with_nulls(function), "") << #function

TEST(CApiNull, IsRefusedWhereSomethingIsNeeded) {
  EXPECT_REFUSED(tf_cancel_create);
  EXPECT_REFUSED(tf_engine_options_create);
  EXPECT_REFUSED(tf_engine_options_set_n_threads);
  EXPECT_REFUSED(tf_engine_options_set_n_ctx);
  EXPECT_REFUSED(tf_engine_options_set_max_sessions);
  EXPECT_REFUSED(tf_engine_options_set_memory_limit);
  EXPECT_REFUSED(tf_engine_options_set_precision);
  EXPECT_REFUSED(tf_engine_options_set_kv_type);
  EXPECT_REFUSED(tf_engine_options_set_prefill_chunk);
  EXPECT_REFUSED(tf_engine_options_set_isa);
  EXPECT_REFUSED(tf_engine_options_set_cache);
  EXPECT_REFUSED(tf_engine_options_set_cache_folder);
  EXPECT_REFUSED(tf_engine_options_set_cache_limit);
  EXPECT_REFUSED(tf_engine_options_set_draft);
  EXPECT_REFUSED(tf_engine_options_set_mmproj);
  EXPECT_REFUSED(tf_engine_options_set_on_progress);
  EXPECT_REFUSED(tf_engine_options_set_on_warning);
  EXPECT_REFUSED(tf_engine_open);
  EXPECT_REFUSED(tf_engine_open_fd);
  EXPECT_REFUSED(tf_engine_wait_until_stored);
  EXPECT_REFUSED(tf_engine_tokenize);
  EXPECT_REFUSED(tf_engine_detokenize);
  EXPECT_REFUSED(tf_embed_options_create);
  EXPECT_REFUSED(tf_embed_options_set_pooling);
  EXPECT_REFUSED(tf_embed_options_set_normalize);
  EXPECT_REFUSED(tf_embed_options_set_parse_special);
  EXPECT_REFUSED(tf_embed_options_set_truncate);
  EXPECT_REFUSED(tf_embed_options_set_prompt_name);
  EXPECT_REFUSED(tf_embed_options_set_cancel);
  EXPECT_REFUSED(tf_engine_embed);
  EXPECT_REFUSED(tf_image_options_create);
  EXPECT_REFUSED(tf_image_options_set_max_pixels);
  EXPECT_REFUSED(tf_image_options_set_on_progress);
  EXPECT_REFUSED(tf_image_options_set_cancel);
  EXPECT_REFUSED(tf_image_create);
  EXPECT_REFUSED(tf_message_create);
  EXPECT_REFUSED(tf_message_create_tool_result);
  EXPECT_REFUSED(tf_message_add_text);
  EXPECT_REFUSED(tf_message_add_image);
  EXPECT_REFUSED(tf_message_set_thinking);
  EXPECT_REFUSED(tf_message_add_tool_call);
  EXPECT_REFUSED(tf_message_set_tool);
  EXPECT_REFUSED(tf_message_set_keep);
  EXPECT_REFUSED(tf_generate_options_create);
  EXPECT_REFUSED(tf_generate_options_set_max_tokens);
  EXPECT_REFUSED(tf_generate_options_set_temperature);
  EXPECT_REFUSED(tf_generate_options_set_top_k);
  EXPECT_REFUSED(tf_generate_options_set_top_p);
  EXPECT_REFUSED(tf_generate_options_set_min_p);
  EXPECT_REFUSED(tf_generate_options_set_typical_p);
  EXPECT_REFUSED(tf_generate_options_set_repeat_penalty);
  EXPECT_REFUSED(tf_generate_options_set_frequency_penalty);
  EXPECT_REFUSED(tf_generate_options_set_presence_penalty);
  EXPECT_REFUSED(tf_generate_options_set_seed);
  EXPECT_REFUSED(tf_generate_options_add_logit_bias);
  EXPECT_REFUSED(tf_generate_options_add_stop);
  EXPECT_REFUSED(tf_generate_options_add_stop_token);
  EXPECT_REFUSED(tf_generate_options_set_ignore_end);
  EXPECT_REFUSED(tf_generate_options_set_special);
  EXPECT_REFUSED(tf_generate_options_set_speculate);
  EXPECT_REFUSED(tf_generate_options_set_cancel);
  EXPECT_REFUSED(tf_conversation_options_create);
  EXPECT_REFUSED(tf_conversation_options_set_system);
  EXPECT_REFUSED(tf_conversation_options_add_message);
  EXPECT_REFUSED(tf_conversation_options_set_tools);
  EXPECT_REFUSED(tf_conversation_options_set_variables);
  EXPECT_REFUSED(tf_conversation_options_set_when_full);
  EXPECT_REFUSED(tf_conversation_options_set_given_text);
  EXPECT_REFUSED(tf_conversation_create);
  EXPECT_REFUSED(tf_conversation_send);
  EXPECT_REFUSED(tf_conversation_ask);
  EXPECT_REFUSED(tf_conversation_message);
  EXPECT_REFUSED(tf_conversation_save);
  EXPECT_REFUSED(tf_conversation_restore);
  EXPECT_REFUSED(tf_conversation_reset);
  EXPECT_REFUSED(tf_session_create);
  EXPECT_REFUSED(tf_session_generate);
  EXPECT_REFUSED(tf_session_generate_tokens);
  EXPECT_REFUSED(tf_session_logits);
  EXPECT_REFUSED(tf_session_reset);
}

TEST(CApiNull, HoldsNothing) {
  EXPECT_NOTHING(tf_error_status);
  EXPECT_NOTHING(tf_cancel_requested);
  EXPECT_NOTHING(tf_engine_info);
  EXPECT_NOTHING(tf_model_info_n_params);
  EXPECT_NOTHING(tf_model_info_file_bytes);
  EXPECT_NOTHING(tf_model_info_weight_bytes);
  EXPECT_NOTHING(tf_model_info_decode_bytes);
  EXPECT_NOTHING(tf_model_info_max_text_bytes);
  EXPECT_NOTHING(tf_model_info_n_layers);
  EXPECT_NOTHING(tf_model_info_model_dim);
  EXPECT_NOTHING(tf_model_info_n_heads);
  EXPECT_NOTHING(tf_model_info_n_kv_heads);
  EXPECT_NOTHING(tf_model_info_head_dim);
  EXPECT_NOTHING(tf_model_info_ffn_dim);
  EXPECT_NOTHING(tf_model_info_vocab_size);
  EXPECT_NOTHING(tf_model_info_n_ctx);
  EXPECT_NOTHING(tf_model_info_n_ctx_train);
  EXPECT_NOTHING(tf_model_info_n_threads);
  EXPECT_NOTHING(tf_model_info_load_s);
  EXPECT_NOTHING(tf_model_info_came_packed);
  EXPECT_NOTHING(tf_model_info_can_answer);
  EXPECT_NOTHING(tf_model_info_can_chat);
  EXPECT_NOTHING(tf_model_info_can_see);
  EXPECT_NOTHING(tf_model_info_vector_dim);
  EXPECT_NOTHING(tf_model_info_pooling);
  EXPECT_NOTHING(tf_model_info_max_text_tokens);
  EXPECT_NOTHING(tf_model_info_n_prompts);
  EXPECT_NOTHING(tf_model_info_n_warnings);
  EXPECT_NOTHING(tf_tokens_data);
  EXPECT_NOTHING(tf_engine_is_end_token);
  EXPECT_NOTHING(tf_image_width);
  EXPECT_NOTHING(tf_image_height);
  EXPECT_NOTHING(tf_image_n_tokens);
  EXPECT_NOTHING(tf_image_is_animation);
  EXPECT_NOTHING(tf_message_n_parts);
  EXPECT_NOTHING(tf_message_part_is_image);
  EXPECT_NOTHING(tf_message_n_tool_calls);
  EXPECT_NOTHING(tf_message_tool_call);
  EXPECT_NOTHING(tf_message_keep);
  EXPECT_NOTHING(tf_answer_n_tool_calls);
  EXPECT_NOTHING(tf_answer_tool_call);
  EXPECT_NOTHING(tf_answer_finish_reason);
  EXPECT_NOTHING(tf_answer_tokens);
  EXPECT_NOTHING(tf_answer_n_tokens);
  EXPECT_NOTHING(tf_answer_n_prompt_tokens);
  EXPECT_NOTHING(tf_answer_n_reused_tokens);
  EXPECT_NOTHING(tf_answer_n_drafted);
  EXPECT_NOTHING(tf_answer_n_accepted);
  EXPECT_NOTHING(tf_answer_n_dropped);
  EXPECT_NOTHING(tf_answer_ttft_s);
  EXPECT_NOTHING(tf_answer_prefill_tokens_per_s);
  EXPECT_NOTHING(tf_answer_decode_tokens_per_s);
  EXPECT_NOTHING(tf_piece_kind);
  EXPECT_NOTHING(tf_piece_tool_call);
  EXPECT_NOTHING(tf_conversation_n_messages);
  EXPECT_NOTHING(tf_session_n_tokens);
}

TEST(CApiNull, SaysNothing) {
  EXPECT_EMPTY(tf_error_message);
  EXPECT_EMPTY(tf_model_info_path);
  EXPECT_EMPTY(tf_model_info_name);
  EXPECT_EMPTY(tf_model_info_architecture);
  EXPECT_EMPTY(tf_model_info_quantization);
  EXPECT_EMPTY(tf_model_info_isa);
  EXPECT_EMPTY(tf_model_info_chat_template);
  EXPECT_EMPTY(tf_model_info_image_text);
  EXPECT_EMPTY(tf_model_info_prompt_name);
  EXPECT_EMPTY(tf_model_info_default_prompt);
  EXPECT_EMPTY(tf_model_info_warning);
  EXPECT_EMPTY(tf_text_data);
  EXPECT_EMPTY(tf_tool_call_id);
  EXPECT_EMPTY(tf_tool_call_name);
  EXPECT_EMPTY(tf_tool_call_arguments);
  EXPECT_EMPTY(tf_message_role);
  EXPECT_EMPTY(tf_message_part_text);
  EXPECT_EMPTY(tf_message_thinking);
  EXPECT_EMPTY(tf_message_tool_call_id);
  EXPECT_EMPTY(tf_message_tool_name);
  EXPECT_EMPTY(tf_answer_text);
  EXPECT_EMPTY(tf_answer_thinking);
  EXPECT_EMPTY(tf_answer_raw_text);
  EXPECT_EMPTY(tf_piece_text);
}

TEST(CApiNull, MayBeFreed) {
  with_nulls(tf_error_free);
  with_nulls(tf_cancel_request);
  with_nulls(tf_cancel_free);
  with_nulls(tf_engine_options_free);
  with_nulls(tf_engine_free);
  with_nulls(tf_tokens_free);
  with_nulls(tf_text_free);
  with_nulls(tf_embed_options_free);
  with_nulls(tf_image_options_free);
  with_nulls(tf_image_free);
  with_nulls(tf_message_free);
  with_nulls(tf_generate_options_free);
  with_nulls(tf_answer_free);
  with_nulls(tf_conversation_options_free);
  with_nulls(tf_conversation_free);
  with_nulls(tf_session_free);
}

}  // namespace
