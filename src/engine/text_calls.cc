#include "engine/text_calls.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/guard.h"
#include "base/utf8.h"
#include "chat/input_memory.h"
#include "chat/message_json.h"
#include "chat/message_parts.h"
#include "engine/vector_text.h"

namespace tenfold {

namespace {

// What a chat template may fill with values and again with text, however short memory is.
constexpr std::uint64_t kLeastTemplateBytes = std::uint64_t{4} << 20;

}  // namespace

Status TextCalls::expect_room(const char* name, std::uint64_t n_bytes) const {
  if (n_bytes <= info_.max_text_bytes) return {};
  return invalid_argument(name, ": expected at most ", info_.max_text_bytes, " bytes, which ", info_.n_ctx,
                          " tokens of context may stand for, found ", n_bytes);
}

Result<MemoryClaim> TextCalls::claim_for_chat(std::span<const Message> messages, const ChatOptions& options) const {
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
  return memory_.claim(n_bytes);
}

Result<std::vector<TokenId>> TextCalls::tokenize(std::string_view text, const TokenizeOptions& options) const {
  return guard([&]() -> Result<std::vector<TokenId>> {
    TENFOLD_RETURN_IF_ERROR(expect_room("text", text.size()));
    TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim work, memory_.claim(Tokenizer::kWorkBytesOfTextByte * text.size()));
    return side_.tokenizer().encode(text, options);
  });
}

Result<std::string> TextCalls::detokenize(std::span<const TokenId> tokens, SpecialText special) const {
  return guard([&]() -> Result<std::string> {
    TENFOLD_ASSIGN_OR_RETURN(const std::string bytes, side_.tokenizer().decode(tokens, special));
    return to_valid_utf8(bytes);
  });
}

Result<RenderedChat> TextCalls::render_chat(std::span<const Message> messages, const ChatOptions& options) const {
  return guard([&]() -> Result<RenderedChat> {
    if (side_.chat_renderer() == nullptr) {
      return failed_precondition("chat template: expected one in ", info_.path, ", found ", info_.chat_template_found,
                                 "; use a raw prompt");
    }
    TENFOLD_ASSIGN_OR_RETURN(const MemoryClaim work, claim_for_chat(messages, options));
    Json given;
    if (options.messages_json.empty()) {
      TENFOLD_ASSIGN_OR_RETURN(given, to_json(messages));
    } else {
      TENFOLD_ASSIGN_OR_RETURN(given, parse_json(options.messages_json));
    }
    if (count_images(given) > 0) TENFOLD_RETURN_IF_ERROR(side_.image_placeholder().status());
    TENFOLD_ASSIGN_OR_RETURN(ChatTemplateInput input, template_input(std::move(given), options));
    const ImageWords words{side_.placeholder_text(), side_.image_text()};
    TENFOLD_ASSIGN_OR_RETURN(RenderedChat chat, side_.chat_renderer()->render(std::move(input), words));
    if (options.given_text == GivenText::kParsed) chat.given.clear();
    return chat;
  });
}

Result<ChatTemplateInput> TextCalls::template_input(Json messages, const ChatOptions& options) const {
  ChatTemplateInput input;
  input.messages = std::move(messages);
  if (!options.tools_json.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(input.tools, parse_json(options.tools_json));
  }
  if (!options.variables_json.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(input.variables, parse_json(options.variables_json));
  }
  input.add_generation_prompt = options.add_generation_prompt;
  input.cancel = options.cancel;
  input.now_s = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  input.max_bytes = std::max<std::uint64_t>(kLeastTemplateBytes, memory_.spare_bytes() / 2);
  input.bos_token = side_.bos();
  input.eos_token = side_.eos();
  return input;
}

Result<std::vector<TokenId>> TextCalls::tokens_of_vector(std::string_view text, const VectorSettings& settings,
                                                         const EmbedOptions& options) const {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view prompt, find_prompt(settings, options));
  TENFOLD_RETURN_IF_ERROR(expect_room("text", prompt.size() + text.size()));
  // The model's own prompt may name tokens, whoever wrote the text.
  const TextRange rest{static_cast<std::uint32_t>(prompt.size()),
                       static_cast<std::uint32_t>(prompt.size() + text.size())};
  TokenizeOptions how = {.add_bos = true, .add_eos = true, .parse_special = true, .cancel = options.cancel};
  if (!options.parse_special) how.given = {&rest, 1};
  Result<std::vector<TokenId>> tokens = prompt.empty() ? tokenize(text, how) : tokenize(cat(prompt, text), how);
  if (!tokens.ok()) return tokens.status();
  const std::size_t n_tokens = tokens->size();
  cut_tokens(*tokens, max_text_tokens(settings, info_.n_ctx, options), side_.tokenizer());
  if (options.usage != nullptr) *options.usage = {n_tokens, tokens->size()};
  return tokens;
}

}  // namespace tenfold
