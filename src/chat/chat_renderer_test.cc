#include "chat/chat_renderer.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

constexpr const char* kTexts = "{% for m in messages %}<{{ m.role }}>{{ '' + m.content }}{% endfor %}";
constexpr const char* kParts =
    "{% for m in messages %}<{{ m.role }}>{% for p in m.content %}{% if p.type == 'image' %}#{% else %}{{ p.text }}"
    "{% endif %}{% endfor %}{% endfor %}";
constexpr const char* kNoSystem =
    "{% for m in messages %}{% if m.role == 'user' %}<user>{{ m.content }}{% elif m.role == 'assistant' %}<assistant>"
    "{{ m.content }}{% endif %}{% endfor %}";

// Given parts are in brackets.
std::string render(std::string_view source, std::string_view messages, const ImageWords& images = {},
                   Json tools = nullptr) {
  const auto renderer = ChatRenderer::create(source);
  if (!renderer.ok()) return std::string(renderer.status().message());
  ChatTemplateInput input;
  input.messages = parse_json(messages).value();
  input.tools = std::move(tools);
  auto chat = renderer->render(std::move(input), images);
  if (!chat.ok()) return std::string(chat.status().message());
  for (auto range = chat->given.rbegin(); range != chat->given.rend(); ++range) {
    chat->text.insert(range->end, "]").insert(range->begin, "[");
  }
  return chat->text;
}

TEST(ChatRenderer, GivesTextsAndPartsAsTheTemplateShowsThem) {
  constexpr const char* kText = R"([{"role": "user", "content": "What is this?"}])";
  constexpr const char* kList =
      R"([{"role": "user", "content": [{"type": "text", "text": "What is"}, {"type": "input_text", "text": " this?"}]}])";
  for (const char* source : {kTexts, kParts, "{% for m in messages %}<{{ m.role }}>{{ m.content[0].text }}{% endfor %}",
                             "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"}) {
    EXPECT_EQ(render(source, kText), "<user>[What is this?]") << source;
    EXPECT_EQ(render(source, kList), "<user>[What is this?]") << source;
  }
}

TEST(ChatRenderer, AnEmptyContentIsShownAsOne) {
  for (const char* content : {R"("")", "[]", R"([{"type": "text", "text": ""}])", R"([""])"}) {
    const std::string messages = std::string(R"([{"role": "user", "content": )") + content + "}]";
    EXPECT_EQ(render(kTexts, messages), "<user>") << content;
    EXPECT_EQ(render(kParts, messages), "<user>") << content;
  }
}

TEST(ChatRenderer, PutsADroppedSystemMessageInFrontOfTheNextQuestion) {
  EXPECT_EQ(render(kNoSystem, R"([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}])"),
            "<user>[Be brief.\n\nWhy?]");
  EXPECT_EQ(render(kNoSystem, R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
                                  {"role": "system", "content": "c"}, {"role": "system", "content": [{"type": "text",
                                  "text": "d"}]}, {"role": "user", "content": [{"type": "text", "text": "e"}]}])"),
            "<user>[a]<assistant>[b]<user>[c\n\nd\n\ne]");
  EXPECT_EQ(render(kNoSystem, R"([{"role": "system", "content": "Be brief."}])"),
            "chat template: it shows no system message here; expected a user's message, to put it there, found none");
  EXPECT_EQ(render(kTexts, R"([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}])"),
            "<system>[a]<user>[b]");
}

TEST(ChatRenderer, CallsOfToolsThatAreNotShownAreTheAssistantsText) {
  EXPECT_EQ(render(kTexts, R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "tool_calls": [
                               {"function": {"name": "look", "arguments": {"at": 1}}}, {"name": "see"}]},
                               {"role": "tool", "content": "c"}])"),
            "<user>[a]<assistant>[b\n{\"name\":\"look\",\"arguments\":{\"at\":1}}\n{\"name\":\"see\"}]<tool>[c]");
  EXPECT_EQ(render(kNoSystem, R"([{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"name": "x",
                               "arguments": "{}"}]}])"),
            "<user>[a]<assistant>[{\"name\":\"x\",\"arguments\":\"{}\"}]");
}

