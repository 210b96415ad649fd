#include "chat/template_roles.h"

#include <gtest/gtest.h>

#include <string>

namespace tenfold {
namespace {

bool has(std::string_view source, std::string_view role) {
  return TemplateRoles(jinja::Template::parse(source).value()).has(role);
}

constexpr const char* kChatMl =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}";

TEST(TemplateRoles, HoldWhatEveryTemplateKnows) {
  for (const char* role : {"assistant", "bot", "chatbot", "context", "developer", "environment", "function", "human",
                           "ipython", "model", "observation", "system", "tool", "user"}) {
    EXPECT_TRUE(has(kChatMl, role)) << role;
  }
  for (const char* role : {"", "endoftext", "im_end", "im_start", "User", "user ", "users", "use", "narrator"}) {
    EXPECT_FALSE(has(kChatMl, role)) << role;
  }
}

TEST(TemplateRoles, HoldWhatTheTemplateAsksForByName) {
  for (const char* source :
       {"{% if m.role == 'narrator-2' %}{% endif %}", "{{ 'narrator-2' != message['role'] }}",
        "{% for m in messages if m.role not in ['critic', 'narrator-2'] %}{% endfor %}",
        "{% macro say(role) %}{{ 'x' if role in ('narrator-2',) }}{% endmacro %}",
        "{{ messages[0][\"role\"] in {'narrator-2': 1} and 1 }}", "{{ 'user' == m.role == 'narrator-2' }}"}) {
    EXPECT_TRUE(has(source, "narrator-2")) << source;
    EXPECT_FALSE(has(source, "narrator")) << source;
  }
}

TEST(TemplateRoles, HoldNoOtherWordsOfTheTemplate) {
  for (const char* source :
       {"endoftext", "<|endoftext|>", "{{ 'endoftext' }}", "{{ '<|endoftext|>' }}", "{% set role = 'endoftext' %}",
        "{{ m.content == 'endoftext' }}", "{{ m.role ~ 'x' == 'endoftext' }}", "{{ 'endoftext' in m.role }}",
        "{{ m.role in 'user endoftext' }}", "{{ m.role < 'endoftext' }}", "{{ m.roles == 'endoftext' }}",
        "{{ m.role == '<|endoftext|>' }}", "{{ m['x'].role.y == 'endoftext' }}", "{{ m.role == 7 }}"}) {
    EXPECT_FALSE(has(source, "endoftext")) << source;
    EXPECT_FALSE(has(source, "<|endoftext|>")) << source;
  }
}

}  // namespace
}  // namespace tenfold
