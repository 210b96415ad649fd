// Templates that would never end, or fill the memory, or overflow the stack, are errors.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "jinja/template.h"

namespace tenfold::jinja {
namespace {

StatusCode outcome(const std::string& source, const Limits& limits = {}) {
  const auto parsed = Template::parse(source, limits);
  if (!parsed.ok()) return parsed.status().code();
  return parsed->render({}).status().code();
}

std::string repeated(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

// before, number and after, n times.
std::string numbered(std::string_view before, std::string_view after, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out.append(before).append(std::to_string(i)).append(after);
  return out;
}

TEST(TemplateLimits, ExplodingTemplatesEnd) {
  Limits limits;
  limits.max_steps = 1'000'000;  // the default takes the sanitizers too long
  const std::string kDoubling =
      "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}";
  const std::string kTuples =
      "{% set ns = namespace(a=(1,), b=(1,)) %}{% for i in range(60) %}{% set ns.a = (ns.a, ns.a) %}"
      "{% set ns.b = (ns.b, ns.b) %}{% endfor %}";
  for (const std::string& source : {
           std::string("{{ 'x' * 1000000000 }}"),
           std::string("{{ [0] * 1000000000000 }}"),
           std::string("{{ range(1000000000) | list }}"),
           std::string("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
           std::string("{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}"),
           kDoubling,
           std::string(
               "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}"),
           std::string(
               "{% set ns = namespace(l=1) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}"),
           std::string("{% set ns = namespace(l=1) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor "
                       "%}{{ ns.l }}"),
           std::string("{% set ns = namespace(l=1) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}"
                       "{{ ns.l == ns.l[0] }}{{ ns.l | tojson }}"),
           kTuples + "{{ {ns.a: 1}[ns.b] }}",
           kTuples + "{{ ns.a in {ns.b: 1} }}",
           kTuples + "{{ [ns.a, ns.b] | unique | list | length }}",
           kTuples + "{{ ns.a is filter }}",
           std::string(
               "{% set a = 'a' * 9999999 %}{% set b = a ~ '' %}{% for i in range(99999) %}{% set d = {a: 1, b: 2} "
               "%}{% endfor %}"),
           std::string("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}"),
           std::string("{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}"),
           std::string("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}"),
           std::string("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}"),
           std::string("{{ '%1000000000d' % 1 }}"),
           std::string("{{ '{:1000000000}'.format(1) }}"),
           std::string("{{ '{:>{}}'.format(1, 999999999) }}"),
           std::string("{{ 'x'.ljust(999999999) }}"),
           std::string("{{ 'x' | center(999999999) }}"),
           std::string("{{ 'x' | indent(999999999, true) }}"),
           std::string("{{ ('a' * 9999).replace('', 'b' * 9999) }}"),
           std::string("{{ (('a ' * 9999) * 999).split() | length }}"),
           std::string("{{ ('\n' * 30000000).splitlines() | length }}"),
           std::string("{{ (['x' * 9999] * 99999) | join('y' * 9999) }}"),
           std::string("{{ ('x' * 9999).join(range(99999) | map('string')) }}"),
           std::string("{{ [1] | batch(999999999, 0) | list }}"),
           std::string("{{ [1] | slice(999999999) | list }}"),
           std::string("{{ ((([1] * 999) | tojson(indent=1000)) * 99) | length }}"),
           std::string("{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{{ s.find('b') }}{% endfor %}"),
           std::string("{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{{ s | length }}{% endfor %}"),
           std::string("{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{{ s[9999998] }}{% endfor %}"),
           std::string("{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{{ {s: 1}[s] }}{% endfor %}"),
           std::string("{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{% set x = s is iterable %}{% endfor %}"),
           std::string("{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{% set x = s | first %}{% endfor %}"),
           std::string(
               "{% set s = 'a' * 9999999 %}{% set t = s ~ '' %}{% for i in range(99999) %}{% set x = s is sameas t "
               "%}{% endfor %}"),
           std::string("{% set s = '1' * 9999999 ~ 'x' %}{% for i in range(99999) %}{% set x = s | int %}{% endfor %}"),
           std::string(
               "{% set s = '1' * 9999999 ~ 'x' %}{% for i in range(99999) %}{% set x = s | float %}{% endfor %}"),
           std::string(
               "{% set s = ',' * 999999 %}{% for i in range(99999) %}{% set x = [] | sort(attribute=s) %}{% endfor "
               "%}"),
           std::string("{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{% set x = 'a'.find(s) %}{% endfor %}"),
           std::string(
               "{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{% for c in s %}{{ loop.length }}{% break %}"
               "{% endfor %}{% endfor %}"),
           std::string("{{ ([[]] * 99999) | map('map', *range(99999)) | list | length }}"),
           "{% for i in range(99999) %}{% continue %}" + numbered("{% set v", " = 1 %}", 9999) + "{% endfor %}",
       }) {
    EXPECT_EQ(outcome(source, limits), StatusCode::kResourceExhausted) << source.substr(0, 120);
  }
}

TEST(TemplateLimits, TheDefaultsEndALoopAndLetALongConversationPass) {
  EXPECT_EQ(outcome("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
            StatusCode::kResourceExhausted);
  const auto parsed = Template::parse(
      "{% for m in messages %}{{ '<' ~ m.role + '>' + m.content.split('</think>')[-1].strip() | replace('x', 'y') }}"
      "{% if '<tool>' in m.content %}{{ m.content | trim | tojson }}{% endif %}{% endfor %}");
  ASSERT_TRUE(parsed.ok());
  Json messages = Json::array();
  for (int i = 0; i < 1000; ++i) messages.push_back({{"role", "user"}, {"content", std::string(4000, 'a')}});
  const auto text = parsed->render({.variables = {{"messages", &messages}}});
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(text->text.size(), 1000u * 4006u);
}

TEST(TemplateLimits, ReckoningStaysIn64Bits) {
  for (const char* source :
       {"{{ 9 ** 99999999 }}", "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}",
        "{{ 3037000500 * 3037000500 }}", "{{ 9223372036854775808 + 1 }}", "{{ (('9' * 30) | int) * 2 }}",
        "{{ 1.5 + 9223372036854775808 }}", "{{ '%x' % 9223372036854775808 }}", "{{ 9223372036854775808 is odd }}",
        "{{ ('9' * 5000) | int }}", "{{ 1e30 | int }}"}) {
    const StatusCode code = outcome(source);
    EXPECT_TRUE(code == StatusCode::kUnsupported || code == StatusCode::kInvalidArgument) << source;
  }
  EXPECT_EQ(outcome("{{ (-9223372036854775807 - 1) // -1 }}"), StatusCode::kUnsupported);
  EXPECT_EQ(outcome("{{ (-9223372036854775807 - 1) % -1 }}"), StatusCode::kOk);
  EXPECT_EQ(outcome("{{ (-9223372036854775807 - 1) | abs }}"), StatusCode::kUnsupported);
}

TEST(TemplateLimits, DeepAndBroadSourcesAreErrorsOfTheParser) {
  constexpr int kMany = 20000;
  for (const std::string& source : {
           "{{ " + repeated("(", kMany) + "1" + repeated(")", kMany) + " }}",
           "{{ " + repeated("[", kMany) + repeated("]", kMany) + " }}",
           "{{ " + repeated("{1:", kMany) + "1" + repeated("}", kMany) + " }}",
           "{{ " + repeated("not ", kMany) + "1 }}",
           "{{ " + repeated("-", kMany) + "1 }}",
           "{{ 1" + repeated(" + 1", kMany) + " }}",
           "{{ 1" + repeated(" if 1 else 1", kMany) + " }}",
           "{{ 1" + repeated(" if 1", kMany) + " }}",
           "{{ x" + repeated(".a", kMany) + " }}",
           "{{ x" + repeated("(", kMany) + repeated(")", kMany) + " }}",
           "{{ x" + repeated("()", kMany) + " }}",
           "{{ x" + repeated("|string", kMany) + " }}",
           "{{ x" + repeated(" is defined", 1) + repeated(" is string", 0) + repeated(" or x", kMany) + " }}",
           repeated("{% if 1 %}", kMany) + repeated("{% endif %}", kMany),
           repeated("{% for x in [1] %}", kMany) + repeated("{% endfor %}", kMany),
           repeated("{% macro m() %}", kMany) + repeated("{% endmacro %}", kMany),
           "{{ dict(" + numbered("a", "=1,", kMany) + ") }}",
           "{% macro f(" + numbered("a", ",", kMany) + "b) %}{% endmacro %}",
           "{% set " + repeated("(", kMany) + "x" + repeated(")", kMany) + " = 1 %}",
       }) {
    EXPECT_EQ(outcome(source), StatusCode::kResourceExhausted) << source.substr(0, 60);
  }
  // Flat repetition is not depth.
  EXPECT_EQ(outcome("{{ 1" + repeated(" ~ 1", kMany) + " }}"), StatusCode::kOk);
  EXPECT_EQ(outcome("{% if 0 %}" + repeated("{% elif 0 %}", kMany) + "{% endif %}"), StatusCode::kOk);
  EXPECT_EQ(outcome("{{ 1" + repeated(" < 2", kMany) + " }}"), StatusCode::kOk);
}

TEST(TemplateLimits, NestingThatTemplatesUseIsFine) {
  EXPECT_EQ(outcome("{{ " + repeated("(", 60) + "1" + repeated(")", 60) + " }}"), StatusCode::kOk);
  EXPECT_EQ(outcome(repeated("{% if 1 %}", 60) + repeated("{% endif %}", 60)), StatusCode::kOk);
  EXPECT_EQ(outcome("{{ 'a'" + repeated(" + 'a'", 200) + " }}"), StatusCode::kOk);
  EXPECT_EQ(outcome("{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}"),
            StatusCode::kOk);
}

TEST(TemplateLimits, TheCallerMayCancel) {
  Limits limits;
  limits.max_steps = 1'000'000'000;  // half a minute
  const auto parsed =
      Template::parse("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", limits);
  ASSERT_TRUE(parsed.ok());
  std::atomic<bool> cancel = true;
  Input input;
  input.cancel = &cancel;
  EXPECT_EQ(parsed->render(input).status().code(), StatusCode::kCancelled);
  cancel = false;
  std::thread stopper([&] { cancel = true; });
  EXPECT_EQ(parsed->render(input).status().code(), StatusCode::kCancelled);
  stopper.join();
  cancel = false;
  EXPECT_TRUE(Template::parse("{{ 1 }}")->render(input).ok());
}

TEST(TemplateLimits, EveryLimitIsHonoured) {
  Limits limits;
  limits.max_source_bytes = 10;
  EXPECT_EQ(outcome("12345678901", limits), StatusCode::kResourceExhausted);
  EXPECT_EQ(outcome("1234567890", limits), StatusCode::kOk);
  limits = {};
  limits.max_output_bytes = 100;
  EXPECT_EQ(outcome("{{ 'x' * 101 }}", limits), StatusCode::kResourceExhausted);
  EXPECT_EQ(outcome("{{ 'x' * 100 }}", limits), StatusCode::kOk);
  EXPECT_EQ(outcome("{% for i in range(9) %}{% set x %}{{ 'x' * 90 }}{% endset %}{% endfor %}", limits),
            StatusCode::kOk);
  limits = {};
  limits.max_steps = 100;
  EXPECT_EQ(outcome("{% for i in range(100) %}{% endfor %}", limits), StatusCode::kResourceExhausted);
  limits = {};
  limits.max_value_bytes = 10000;
  EXPECT_EQ(outcome("{{ ('x' * 20000) | length }}", limits), StatusCode::kResourceExhausted);
  EXPECT_EQ(outcome("{% for i in range(100) %}{% set x = 'x' * 5000 %}{% endfor %}", limits), StatusCode::kOk);
}

TEST(TemplateLimits, ARenderingMayHaveLessMemory) {
  const auto text = Template::parse("{{ 'x' * 100000 }}");
  ASSERT_TRUE(text.ok());
  Input input;
  EXPECT_TRUE(text->render(input).ok());
  input.max_bytes = 50000;
  EXPECT_EQ(text->render(input).status().code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tenfold::jinja