TEST(ChatRenderer, ArgumentsAreTextsWhereTheTemplateAddsThem) {
  EXPECT_EQ(render("{% for m in messages %}<{{ m.role }}>{% for c in m.tool_calls or [] %}{{ c.function.name + '(' + "
                   "c.function.arguments + ')' }}{% else %}{{ m.content }}{% endfor %}{% endfor %}",
                   R"([{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"function": {"name":
                       "look", "arguments": {"at": "sky"}}}]}])"),
            "<user>[a]<assistant>[look]([{\"at\":\"sky\"}])");
}

TEST(ChatRenderer, TextBesideCallsBecomesAMessageOrBeginsTheAnswer) {
  const std::string either =
      "{% for m in messages %}<{{ m.role }}>{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ "
      "c.function.arguments.values() | join }}{% else %}{{ '' + m.content }}{% endfor %}{% endfor %}";
  const std::string once =
      "{% if messages | rejectattr('tool_calls') | selectattr('role', 'equalto', 'assistant') | list | length > 1 %}"
      "{{ raise_exception('one answer a question') }}{% endif %}" +
      either;
  const std::string calls = R"("tool_calls": [{"function": {"name": "look", "arguments": {}}}])";
  const std::string asked = R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", )" + calls +
                            R"(}, {"role": "tool", "content": "c"}, {"role": "assistant", "content": ["d"], )" + calls +
                            R"(}, {"role": "tool", "content": "e"})";
  EXPECT_EQ(render(either, asked + "]"),
            "<user>[a]<assistant>[b]<assistant>[look]<tool>[c]<assistant>[d]<assistant>[look]<tool>[e]");
  EXPECT_EQ(render(once, asked + "]"),
            "<user>[a]<assistant>[b\n\nd]<assistant>[look]<tool>[c]<assistant>[look]<tool>[e]");
  EXPECT_EQ(render(once, asked + R"(, {"role": "assistant", "content": "f"}])"),
            "<user>[a]<assistant>[look]<tool>[c]<assistant>[look]<tool>[e]<assistant>[b\n\nd\n\nf]");
}

TEST(ChatRenderer, DevelopersSpeakAsTheSystemWhereTheyAreNotShown) {
  EXPECT_EQ(render("{% for m in messages %}{% if m.role != 'developer' %}<{{ m.role }}>{{ '' + m.content }}{% endif %}"
                   "{% endfor %}",
                   R"([{"role": "developer", "content": "a"}, {"role": "user", "content": "b"}])"),
            "<system>[a]<user>[b]");
  EXPECT_EQ(render(kNoSystem, R"([{"role": "developer", "content": "a"}, {"role": "user", "content": "b"}])"),
            "<user>[a\n\nb]");
  EXPECT_EQ(render(kTexts, R"([{"role": "developer", "content": "a"}, {"role": "user", "content": "b"}])"),
            "<developer>[a]<user>[b]");
}

constexpr const char* kTwoCalls =
    R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "tool_calls": [
    {"id": "1", "function": {"name": "f", "arguments": {"x": 1}}},
    {"id": "2", "function": {"name": "g", "arguments": {"x": 2}}}]},
    {"role": "tool", "tool_call_id": "2", "content": "G"}, {"role": "tool", "tool_call_id": "1", "content": "F"}])";

TEST(ChatRenderer, GivesCallsOneAMessageToATemplateThatShowsNoMore) {
  const std::string one =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.tool_calls %}!"
      "{{ m.tool_calls[0].function.name ~ m.tool_calls[0].function.arguments }}{% endif %}{% endfor %}";
  EXPECT_EQ(render(one, kTwoCalls), "<user>[a]<assistant>[b]![f]{['x']: 1}<tool>[F]<assistant>![g]{['x']: 2}<tool>[G]");
  const std::string all =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% for c in m.tool_calls or [] %}!"
      "{{ c.function.name ~ c.function.arguments }}{% endfor %}{% endfor %}";
  EXPECT_EQ(render(all, kTwoCalls), "<user>[a]<assistant>[b]![f]{['x']: 1}![g]{['x']: 2}<tool>[G]<tool>[F]");
}

