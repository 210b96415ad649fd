// What a conversation makes of answers with thoughts and calls of tools: a model that says what it was told to.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

#include "base/error.h"
#include "chat/message_json.h"
#include "tenfold/conversation.h"

namespace tenfold {
namespace {

constexpr const char* kTemplate =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n<think>{{ m.reasoning_content }}</think>{{ m.content }}"
    "{% for c in m.tool_calls %}<tool_call>\n{\"name\": {{ c.function.name }}, \"arguments\": {{ c.function.arguments "
    "}}}"
    "\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}<|im_start|>assistant\n";

// Its tokens are bytes, and 256 is <tool_call>, a control token.
constexpr TokenId kCallToken = 256;

struct Script {
  std::deque<std::string> answers;
  std::vector<std::string> prompts;  // JSON of the messages that were rendered
  std::vector<TokenId> spelled;
  FinishReason finish_reason = FinishReason::kStop;
};

class ScriptedSession final : public Session {
 public:
  explicit ScriptedSession(Script& script) : script_(script) {}

  Result<GenerateResult> generate_from(const MakePrompt& make, const GenerateOptions& options,
                                       const OnText& on_text) override {
    const std::atomic<bool> cancel = false;
    TENFOLD_ASSIGN_OR_RETURN(const Prompt prompt, make(cancel));
    script_.spelled = options.spelled;
    GenerateResult result;
    result.finish_reason = script_.finish_reason;
    result.ended_itself = script_.finish_reason == FinishReason::kStop;
    result.prompt_tokens = prompt.tokens;
    result.text = script_.answers.front();
    script_.answers.pop_front();
    for (const char c : result.text) {
      result.tokens.push_back(static_cast<unsigned char>(c));
      if (!on_text({&c, 1})) {
        result.finish_reason = FinishReason::kCancelled;
        break;
      }
    }
    return result;
  }
  Result<GenerateResult> generate(std::span<const TokenId>, const GenerateOptions&, const OnText&) override {
    return unsupported("not here");
  }
  Result<GenerateResult> generate(std::span<const TokenId>, std::span<const ImageRef>, const GenerateOptions&,
                                  const OnText&) override {
    return unsupported("not here");
  }
  Result<std::vector<float>> logits(std::span<const TokenId>, LogitRows) override { return unsupported("not here"); }
  Status stream_logits(std::span<const TokenId>, const OnLogits&) override { return unsupported("not here"); }
  Status append(std::span<const TokenId>) override { return unsupported("not here"); }
  Result<int> truncate(int) override { return 0; }
  [[nodiscard]] int n_tokens() const noexcept override { return 0; }
  Result<std::vector<ImageRef>> images() override { return std::vector<ImageRef>(); }
  Status save(const std::string&, std::string_view) override { return unsupported("not here"); }
  Result<std::string> restore(const std::string&) override { return unsupported("not here"); }
  Result<std::string> restore(const std::string&, const CheckNote&) override { return unsupported("not here"); }
  void cancel() noexcept override {}

 private:
  Script& script_;
};

class ScriptedEngine final : public Engine {
 public:
  explicit ScriptedEngine(Script& script) : script_(script) {
    info_.has_chat_template = true;
    info_.chat_template = kTemplate;
    info_.n_ctx = 4096;
  }

  [[nodiscard]] const ModelInfo& info() const noexcept override { return info_; }
  Result<std::unique_ptr<Session>> create_session() override {
    return std::unique_ptr<Session>(std::make_unique<ScriptedSession>(script_));
  }
  [[nodiscard]] Result<RenderedChat> render_chat(std::span<const Message> messages, const ChatOptions&) const override {
    script_.prompts.push_back(to_json(messages)->dump());
    return RenderedChat{"<|im_start|>assistant\n", {}};
  }
  [[nodiscard]] Result<std::vector<TokenId>> tokenize(std::string_view text, const TokenizeOptions&) const override {
    if (text == "<tool_call>") return std::vector<TokenId>{kCallToken};
    return std::vector<TokenId>(text.begin(), text.end());
  }
  [[nodiscard]] Result<std::string> detokenize(std::span<const TokenId> tokens, SpecialText) const override {
    return std::string(tokens.front() == kCallToken ? "" : "x");
  }
  Result<std::vector<float>> embed(std::string_view, const EmbedOptions&) override { return unsupported("not here"); }
  Result<std::vector<float>> embed(std::span<const TokenId>, const EmbedOptions&) override {
    return unsupported("not here");
  }
  Result<ImageRef> encode_image(std::span<const std::byte>, const ImageOptions&) override {
    return unsupported("not here");
  }
  Status wait_until_stored(const std::function<bool(double)>&) override { return {}; }
  Result<std::vector<StageTime>> stage_times() override { return unsupported("not here"); }
  [[nodiscard]] bool is_end_token(TokenId) const noexcept override { return false; }

