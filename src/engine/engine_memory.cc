// What an engine takes of memory, compared with what there is before it is taken.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "chat/input_memory.h"
#include "chat/message_json.h"
#include "engine/engine_impl.h"
#include "engine/session_impl.h"

namespace tenfold {

std::uint64_t EngineImpl::bytes_used() const {
  return model_.bytes_used() + (draft_ ? draft_->bytes_used() : 0) + (tower_ ? tower_->bytes_used() : 0) +
         vocabulary_bytes_;
}

std::uint64_t EngineImpl::bytes_mapped() const {
  return model_.bytes_mapped() + (draft_ ? draft_->bytes_mapped() : 0) + (tower_ ? tower_->weight_bytes() : 0);
}

Status EngineImpl::expect_memory(int n_sessions, std::uint64_t bytes_used, std::uint64_t picture_bytes,
                                 std::string_view advice) const {
  const ServedModel* const draft = draft_ ? &*draft_ : nullptr;
  const auto n = static_cast<std::uint64_t>(n_sessions);
  MemorySum sum;
  sum.weights =
      model_.model->weight_bytes() + (draft ? draft->model->weight_bytes() : 0) + (tower_ ? tower_->weight_bytes() : 0);
  sum.vocabulary = vocabulary_bytes_;
  sum.caches = (model_.cache_bytes + (draft ? draft->cache_bytes : 0)) * n;
  sum.working = model_.working_bytes + (draft ? draft->working_bytes : 0) + picture_bytes + claimed_bytes_ +
                SessionImpl::bytes_for(info_.n_ctx, model_.model->spec().vocab_size, longest_token_bytes_) * n;
  sum.n_ctx = info_.n_ctx;
  sum.n_sessions = n_sessions;
  sum.advice = advice;
  TENFOLD_ASSIGN_OR_RETURN(spare_bytes_, expect_fits(sum, {bytes_used, bytes_mapped()}, memory_limit_bytes_));
  return {};
}

Status EngineImpl::expect_memory_now(std::string_view advice) const {
  return expect_memory(std::max(1, n_sessions_.load()), bytes_used(), picture_bytes_, advice);
}

Result<MemoryClaim> EngineImpl::claim_memory(std::uint64_t n_bytes, std::string_view advice) const {
  constexpr std::uint64_t kLittle = std::uint64_t{1} << 20;
  if (n_bytes < kLittle) return MemoryClaim();
  claimed_bytes_ += n_bytes;
  MemoryClaim claim(&claimed_bytes_, GiveBack{n_bytes});
  TENFOLD_RETURN_IF_ERROR(expect_memory_now(advice));
  return claim;
}

Status EngineImpl::expect_room(const char* name, std::uint64_t n_bytes) const {
  if (n_bytes <= info_.max_text_bytes) return {};
  return invalid_argument(name, ": expected at most ", info_.max_text_bytes, " bytes, which ", info_.n_ctx,
                          " tokens of context may stand for, found ", n_bytes);
}

Result<MemoryClaim> EngineImpl::claim_for_chat(std::span<const Message> messages, const ChatOptions& options) const {
  // A text is copied as valid UTF-8, as JSON, and as the template writes it.
  constexpr std::uint64_t kBytesOfTextByte = 4;
  std::uint64_t n_bytes = text_bytes(messages);
  TENFOLD_RETURN_IF_ERROR(expect_room("messages", n_bytes));
  n_bytes *= kBytesOfTextByte;
  const std::pair<const char*, const std::string*> texts[] = {{"messages_json", &options.messages_json},
                                                              {"tools_json", &options.tools_json},
                                                              {"variables_json", &options.variables_json}};
  for (const auto& [name, json] : texts) {
    if (json->size() > kMaxChatJsonBytes) {
      return resource_exhausted(name, ": expected at most ", kMaxChatJsonBytes, " bytes, found ", json->size());
    }
    n_bytes += template_input_bytes(*json);
  }
  return claim_memory(n_bytes);
}

}  // namespace tenfold
