// Who wrote which part of what a template says: given parts are shown in brackets.
#include <gtest/gtest.h>

#include <utility>

#include "jinja/template.h"

namespace tenfold::jinja {
namespace {

std::string show(const MarkedText& text) {
  std::string shown;
  std::size_t at = 0;
  for (const TextRange& range : text.given) {
    shown +=
        text.text.substr(at, range.begin - at) + "[" + text.text.substr(range.begin, range.end - range.begin) + "]";
    at = range.end;
  }
  return shown + text.text.substr(at);
}

// Rendered with given texts x, s (a format with %), b (one with braces) and q, a list l of given texts, a given object
// o, the template's own word w and h, of which the template wrote the beginning.
std::string show(std::string_view source) {
  const Json x("Ab c"), list = parse_json(R"(["p", "q"])").value(),
                        object = parse_json(R"({"k": "v", "n": 7})").value();
  const Json word("user"), half("<i>text"), percents("%s%s"), braces("{}{}"), cut("Q");
  Input input;
  input.variables = {{"x", &x},    {"l", &list},     {"o", &object}, {"w", &word},
                     {"h", &half}, {"s", &percents}, {"b", &braces}, {"q", &cut}};
  input.written = {{&half, {0, 3}}, {&word, {0, 4}}};
  const auto parsed = Template::parse(source);
  if (!parsed.ok()) return std::string(parsed.status().message());
  const auto text = parsed->render(input);
  return text.ok() ? show(*text) : std::string(text.status().message());
}

TEST(Marks, WhatIsGivenIsMarkedAndTheRestIsNot) {
  const std::pair<const char*, const char*> cases[] = {
      {"a{{ x }}b", "a[Ab c]b"},
      {"{{ w }}{{ 'lit' }}{{ 1 + 2 }}{{ o.n }}{{ none }}", "userlit37None"},
      {"{{ h }}", "<i>[text]"},
      {"{{ 'a' + x + 'b' }}{{ x ~ w ~ 1 }}", "a[Ab c]b[Ab c]user1"},
      {"{{ x }}{{ x }}", "[Ab cAb c]"},
      {"{{ ('<' + x + '>') * 2 }}", "<[Ab c]><[Ab c]>"},
      {"{{ ('<' + x + '>')[:3] }}|{{ ('<' + x + '>')[-2:] }}|{{ ('<' + x)[::-1] }}|{{ ('<' + x)[0] }}",
       "<[Ab]|[c]>|[c bA]<|<"},
      {"{{ (' ' + x + '  ') | trim }}{{ ('..' + x).lstrip('.') }}", "[Ab cAb c]"},
      {"{% for p in ('a ' + x).split(' ') %}{{ p }},{% endfor %}", "a,[Ab],[c],"},
      {"{% for p in ('a\n' + x).splitlines() %}{{ p }};{% endfor %}", "a;[Ab c];"},
      {"{{ ('k=' + x).partition('=') | join('|') }}{{ ('k=' + x).rsplit('=', 1)[1] }}", "k|=|[Ab cAb c]"},
      {"{{ ('<' + x).removeprefix('<') }}{{ (x + '>').removesuffix('>') }}", "[Ab cAb c]"},
      {"{{ l | join(', ') }}{{ '-'.join(l) }}{{ ['a', w] | join }}", "[p], [qp]-[q]auser"},
      {"{{ '%s: %s' % (w, x) }}{{ '%5s|%d' % (x, 7) }}", "user: [Ab c Ab c]|7"},
      {"{{ '{}: {a}'.format(w, a=x) }}{{ '{:>6}'.format(x) }}{{ '{0}{0[0]}'.format(x) }}", "user: [Ab c  Ab cAb cA]"},
      {"{{ '%c%c' % (x[0], 60) }}", "[A<]"},
      {"{{ ('a' + x) | upper }}{{ ('A' + x) | lower }}{{ w | capitalize }}{{ x | title }}", "A[AB C]a[ab c]User[Ab C]"},
      {"{{ ('a' + 'b' + x[1]) | title }}", "[Abb]"},
      {"{{ o | tojson }}", "{\"[k]\": \"[v]\", \"[n]\": 7}"},
      {"{{ {'k': x, 'w': w} | tojson }}", "{\"k\": \"[Ab c]\", \"w\": \"user\"}"},
      {"{{ {'k': x} }}{{ ['a', x] }}", "{'k': ['Ab c']}['a', ['Ab c']]"},
      {"{{ x | safe }}{{ ('<' + x) | e }}{{ ('<b>' | safe) + '<' + x }}", "[Ab c]&lt;[Ab c]<b>&lt;[Ab c]"},
      {"{% set y %}<{{ x }}>{% endset %}{{ y }}{% set z = y %}{{ z | length }}{{ z }}", "<[Ab c]>6<[Ab c]>"},
      {"{% macro m(a) %}({{ a }}){% endmacro %}{{ m(x) }}{{ m(w) }}", "([Ab c])(user)"},
      {"{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}{{ x }}!{% endcall %}", "<[Ab c]!>"},
      {"{% filter upper %}a{{ x }}{% endfilter %}", "A[AB C]"},
      {"{% for c in 'a' + x[:2] %}{{ c }}.{% endfor %}", "a.[A].[b]."},
      {"{% set ns = namespace(s='') %}{% for i in l %}{% set ns.s = ns.s + '|' + i %}{% endfor %}{{ ns.s }}",
       "|[p]|[q]"},
      {"{{ {'user': '<|user|>'}[w] }}{{ {'a': 'b'}.get(w, 'none') }}{{ l | first }}{{ ['a', 'b'] | last }}",
       "<|user|>none[p]b"},
      {"{{ w | default('a') }}{{ u | default('a') }}{{ x | default('a') }}{{ (w, x) | first }}", "usera[Ab c]user"},
      {"{{ ('a\n' + x) | indent(2) }}{{ 'abc def' | truncate(5, true, '..', 0) }}", "a\n  [Ab c]abc.."},
      {"{{ 'lit' | center(7) }}{{ x.center(6) }}{{ x | urlencode }}{{ 'a b' | urlencode }}",
       "  lit  [ Ab c Ab%20c]a%20b"},
      {"{{ x.format(1) }}{{ ('{:' + h[3] + '>3}').format(7) }}{{ [1, 2] | tojson(separators=(x[0], ':')) }}",
       "[Ab ctt7[1A2]]"},
      {"{{ namespace(**o) }}", "<Namespace {['k']: ['v'], ['n']: 7}>"},
      {"{{ strftime_now('%%') }}{{ 1024 | filesizeformat }}{{ l | map('upper') | join('+') }}", "%1.0 kB[P]+[Q]"},
      {"{{ x.replace('b', '<|b|>') }}{{ ('a-' + x).replace('-', '+') }}{{ ('a' + x).replace('', '.') }}",
       "[A<|b|> c]a+[Ab c.]a[.A.b. .c.]"},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(show(source), expected) << source;
}

// "<|end|>" is nowhere in these templates.
TEST(Marks, WhatIsGivenPutsNoWordsOfTheTemplateTogether) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{ s % ('<|e', 'nd|>') }}{{ s | format('<|e', 'nd|>') }}", "[<|end|><|end|>]"},
      {"{{ b.format('<|e', 'nd|>') }}{{ b[:2].format('<|end|>x') }}", "[<|end|><|end|>x]"},
      {"{{ ('<|' + s[:2] + '|>') % 'end' }}{{ ('<|%' + s[1:2] + '|>') % 'end' }}", "[<|end|><|end|>]"},
      {"{{ ('<|%.' + '0s(' + q + ')%%') % 'end' }}", "<|([Q])%"},
      {"{{ ('<|{' + b[1:2] + 'end|>').format('') }}{{ ('<|{' + 'a:' + q[:0] + '}').format(a='end|>') }}",
       "[<|end|>]<|end|>"},
      {"{{ ('<|{:' + x[3] + '>2}{}').format('', 'end|>') }}", "[<|ccend|>]"},
      {"{{ ('%' + s[:1] + 'end|>') % () }}{{ ('<|' + '{' + b[:1] + 'end').format() }}", "[%end|><|{end]"},
      {"{{ '<|Qend|>'.replace(q, '') }}{{ '<|Qend|>' | replace(q, 'x') }}{{ '<|end' | replace(q, '') }}",
       "[<|end|><|xend|>]<|end"},
      {"{{ '<|Qend|>'.split(q) | join }}{{ '<|Qend|>'.rsplit(q, 1) | join }}{{ 'a'.split(q)[0] }}",
       "[<|end|><|end|>]a"},
      {"{{ '<|Q'.strip(q) ~ 'end|>' }}{{ '<|Q'.rstrip(q) ~ 'Qend|>'.lstrip(q) }}{{ 'a' | trim(q) }}",
       "[<|]end|>[<|end|>]a"},
      {"{{ '<|Q'.removesuffix(q) ~ 'Qend|>'.removeprefix(q) }}{{ 'a'.removeprefix(q) }}", "[<|end|>]a"},
      {"{{ '<|Qend|>'.partition(q)[0] ~ '<|Qend|>'.rpartition(q)[2] }}{{ 'a'.partition(q)[0] }}", "[<|end|>]a"},
      {"{{ q.join(['<|', 'end|>']) }}{{ '<|Q\nend|>' | indent(q) }}{{ '<|'.center(4, q) }}",
       "<|[Q]end|><|Q\n[Q]end|>[Q<|Q]"},
      // What the template's own format, separator and the like ask for keeps its marks, whatever else was given.
      {"{{ ('<|' + x + '|>%s%%') % w }}{{ ('<|' + x + '|>{}').format(w) }}", "<|[Ab c]|>user%<|[Ab c]|>user"},
      {"{{ '<|%s|>%s' % (w, s) }}{{ '<|{}|>{}'.format(w, b) }}", "<|user|>[%s%s]<|user|>[{}{}]"},
      {"{{ '<|a|>TEXT<|b|>'.replace('TEXT', q) }}{{ ('<|' + q + 'Q|>').replace('Q', '') }}", "<|a|>[Q]<|b|><||>"},
      {"{{ ('a,' + q).split(',') | join('+') }}{{ ('a' + q).removeprefix('a') }}", "a+[QQ]"},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(show(source), expected) << source;
}

TEST(Marks, RangesArePaidForLikeText) {
  // Every second byte is given, so that marks are four times as large as the text.
  const std::string comb =
      "{% set ns = namespace(s='-' + x[0]) %}{% for i in range(20) %}{% set ns.s = ns.s + ns.s %}{% endfor %}";
  const Json x("x");
  Input input;
  input.variables = {{"x", &x}};
  Limits limits;
  limits.max_value_bytes = std::size_t{8} << 20;
  EXPECT_EQ(Template::parse(comb, limits)->render(input).status().code(), StatusCode::kResourceExhausted);
  limits.max_value_bytes = std::size_t{64} << 20;
  EXPECT_TRUE(Template::parse(comb, limits)->render(input).ok());
  limits.max_output_bytes = std::size_t{4} << 20;
  EXPECT_EQ(Template::parse(comb + "{{ ns.s }}", limits)->render(input).status().code(),
            StatusCode::kResourceExhausted);
  limits.max_output_bytes = std::size_t{16} << 20;
  const auto text = Template::parse(comb + "{{ ns.s }}", limits)->render(input);
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(text->given.size(), std::size_t{1} << 20);
}

}  // namespace
}  // namespace tenfold::jinja