 private:
  Script& script_;
  ModelInfo info_;
};

std::unique_ptr<Conversation> open(Script& script) {
  auto conversation = Conversation::create(std::make_shared<ScriptedEngine>(script), {.tools_json = "[]"});
  EXPECT_TRUE(conversation.ok()) << conversation.status().to_string();
  return std::move(conversation).value();
}

TEST(ConversationReply, ThoughtsCallsAndTextAreToldApart) {
  Script script;
  script.answers = {
      "<think>\nWhere?\n</think>\n\nLet me look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": "
      "\"Oslo\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>",
      "Rain at noon."};
  const auto conversation = open(script);
  std::string kinds;
  SendOptions options;
  options.on_piece = [&](const ReplyPiece& piece) {
    const char kind = "xtc"[static_cast<int>(piece.kind)];
    if (kinds.empty() || kinds.back() != kind || kind == 'c') kinds += kind;
    return true;
  };
  const auto answer = conversation->send({"user", "Weather and time?"}, options);
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(kinds, "txcc");
  EXPECT_EQ(answer->reply.thinking, "Where?");
  EXPECT_EQ(answer->reply.text, "Let me look.");
  ASSERT_EQ(answer->reply.tool_calls.size(), 2u);
  EXPECT_EQ(answer->reply.tool_calls[0].name, "weather");
  EXPECT_EQ(answer->reply.tool_calls[0].id, "call00000");
  EXPECT_EQ(answer->reply.tool_calls[1].id, "call00001");
  EXPECT_EQ(script.spelled, std::vector<TokenId>{kCallToken}) << "control tokens that are marks, and no others";

  std::vector<Message> results = {tool_result(answer->reply.tool_calls[0], "rain"),
                                  tool_result(answer->reply.tool_calls[1], "noon")};
  const auto last = conversation->send_all(results, options);
  ASSERT_TRUE(last.ok()) << last.status().to_string();
  EXPECT_EQ(last->reply.text, "Rain at noon.");
  EXPECT_EQ(script.prompts.back(),
            R"([{"role":"user","content":"Weather and time?"},{"role":"assistant","content":"Let me look.",)"
            R"("reasoning_content":"Where?","tool_calls":[{"id":"call00000","type":"function",)"
            R"("function":{"name":"weather","arguments":{"city":"Oslo"}}},{"id":"call00001","type":"function",)"
            R"("function":{"name":"clock","arguments":{}}}]},)"
            R"({"role":"tool","content":"rain","tool_call_id":"call00000","name":"weather"},)"
            R"({"role":"tool","content":"noon","tool_call_id":"call00001","name":"clock"}])");
  EXPECT_EQ(conversation->messages().size(), 5u);
}

TEST(ConversationReply, IdsStayApartFromThoseOfBefore) {
  Script script;
  script.answers = {"<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>"};
  Message calling("assistant", "");
  calling.tool_calls = {{"call00005", "clock", "{}"}, {"call7", "clock", "{}"}, {"callous", "clock", "{}"}};
  const auto conversation =
      Conversation::create(std::make_shared<ScriptedEngine>(script), {.before = {{"user", "Time?"}, calling}});
  ASSERT_TRUE(conversation.ok()) << conversation.status().to_string();
  const auto answer = (*conversation)->send({"user", "And now?"}, {});
  ASSERT_EQ(answer->reply.tool_calls.size(), 1u);
  EXPECT_EQ(answer->reply.tool_calls[0].id, "call00006");
}

TEST(ConversationReply, EachPromptIsRenderedOnce) {
  Script script;
  script.answers = {"one", "two", "three"};
  const auto conversation = open(script);
  for (std::size_t turn = 1; turn <= 3; ++turn) {
    ASSERT_TRUE(conversation->send({"user", "Count."}, {}).ok());
    EXPECT_EQ(script.prompts.size(), turn);
  }
}

TEST(ConversationReply, ACallAlone) {
  Script script;
  script.answers = {"<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>"};
  const auto conversation = open(script);
  const auto answer = conversation->send({"user", "Time?"}, {});
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->reply.text, "");
  EXPECT_TRUE(conversation->messages().back().parts.empty())
      << "no text was said, which templates tell from an empty one";
}

TEST(ConversationReply, ACallThatWasCutIsNone) {
  const std::string begun = "<tool_call>\n{\"name\": \"delete\", \"arguments\": {\"path\": \"/tmp\"";
  Script script;
  script.answers = {begun, begun};
  const auto whole = open(script)->send({"user", "Tidy up."}, {});
  EXPECT_EQ(whole->reply.tool_calls.size(), 1u) << "models forget brackets";
  script.finish_reason = FinishReason::kLength;
  const auto cut = open(script)->send({"user", "Tidy up."}, {});
  EXPECT_TRUE(cut->reply.tool_calls.empty());
  EXPECT_EQ(cut->reply.text, begun);
}

TEST(ConversationReply, ACallerWhoWantsNoMoreGetsNoMore) {
  Script script;
  script.answers = {"one two three"};
  const auto conversation = open(script);
  int n_pieces = 0;
  SendOptions options;
  options.on_piece = [&](const ReplyPiece&) { return ++n_pieces < 4; };
  const auto answer = conversation->send({"user", "Count."}, options);
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(n_pieces, 4);
  EXPECT_EQ(answer->result.finish_reason, FinishReason::kCancelled);
  EXPECT_EQ(conversation->messages().back().text(), answer->reply.text);
}

}  // namespace
}  // namespace tenfold
