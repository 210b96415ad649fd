#include "chat/chat_template.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tenfold {
namespace {

Result<std::string> render(std::string_view source, const ChatTemplateInput& input = {}) {
  const auto parsed = ChatTemplate::parse(source);
  if (!parsed.ok()) return parsed.status();
  Result<RenderedChat> chat = parsed->render(input);
  if (!chat.ok()) return chat.status();
  return std::move(chat->text);
}

TEST(ChatTemplate, RendersMessages) {
  ChatTemplateInput input;
  input.messages = parse_json(R"([{"role": "user", "content": "Hi"}])").value();
  input.bos_token = "<s>";
  const auto text = render("{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}", input);
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(*text, "<s>user: Hi");
}

TEST(ChatTemplate, AbsentToolsAreNoneAndAbsentTokensUndefined) {
  const auto text =
      render("{{ tools is none }}{{ documents is none }}{{ bos_token is defined }}{{ custom is defined }}");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "TrueTrueFalseFalse");
}

TEST(ChatTemplate, VariablesWin) {
  ChatTemplateInput input;
  input.variables = {{"add_generation_prompt", "mine"}, {"range", "a variable hides a function"}};
  const auto text = render("{{ add_generation_prompt }} {{ range }}", input);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "mine a variable hides a function");
  input.variables = Json::array();
  EXPECT_EQ(render("x", input).status().code(), StatusCode::kInvalidArgument);
}

TEST(ChatTemplate, ErrorsNameLineAndCause) {
  const auto message = [](std::string_view source) { return std::string(render(source).status().message()); };
  EXPECT_EQ(message("a\n\n{{ messages | frobnicate }}"), "chat template: line 3: no filter named 'frobnicate'");
  EXPECT_EQ(message("\n{% include 'x' %}"), "chat template: line 2: tag 'include' is not supported");
  EXPECT_EQ(message("{% if true %}\n{{ missing.name }}{% endif %}"), "chat template: line 2: 'missing' is undefined");
  EXPECT_EQ(message("{{ raise_exception('no tools, please') }}"),
            "chat template: line 1: the template refuses: no tools, please");
  EXPECT_EQ(message("{{ 'x' | urlize }}"), "chat template: line 1: filter 'urlize' is not supported");
  EXPECT_EQ(message("{{ 'x'.encode() }}"), "chat template: line 1: method 'encode' of str is not supported");
}

TEST(ChatTemplate, ErrorCodesTellWhoseFaultItIs) {
  EXPECT_EQ(render("{{ x").status().code(), StatusCode::kCorruptData);
  EXPECT_EQ(render("{% extends 'x' %}").status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(render("{{ 1 + 'x' }}").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(render("{{ 9223372036854775807 + 1 }}").status().code(), StatusCode::kUnsupported);
}

TEST(ChatTemplate, TakesInvalidUtf8ForReplacementCharacters) {
  ChatTemplateInput input;
  input.bos_token = "\xff";
  const auto text = render("a\xc3{{ bos_token }}", input);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(ChatTemplate, ObjectsOfManyKeysFindThemAll) {
  ChatTemplateInput input;
  Json wide = Json::object();
  for (int i = 0; i < 1000; ++i) wide["key" + std::to_string(i)] = i;
  input.variables = {{"wide", wide}};
  const auto text = render(
      "{% set ns = namespace(sum=0) %}{% for k in wide %}{% set ns.sum = ns.sum + wide[k] %}{% endfor %}"
      "{{ ns.sum }} {{ wide.key999 }} {{ wide.get('nothing') }} {{ wide == dict(wide) }}",
      input);
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(*text, "499500 999 None True");
}

TEST(ChatTemplate, CyclesAndLongChainsAreFreed) {
  // The sanitizers watch for what this leaks and how deep its destruction recurses.
  const auto text = render(
      "{% set ns = namespace() %}{% set ns.self = [ns] %}"
      "{% for i in range(50000) %}{% set ns.chain = namespace(next=ns.chain) %}{% endfor %}"
      "{% macro keep() %}{{ keep }}{% endmacro %}{% set ns.macro = keep %}"
      "{% for i in range(50000) %}{% macro inner(x) %}{{ x }}{% endmacro %}{% set ns.inner = inner %}{% endfor %}"
      "{% for i in [1] %}{% set ns.loop = loop %}{{ loop.changed(loop) }}{% endfor %}done");
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(*text, "Truedone");
}

TEST(ChatTemplate, ThreadsShareOne) {
  const auto parsed = ChatTemplate::parse("{% for m in messages %}{{ m.n ~ ' of ' ~ messages | length }};{% endfor %}");
  ASSERT_TRUE(parsed.ok());
  ChatTemplateInput input;
  input.messages = parse_json(R"([{"n": 1}, {"n": 2}])").value();
  std::vector<std::string> texts(4);
  std::vector<std::thread> threads;
  for (std::string& text : texts) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) text = parsed->render(input).ok() ? parsed->render(input)->text : "failed";
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) EXPECT_EQ(text, "1 of 2;2 of 2;");
}

}  // namespace
}  // namespace tenfold
