#include "c_api/call.h"

using namespace tenfold;

static_assert(TF_FINISH_CANCELLED == static_cast<int>(FinishReason::kCancelled));
static_assert(TF_PIECE_TOOL_CALL == static_cast<int>(PieceKind::kToolCall));

namespace {

const Reply* reply_of(const tf_answer* answer) { return answer != nullptr ? &answer->answer.reply : nullptr; }

template <typename Get>
auto of_result(const tf_answer* answer, Get&& get) {
  return look(answer, [&](const tf_answer& of) { return get(of.answer.result); });
}

}  // namespace

extern "C" {

void tf_answer_free(tf_answer* answer) { delete answer; }

const char* tf_answer_text(const tf_answer* answer, size_t* n_bytes) {
  return show(answer != nullptr ? &reply_of(answer)->text : nullptr, n_bytes);
}
const char* tf_answer_thinking(const tf_answer* answer, size_t* n_bytes) {
  return show(answer != nullptr ? &reply_of(answer)->thinking : nullptr, n_bytes);
}
const char* tf_answer_raw_text(const tf_answer* answer, size_t* n_bytes) {
  return show(answer != nullptr ? &answer->answer.result.text : nullptr, n_bytes);
}
int32_t tf_answer_n_tool_calls(const tf_answer* answer) {
  return answer != nullptr ? to_int32(reply_of(answer)->tool_calls.size()) : 0;
}
const tf_tool_call* tf_answer_tool_call(const tf_answer* answer, int32_t index) {
  const ToolCall* const found = answer != nullptr ? at(reply_of(answer)->tool_calls, index) : nullptr;
  return found != nullptr ? as_handle(*found) : nullptr;
}
tf_finish_reason tf_answer_finish_reason(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return static_cast<tf_finish_reason>(of.finish_reason); });
}
const int32_t* tf_answer_tokens(const tf_answer* answer, size_t* n_tokens) {
  if (n_tokens != nullptr) *n_tokens = of_result(answer, [](const GenerateResult& of) { return of.tokens.size(); });
  return of_result(answer, [](const GenerateResult& of) { return of.tokens.data(); });
}
int32_t tf_answer_n_tokens(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return to_int32(of.tokens.size()); });
}
int32_t tf_answer_n_prompt_tokens(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return to_int32(of.prompt_tokens.size()); });
}
int32_t tf_answer_n_reused_tokens(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return of.n_reused; });
}
int32_t tf_answer_n_drafted(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return of.n_drafted; });
}
int32_t tf_answer_n_accepted(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return of.n_accepted; });
}
int32_t tf_answer_n_dropped(const tf_answer* answer) {
  return look(answer, [](const tf_answer& of) { return of.answer.n_dropped; });
}
double tf_answer_ttft_s(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return of.timings.ttft_s; });
}
double tf_answer_prefill_tokens_per_s(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return of.timings.prefill_tokens_per_s; });
}
double tf_answer_decode_tokens_per_s(const tf_answer* answer) {
  return of_result(answer, [](const GenerateResult& of) { return of.timings.decode_tokens_per_s; });
}

tf_kind tf_piece_kind(const tf_piece* piece) { return piece != nullptr ? static_cast<tf_kind>(shown(piece)->kind) : 0; }
const char* tf_piece_text(const tf_piece* piece, size_t* n_bytes) {
  return show(piece != nullptr ? &shown(piece)->text : nullptr, n_bytes);
}
const tf_tool_call* tf_piece_tool_call(const tf_piece* piece) {
  const bool is_call = piece != nullptr && shown(piece)->kind == PieceKind::kToolCall;
  return is_call ? as_handle(shown(piece)->call) : nullptr;
}

const char* tf_tool_call_id(const tf_tool_call* call) {
  return show(call != nullptr ? &shown(call)->id : nullptr, nullptr);
}
const char* tf_tool_call_name(const tf_tool_call* call) {
  return show(call != nullptr ? &shown(call)->name : nullptr, nullptr);
}
const char* tf_tool_call_arguments(const tf_tool_call* call) {
  return show(call != nullptr ? &shown(call)->arguments_json : nullptr, nullptr);
}

}  // extern "C"