TEST(ChatRenderer, ATemplateMayWriteCallsInAnotherWayWhereThereAreTools) {
  const std::string source =
      "{% for m in messages %}<{{ m.role }}>{{ '' + (m.content or '') }}{% if tools and m.tool_calls %}"
      "{% for c in m.tool_calls %}!{{ c.function.name ~ c.function.arguments }}{% endfor %}{% endif %}"
      "{% endfor %}";
  const Json tools = parse_json(R"([{"type": "function", "function": {"name": "f"}}])").value();
  EXPECT_EQ(render(source, kTwoCalls, {}, tools),
            "<user>[a]<assistant>[b]![f]{['x']: 1}![g]{['x']: 2}<tool>[G]<tool>[F]");
  EXPECT_EQ(render(source, kTwoCalls).find('!'), std::string::npos);
  EXPECT_EQ(
      render("{% for t in tools %}{{ t.function.name }}{% endfor %}{% for m in messages %}<{{ m.role }}>{{ m.content }}"
             "{% endfor %}",
             R"([{"role": "user", "content": "a"}])", {}, tools),
      "[f]<user>[a]")
      << "one that fails without tools";
}

TEST(ChatRenderer, BlanksBesideCallsAreNoText) {
  const std::string either =
      "{% for m in messages %}<{{ m.role }}>{% if m.tool_calls %}!{{ m.tool_calls[0].function.name ~ "
      "m.tool_calls[0].function.arguments }}{% else %}{{ m.content }}{% endif %}{% endfor %}";
  for (const char* content : {"[]", R"([{"type": "text", "text": ""}])", R"("\n\n")", R"(["\n"])", "null"}) {
    EXPECT_EQ(render(either, std::string(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": )") +
                                 content +
                                 R"(, "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]},
                                 {"role": "tool", "content": "b"}])"),
              "<user>[a]<assistant>![f]{['x']: 1}<tool>[b]")
        << content;
  }
}

TEST(ChatRenderer, ThoughtsAmongPartsAreShownAsTheTemplateShowsThoughts) {
  constexpr const char* kThought = R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": [
      {"type": "thinking", "thinking": "why"}, {"type": "text", "text": "b"}]}])";
  EXPECT_EQ(
      render("{% for m in messages %}<{{ m.role }}>{% if m.content is string %}{{ m.content }}{% else %}"
             "{% for p in m.content %}{% if p.type == 'thinking' %}({{ p.thinking }}){% else %}{{ p.text }}{% endif %}"
             "{% endfor %}{% endif %}{% endfor %}",
             kThought),
      "<user>[a]<assistant>([why])[b]");
  EXPECT_EQ(
      render("{% for m in messages %}<{{ m.role }}>{% if m.reasoning_content %}({{ m.reasoning_content }}){% endif %}"
             "{{ '' + m.content }}{% endfor %}",
             kThought),
      "<user>[a]<assistant>([why])[b]");
  EXPECT_EQ(render(kTexts, kThought), "<user>[a]<assistant>[b]");
}

TEST(ChatRenderer, ASystemMessageBehindAllQuestionsGoesToTheLast) {
  EXPECT_EQ(render(kNoSystem, R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
                                  {"role": "user", "content": "c"}, {"role": "system", "content": "d"}])"),
            "<user>[a]<assistant>[b]<user>[c\n\nd]");
}

