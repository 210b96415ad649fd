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
std::string render(std::string_view source, std::string_view messages, const ImageWords& images = {}) {
  const auto renderer = ChatRenderer::create(source);
  if (!renderer.ok()) return std::string(renderer.status().message());
  ChatTemplateInput input;
  input.messages = parse_json(messages).value();
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

TEST(ChatRenderer, PutsADroppedSystemMessageInFrontOfTheNextQuestion) {
  EXPECT_EQ(render(kNoSystem, R"([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}])"),
            "<user>[Be brief.\n\nWhy?]");
  EXPECT_EQ(render(kNoSystem, R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
                                  {"role": "system", "content": "c"}, {"role": "system", "content": [{"type": "text",
                                  "text": "d"}]}, {"role": "user", "content": [{"type": "text", "text": "e"}]}])"),
            "<user>[a]<assistant>[b]<user>[c\n\nd\n\ne]");
  EXPECT_EQ(render(kNoSystem, R"([{"role": "system", "content": "Be brief."}])"),
            "chat template: it shows no system message here; expected a user's message behind it, to put it there, "
            "found none");
  EXPECT_EQ(render(kTexts, R"([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}])"),
            "<system>[a]<user>[b]");
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
      "m.tool_calls[0].function.name "
      "}}{% else %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}";
  for (const char* content : {R"("content": null, )", "", R"("content": "", )"}) {
    const std::string messages = std::string(R"([{"role": "user", "content": "a"}, {"role": "assistant", )") + content +
                                 R"("tool_calls": [{"function": {"name": "look", "arguments": {}}}]}])";
    EXPECT_EQ(render(source, messages), "<user>[a]<call>[look]") << content;
  }
}

TEST(ChatRenderer, PicturesKeepTheirPlaceAndAreOurs) {
  const ImageWords words{"#", "(#)"};
  constexpr const char* kMixed = R"([{"role": "user", "content": [{"type": "text", "text": "# a "}, {"type":
      "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": " b "}, {"type": "input_image"}]}])";
  EXPECT_EQ(render(kParts, kMixed, words), "<user>[# a ]#[ b ]#");
  EXPECT_EQ(render(kTexts, kMixed, words), "<user>[# a ](#)[ b ](#)");
  EXPECT_EQ(
      render("{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}", kMixed, words),
      "[# a ](#)[ b ](#)")
      << "parts, but no pictures";
  EXPECT_EQ(
      render("{% for m in messages %}x{{ '' + m.content | upper | replace('#', '') }}{% endfor %}", kMixed, words),
      "chat template: expected it to write 2 placeholders for pictures, found 0");
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
