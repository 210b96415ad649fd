// Every text of every kind of message, in every template of the goldens: it is in the prompt, or refused by name.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat_renderer.h"
#include "jinja/goldens_testing.h"

namespace tenfold {
namespace {

const std::string kFamilies = TENFOLD_SOURCE_DIR "/src/chat/testdata/families/";

// All words of the messages that begin with "zebra" are to be in the prompt.
struct Kind {
  std::string_view name;  // what a refusal has to name
  std::string messages;   // without the brackets; '#' stands for a call of a tool
};

const Kind kKinds[] = {
    {"system", R"({"role": "system", "content": "zebra1"}, {"role": "user", "content": "zebra2"})"},
    {"system",
     R"({"role": "system", "content": [{"type": "text", "text": "zebra1"}, {"type": "text", "text": "zebra2"}]},
                  {"role": "user", "content": "zebra3"})"},
    {"system", R"({"role": "system", "content": "zebra1"}, {"role": "system", "content": "zebra2"},
                  {"role": "user", "content": "zebra3"})"},
    {"system", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "zebra2"},
                  {"role": "system", "content": "zebra3"}, {"role": "user", "content": "zebra4"})"},
    {"user", R"({"role": "system", "content": "zebra1"}, {"role": "user", "content": "zebra2"},
                {"role": "assistant", "content": "zebra3"})"},
    {"developer", R"({"role": "developer", "content": "zebra1"}, {"role": "user", "content": "zebra2"})"},
    {"developer", R"({"role": "system", "content": "zebra1"}, {"role": "developer", "content": ["zebra2"]},
                     {"role": "user", "content": "zebra3"}, {"role": "assistant", "content": "zebra4"},
                     {"role": "developer", "content": "zebra5"}, {"role": "user", "content": "zebra6"})"},
    {"user", R"({"role": "user", "content": "zebra1"})"},
    {"user",
     R"({"role": "user", "content": [{"type": "text", "text": "zebra1"}, {"type": "input_text", "text": "zebra2"}]})"},
    {"user", R"({"role": "user", "content": ["zebra1", "zebra2"]})"},
    {"user", R"({"role": "user", "content": [{"text": "zebra1"}, {"type": "output_text", "text": "zebra2"}]})"},
    {"input_audio", R"({"role": "user", "content": [{"type": "text", "text": "zebra1"},
                       {"type": "input_audio", "input_audio": {"data": "zebra2"}}]})"},
    {"number", R"({"role": "user", "content": ["zebra1", 7, "zebra2"]})"},
    {"object", R"({"role": "system", "content": {"of": "zebra1"}}, {"role": "user", "content": "zebra2"})"},
    {"object", R"({"role": "user", "content": {"type": "text", "text": "zebra1"}})"},
    {"function_call", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": null, "function_call":
                         {"name": "zebra2", "arguments": "{}"}})"},
    {"string", R"({"role": "user", "content": "zebra1"}, "zebra2")"},
    {"critic", R"({"role": "critic", "content": "zebra1"}, {"role": "user", "content": "zebra2"})"},
    {"critic", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "zebra2"},
                  {"role": "critic", "content": ["zebra3"]}, {"role": "user", "content": "zebra4"})"},
    {"role", R"({"content": "zebra1"})"},
    {"assistant", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "zebra2"},
                     {"role": "user", "content": "zebra3"})"},
    {"assistant", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": ["zebra2", "zebra3"]},
                     {"role": "user", "content": "zebra4"})"},
    {"assistant",
     R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "zebra2", "tool_calls": []},
                     {"role": "user", "content": "zebra3"})"},
    {"assistant", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "tool_calls": [#]})"},
    {"assistant",
     R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "zebra2", "tool_calls": [#]})"},
    {"assistant",
     R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": ["zebra2", "zebra3"],
                     "tool_calls": [#]})"},
    {"tool", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": null, "tool_calls": [#, #]},
                    {"role": "tool", "name": "look", "tool_call_id": "abcdefgh0", "content": "zebra2"},
                    {"role": "tool", "name": "look", "tool_call_id": "abcdefgh1", "content": "zebra3"})"},
    {"tool",
     R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "", "tool_calls": [#]}, {"role": "tool",
                "name": "look", "tool_call_id": "abcdefgh0", "content": "zebra2"})"},
    {"tool",
     R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": null, "tool_calls": [#]},
                {"role": "tool",
                "name": "look", "tool_call_id": "abcdefgh0", "content": [
                {"type": "text", "text": "zebra2"}, "zebra3"]})"},
    {"tool", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "", "tool_calls": [#]},
                {"role": "tool", "name": "look", "tool_call_id": "abcdefgh0", "content": {"of": "zebra2"}})"},
    {"tool", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": [], "tool_calls": [#]},
                {"role": "tool", "name": "look", "tool_call_id": "abcdefgh0", "content": [{"output": "zebra2"}]})"},
    {"tool", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "\n", "tool_calls": [#, #]},
                {"role": "tool", "name": "look", "tool_call_id": "abcdefgh1", "content": "zebra2"},
                {"role": "tool", "name": "look", "tool_call_id": "abcdefgh0", "content": "zebra3"},
                {"role": "assistant", "content": "zebra4"}, {"role": "user", "content": "zebra5"})"},
    {"system", R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "zebra2"},
                  {"role": "user", "content": ["zebra3"]}, {"role": "system", "content": "zebra4"})"},
    {"tool", R"({"role": "system", "content": "zebra1"}, {"role": "user", "content": "zebra2"},
                {"role": "assistant", "content": "zebra3", "tool_calls": [#]}, {"role": "tool", "name": "look",
                "tool_call_id": "abcdefgh0", "content": "zebra4"})"},
    {"tool",
     R"({"role": "user", "content": "zebra1"}, {"role": "assistant", "content": "zebra2", "tool_calls": [#]},
                {"role": "tool",
                "name": "look", "tool_call_id": "abcdefgh0", "content": "zebra3"}, {"role": "assistant", "content":
                "zebra4", "tool_calls": [#]},
                {"role": "tool", "name": "look", "tool_call_id": "abcdefgh0", "content": "zebra5"},
                {"role": "assistant", "content": "zebra6"}, {"role": "user", "content": "zebra7"})"},
};

// Every call with a name and an argument of its own.
std::string messages_of(const Kind& kind) {
  std::string messages = "[" + kind.messages + "]";
  int n_calls = 0;
  for (std::size_t at = messages.find('#'); at != std::string::npos; at = messages.find('#')) {
    const std::string n = std::to_string(n_calls++);
    messages.replace(at, 1,
                     R"({"id": "abcdefgh)" + n + R"(", "type": "function", "function": {"name": "zebra_call)" + n +
                         R"(", "arguments": {"of": "zebra_argument)" + n + R"("}}})");
  }
  return messages;
}

std::vector<std::string> words_of(const std::string& messages) {
  std::vector<std::string> words;
  for (std::size_t at = messages.find("zebra"); at != std::string::npos; at = messages.find("zebra", at + 1)) {
    words.push_back(messages.substr(at, messages.find('"', at) - at));
  }
  return words;
}

Result<RenderedChat> render(const ChatRenderer& renderer, const std::string& messages) {
  ChatTemplateInput input;
  input.messages = parse_json(messages).value();
  input.bos_token = "<s>";
  input.eos_token = "</s>";
  return renderer.render(std::move(input), {});
}

bool names(const Status& status, std::string_view what) { return status.message().find(what) != std::string::npos; }

TEST(ShownTexts, OfEveryKindInEveryTemplate) {
  int n_shown = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFamilies)) {
    const ChatRenderer renderer = ChatRenderer::create(read_golden_text(entry.path())).value();
    for (const Kind& kind : kKinds) {
      const std::string messages = messages_of(kind);
      const auto chat = render(renderer, messages);
      if (!chat.ok()) {
        EXPECT_TRUE(names(chat.status(), kind.name) || names(chat.status(), "the template refuses"))
            << entry.path().stem() << " on " << messages << ": " << chat.status().to_string();
        continue;
      }
      ++n_shown;
      for (const std::string& word : words_of(messages)) {
        EXPECT_NE(chat->text.find(word), std::string::npos)
            << entry.path().stem() << " drops " << word << " of " << messages << ": " << chat->text;
      }
    }
  }
  EXPECT_GE(n_shown, 240);
}

// Of thoughts a template shows those that its model is to see again: in these, of the turn that goes on.
TEST(ShownTexts, ThoughtsOfTheTurnThatGoesOn) {
  for (const char* family : {"glm", "qwen3"}) {
    const ChatRenderer renderer = ChatRenderer::create(read_golden_text(kFamilies + family + ".jinja")).value();
    for (const char* name : {"reasoning_content", "reasoning", "thinking"}) {
      const auto chat =
          render(renderer,
                 messages_of({"", R"({"role": "user", "content": "a"}, {"role": "assistant", ")" + std::string(name) +
                                      R"(": "why", "tool_calls": [#]}, {"role": "tool", "content": "b"})"}));
      ASSERT_TRUE(chat.ok()) << chat.status().to_string();
      EXPECT_NE(chat->text.find("why"), std::string::npos) << family << ": " << chat->text;
    }
  }
}

}  // namespace
}  // namespace tenfold
