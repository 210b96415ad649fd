// TextCalls: what an engine is asked to do with text: within what a context may stand for, and with the memory that it
// works in claimed before it is taken.
//
// Thread-safe. Text side, info and account must outlive it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/memory_budget.h"
#include "engine/text_side.h"
#include "model/vector_settings.h"
#include "tenfold/engine.h"

namespace tenfold {

class TextCalls {
 public:
  TextCalls(const TextSide& side, const ModelInfo& info, MemoryAccount& memory)
      : side_(side), info_(info), memory_(memory) {}

  // See the calls of these names of Engine.
  [[nodiscard]] Result<std::vector<TokenId>> tokenize(std::string_view text, const TokenizeOptions& options) const;
  [[nodiscard]] Result<std::string> detokenize(std::span<const TokenId> tokens, SpecialText special) const;
  [[nodiscard]] Result<RenderedChat> render_chat(std::span<const Message> messages, const ChatOptions& options) const;

  // The tokens that a text's vector is made of: behind the model's prompt, and cut.
  [[nodiscard]] Result<std::vector<TokenId>> tokens_of_vector(std::string_view text, const VectorSettings& settings,
                                                              const EmbedOptions& options) const;

 private:
  // Errors: kInvalidArgument for a text that no context has room for.
  [[nodiscard]] Status expect_room(const char* name, std::uint64_t n_bytes) const;
  // For all that a chat is made from, before any of it is copied. Errors: also kResourceExhausted for too much JSON.
  [[nodiscard]] Result<MemoryClaim> claim_for_chat(std::span<const Message> messages, const ChatOptions& options) const;
  [[nodiscard]] Result<ChatTemplateInput> template_input(Json messages, const ChatOptions& options) const;

  const TextSide& side_;
  const ModelInfo& info_;
  MemoryAccount& memory_;
};

}  // namespace tenfold