TEST(ChatRenderer, RefusesWhatTheTemplateShowsInNoShape) {
  EXPECT_EQ(render(kNoSystem, R"([{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}])"),
            "chat template: it shows no results of tools; expected none, or a model whose template was made for tools");
  EXPECT_EQ(render(kNoSystem, R"([{"role": "user", "content": "a"}, {"role": "critic", "content": "b"}])"),
            "chat template: expected roles whose messages it shows, such as user, found critic");
  EXPECT_EQ(render(kTexts, R"([{"role": "user", "content": "a"}, {"role": "critic", "content": "b"}])"),
            "<user>[a]<[critic]>[b]");
  EXPECT_EQ(render("{{ messages | length }}", R"([{"role": "user", "content": "a"}])"),
            "chat template: expected roles whose messages it shows, found user");
  EXPECT_EQ(render("{{ messages[1].content }}", R"([{"role": "user"}, {"role": "user", "content": "a"}])"), "[a]");
  EXPECT_EQ(render(kTexts, R"([{"role": "system", "content": 7}, {"role": "user", "content": "a"}])"),
            "messages: expected a content that is a text or a list of parts, found number");
  EXPECT_EQ(render(kTexts, R"({"role": "user", "content": "a"})"), "messages: expected a list, found object");
  EXPECT_EQ(render(kTexts, R"(["a"])"), "messages: expected objects, found string");
  EXPECT_EQ(render(kTexts, R"([{"role": "user", "content": "a", "tool_calls": "b"}])"),
            "messages: expected tool_calls that are a list, found string");
}

TEST(ChatRenderer, NoTemplateAndTheWordStandForChatMl) {
  constexpr const char* kHi = R"([{"role": "user", "content": "hi"}])";
  for (const char* source : {"", " \n", "chatml", "chatml\n"}) {
    EXPECT_EQ(render(source, kHi), "<|im_start|>user\n[hi]<|im_end|>\n<|im_start|>assistant\n") << source;
  }
  EXPECT_EQ(render("chatml {{ messages[0].content }}", kHi), "chatml [hi]");
}

TEST(ChatRenderer, ShowsToolCallsBesideTheContentThatTheTemplateTestsFor) {
  const std::string source =
      "{% for m in messages %}{% if m.role == 'assistant' and m.content is none %}<call>{{ "
      "m.tool_calls[0].function.name }}{{ m.tool_calls[0].function.arguments.values() | join }}{% else %}<{{ m.role "
      "}}>{{ m.content }}{% endif %}{% endfor %}";
  for (const char* content : {R"("content": null, )", "", R"("content": "", )"}) {
    const std::string messages = std::string(R"([{"role": "user", "content": "a"}, {"role": "assistant", )") + content +
                                 R"("tool_calls": [{"function": {"name": "look", "arguments": {}}}]}])";
    EXPECT_EQ(render(source, messages), "<user>[a]<call>[look]") << content;
  }
}

TEST(ChatRenderer, ImagesKeepTheirPlaceAndAreOurs) {
  const ImageWords words{"#", "(#)"};
  constexpr const char* kMixed = R"([{"role": "user", "content": [{"type": "text", "text": "# a "}, {"type":
      "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": " b "}, {"type": "input_image"}]}])";
  EXPECT_EQ(render(kParts, kMixed, words), "<user>[# a ]#[ b ]#");
  EXPECT_EQ(render(kTexts, kMixed, words), "<user>[# a ](#)[ b ](#)");
  EXPECT_EQ(
      render("{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}", kMixed, words),
      "[# a ](#)[ b ](#)")
      << "parts, but no images";
  EXPECT_EQ(
      render("{% for m in messages %}x{{ '' + m.content | upper | replace('#', '') }}{% endfor %}", kMixed, words),
      "chat template: expected it to write 2 placeholders for images, found 0");
}

// Words alone are not enough: "endoftext" would make a token of "<|" and "|>".
TEST(ChatRenderer, RolesThatTheTemplateKnowsAreItsOwnWords) {
  constexpr const char* kRoles = R"([{"role": "user"}, {"role": "ipython"}, {"role": "user_2-x"}, {"role": "endoftext"},
                                     {"role": "a b"}, {"role": "<|x|>"}, {"role": ""}])";
  constexpr const char* kShown = "{% for m in messages %}<|{{ m.role }}|>{% endfor %}";
  EXPECT_EQ(render(kShown, kRoles), "<|user|><|ipython|><|[user_2-x]|><|[endoftext]|><|[a b]|><|[<|x|>]|><||>");
  EXPECT_EQ(render(std::string(kShown) + "{{ '<|endoftext|>' if messages[0].role == 'user_2-x' }}", kRoles),
            "<|user|><|ipython|><|user_2-x|><|[endoftext]|><|[a b]|><|[<|x|>]|><||>");
}

}  // namespace
}  // namespace tenfold
