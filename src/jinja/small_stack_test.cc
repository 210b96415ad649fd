// Templates and messages that nest deep, on threads with little stack: an error, never a fault.
#include <gtest/gtest.h>
#include <limits.h>
#include <pthread.h>

#include <algorithm>
#include <functional>
#include <string>

#include "jinja/template.h"

namespace tenfold::jinja {
namespace {

// Runs `work` on a thread with so much stack, or the least that the system allows.
void run_with_stack(std::size_t n_bytes, std::function<void()> work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  n_bytes = std::max(n_bytes, static_cast<std::size_t>(PTHREAD_STACK_MIN));
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, n_bytes), 0);
  pthread_t thread;
  const auto body = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, body, &work), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

Status rendered_status(const std::string& source, const Json& value) {
  const auto parsed = Template::parse(source);
  if (!parsed.ok()) return parsed.status();
  return parsed->render({.variables = {{"deep", &value}}}).status();
}

std::string times(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

// Lists in lists as deep as values may nest.
std::string nested_value(std::string_view use) {
  return "{% set ns = namespace(a=1, b=1) %}{% for i in range(99) %}{% set ns.a = (ns.a,) %}{% set ns.b = (ns.b,) %}"
         "{% endfor %}{{ " +
         std::string(use) + " }}";
}

const std::string kDeepTemplates[] = {
    "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(1) }}",
    "{% macro f(n) %}{% if n %}{% for i in [n] %}{% set x %}{{ [f(i - 1)] | join }}{% endset %}{{ x }}{% endfor %}"
    "{% endif %}{% endmacro %}{{ f(90) }}",
    "{% macro f(n) %}{% call f(n) %}{% endcall %}{{ caller() }}{% endmacro %}{% call f(1) %}{% endcall %}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{{ " + times("(", 99) + "1" + times(")", 99) + " }}",
    "{{ " + times("[", 99) + times("]", 99) + " }}",
    "{{ " + times("{1:", 99) + "1" + times("}", 99) + " }}",
    "{{ " + times("f(", 99) + "1" + times(")", 99) + " }}",
    "{{ " + times("deep[", 99) + "0" + times("]", 99) + " }}",
    "{{ 1" + times(" + 1", 240) + " }}",
    "{{ x" + times("|string", 240) + " }}",
    "{% macro f() %}{{ 1" + times(" if 1 else 1", 90) + " }}{% endmacro %}{{ f() }}",
    times("{% if 1 %}", 99) + times("{% endif %}", 99),
    times("{% for x in [1] %}", 99) + times("{% endfor %}", 99),
    times("{% macro m() %}", 99) + times("{% endmacro %}", 99),
    times("{% filter upper %}", 99) + times("{% endfilter %}", 99),
    "{% set " + times("(", 90) + "x" + times(",)", 90) + " = 1 %}",
    nested_value("ns.a"),
    nested_value("ns.a | tojson"),
    nested_value("ns.a == ns.b"),
    nested_value("ns.a < ns.b"),
    nested_value("[ns.a, ns.b] | sort"),
    nested_value("{ns.a: 1}[ns.b]"),
    nested_value("[ns.a, ns.b] | unique | list"),
    "{{ deep }}",
    "{{ deep | tojson(indent=1) }}{{ deep == deep[0] }}{{ [deep, deep] | string | length }}",
};

TEST(SmallStack, EndsDeepNestingWithAnError) {
  const Json deep = parse_json(times("[", 64) + times("]", 64)).value();
  for (const std::size_t kb : {64, 128, 256}) {
    for (const std::string& source : kDeepTemplates) {
      run_with_stack(kb << 10, [&] {
        const Status status = rendered_status(source, deep);
        EXPECT_NE(status.code(), StatusCode::kInternal) << kb << " KB: " << source.substr(0, 80);
      });
    }
  }
  run_with_stack(std::size_t{128} << 10, [&] {
    const Status status = rendered_status(kDeepTemplates[0], deep);
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    EXPECT_NE(status.message().find("too deep for this thread's stack"), std::string_view::npos) << status.message();
  });
}

TEST(SmallStack, KeepsTheLimitByNumberWhereThereIsRoom) {
  run_with_stack(std::size_t{8} << 20, [] {
    EXPECT_NE(rendered_status(kDeepTemplates[0], {}).message().find("recursion deeper than 600 levels"),
              std::string_view::npos);
  });
}

#ifndef TENFOLD_SANITIZED
TEST(SmallStack, SufficesForWhatTemplatesDo) {
  run_with_stack(std::size_t{64} << 10, [] {
    EXPECT_TRUE(rendered_status(
                    "{% macro f(m) %}{% if m %}{% for k, v in m | items %}{% if v is mapping %}{{ f(v) }}{% else %}"
                    "{{ '<' ~ k ~ '>' ~ (v | tojson | replace('\"', \"'\")) }}{% endif %}{% endfor %}{% endif %}"
                    "{% endmacro %}{% for i in range(3) %}{{ f({'a': {'b': {'c': [1, 2, {'d': 'e'}]}}}) }}{% endfor %}",
                    {})
                    .ok());
  });
}
#endif

}  // namespace
}  // namespace tenfold::jinja
