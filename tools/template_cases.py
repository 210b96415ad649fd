"""The templates of src/jinja/testdata/language.json: one feature of the language each, in our own words.

STATEMENTS are whole templates. Expressions are generated: every value under a share of the filters, tests and methods.
"""

VARIABLES = {
    "u": "Tést",
    "n": 5,
    "x": 7,
    "d": {"a": 1, "B": [1, 2], "items": 3},
    "m": [{"r": "x", "v": 3}, {"r": "Y", "v": 1}, {"r": "y", "v": 2}],
    "l": [3, 1, 2],
    "tree": [{"n": "a", "c": [{"n": "b", "c": []}, {"n": "c", "c": [{"n": "d", "c": []}]}]}, {"n": "e", "c": []}],
    "e": "",
    "nul": None,
    "t": True,
    "ids": [9223372036854775808, -9223372036854775809, 18446744073709551615, 123456789012345678901, 7, -(10**40), 10**40],
    "big": "line one\n  line two\n\nline four\n",
}

STATEMENTS = r"""
plain text
=====
{{ u }}
=====
a{{ 1 }}b{{- 2 -}} c {{- 3 }} d
=====
  {% if t %}
    yes
  {% endif %}
end
=====
  {%+ if t %}
    yes
  {%- endif +%}
end
=====
x {% if t -%}  y  {%- endif %} z
=====
{# comment #}
after
=====
a {#- c -#} b
=====
a {# c +#}
b
=====
  {# indented #}  text
=====
{% raw %}{{ not }} {% run %}{% endraw %}
=====
 {%- raw -%}  {{ x }}  {%- endraw -%}  y
=====
{% raw %}
kept
{% endraw %}
z
=====
{{ '}}' }} {{ "{{" }} {{ {'a': {'b': 1}}['a']['b'] }}
=====
{%if t%}tight{%endif%}
=====
{% for i in range(3) %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}
=====
{% for i in l %}
{{ loop.index }}/{{ loop.length }} {{ loop.index0 }} {{ loop.revindex }} {{ loop.revindex0 }} {{ loop.first }} {{ loop.last }} {{ i }}
{% endfor %}
=====
{% for i in l %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }};{% endfor %}
=====
{% for i in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}
=====
{% for i in l %}{{ loop.cycle('odd', 'even') }} {% endfor %}
=====
{% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }} {% endfor %}
=====
{% for i in [] %}x{% else %}empty{% endfor %}
=====
{% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}
=====
{% for i in l %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}
=====
{% for i in l %}{% break %}{% else %}else after break{% endfor %}
=====
{% for i in l %}{% continue %}{% else %}else after continue{% endfor %}
=====
{% for i in l if i > 1 %}{{ i }}:{{ loop.index }}/{{ loop.length }} {% endfor %}
=====
{% for i in l if i > 9 %}{{ i }}{% else %}none pass{% endfor %}
=====
{% set ns = namespace(low=0) %}{% for i in [1, 3, 2, 5, 4] if i > ns.low %}{{ i }}{% set ns.low = i %}{% endfor %}
=====
{% set ns = namespace(low=0) %}{% for i in [1, 3, 2, 5, 4] if i > ns.low %}{{ i }}{{ loop.last }}{% set ns.low = i %}{% endfor %}
=====
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
=====
{% for k, v in d | items %}{{ k }}={{ v }};{% endfor %}
=====
{% for k, v in d | dictsort %}{{ k }}={{ v }};{% endfor %}
=====
{% for k in d %}{{ k }}{% endfor %}
=====
{% for c in u %}{{ c }}.{% endfor %}
=====
{% for (a, b), c in [((1, 2), 3), ([4, 5], 6)] %}{{ a }}{{ b }}{{ c }} {% endfor %}
=====
{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}
=====
{% for a in 5 %}{{ a }}{% endfor %}
=====
{% for a in nul %}{{ a }}{% endfor %}
=====
{% for a in missing %}{{ a }}{% else %}undefined is empty{% endfor %}
=====
{% for item in tree recursive %}{{ loop.depth }}{{ item.n }}{% if item.c %}({{ loop(item.c) }}){% endif %}{% endfor %}
=====
{% for item in tree recursive %}{{ item.n }}{{ loop(item.c) }}{% else %}-{% endfor %}
=====
{% for i in l %}{{ loop(i) }}{% endfor %}
=====
{% for i in l %}{% for j in l %}{{ loop.index }}{{ i }}{{ j }} {% endfor %}{{ loop.index }}{% endfor %}
=====
{% for i in l %}{% set y = i %}{% endfor %}{{ y }}
=====
{% set y = 0 %}{% for i in l %}{% set y = y + i %}{{ y }} {% endfor %}{{ y }}
=====
{% set ns = namespace(y=0) %}{% for i in l %}{% set ns.y = ns.y + i %}{% endfor %}{{ ns.y }}
=====
{% for i in l %}{{ x }}{% endfor %}{% set x = 1 %}{{ x }}
=====
{{ x }}{% for i in l %}{{ x }}{% endfor %}{% set x = 1 %}{{ x }}
=====
{% if false %}{% set x = 1 %}{% endif %}{{ x }}
=====
{% if true %}{% set x = 1 %}{% endif %}{{ x }}
=====
{% for i in l %}{{ x }}{% set x = i %}{{ x }} {% endfor %}{{ x }}
=====
{% for i in l %}{% if loop.first %}{% set x = 99 %}{% endif %}{{ x }} {% endfor %}
=====
{% set x = x + 1 %}{{ x }}
=====
{% for x in l %}{{ x }}{% endfor %}{{ x }}
=====
{% set a, b = 1, 'two' %}{{ a }}{{ b }}
=====
{% set a, b = 'xy' %}{{ a }}-{{ b }}
=====
{% set (a, b) = [1, 2] %}{{ a + b }}
=====
{% set a, b = [1] %}
=====
{% set t2 = 1, 2 %}{{ t2 }}
=====
{% set block %}inner {{ x }}{% endset %}[{{ block }}]
=====
{% set block | upper | trim %}  inner {{ x }} {% endset %}[{{ block }}]
=====
{% set block %}{% set q = 1 %}{% endset %}{{ q }}
=====
{% set ns = namespace(a=1) %}{% set ns.b %}text{% endset %}{{ ns.a }}{{ ns.b }}{{ ns.c }}
=====
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns['b'] }}{{ ns }}
=====
{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a }}{{ ns.b }}
=====
{% set d.a = 1 %}
=====
{% set undefd.a = 1 %}
=====
{% set ns = namespace(_x=1) %}
=====
{% set ns = namespace() %}{% set ns._x = 1 %}
=====
{% set true = 1 %}
=====
{% set 1 = 1 %}
=====
{% set loop = 3 %}{{ loop }}
=====
{% for i in l %}{% set loop = 3 %}{% endfor %}
=====
{% for loop in l %}{% endfor %}
=====
{% if e %}a{% elif nul %}b{% elif l %}c{% else %}d{% endif %}
=====
{% if 1, %}tuple is true{% endif %}
=====
{% if missing %}a{% else %}b{% endif %}{% if missing is defined %}c{% endif %}
=====
{% if missing.attr %}a{% endif %}
=====
{{ missing }}|{{ missing is undefined }}|{{ d.missing }}|{{ d['missing'] }}
=====
{{ d.missing.more }}
=====
{{ missing['x'] }}
=====
{{ missing + 1 }}
=====
{{ missing() }}
=====
{{ missing == missing2 }} {{ missing != 1 }} {{ not missing }} {{ missing ~ 'x' }} {{ missing in [1] }} {{ 1 in missing }}
=====
{{ 'yes' if t else 'no' }}{{ 'shown' if e }}{{ ('shown' if e) is defined }}
=====
{{ 1 if e else 2 if nul else 3 }}
=====
{% macro m1(a, b=2, c='x') %}({{ a }},{{ b }},{{ c }}){% endmacro %}{{ m1(1) }}{{ m1(1, c=3) }}{{ m1(b=1, a=0) }}{{ m1() }}
=====
{% macro m1(a) %}{{ a }}{% endmacro %}{{ m1(1, 2) }}
=====
{% macro m1(a) %}{{ a }}{% endmacro %}{{ m1(z=2) }}
=====
{% macro m1(a) %}{{ a }}{% endmacro %}{{ m1(1, a=2) }}
=====
{% macro m1(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m1(1, 2, 3, k=4) }}
=====
{% macro m1(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m1(1) }}{{ m1(1, 2) }}
=====
{% macro m1() %}{{ x }}{% set x = 1 %}{{ x }}{% endmacro %}{{ m1() }}{{ x }}
=====
{% macro m1() %}{{ later }}{% endmacro %}{% set later = 'found' %}{{ m1() }}
=====
{% for i in l %}{% macro m1() %}{{ i }}{% endmacro %}{{ m1() }}{% endfor %}
=====
{% macro fact(n) %}{% if n <= 1 %}1{% else %}{{ n * (fact(n - 1) | int) }}{% endif %}{% endmacro %}{{ fact(10) }}
=====
{% macro outer() %}{% macro inner() %}i{% endmacro %}[{{ inner() }}]{% endmacro %}{{ outer() }}
=====
{% macro m1() %}text{% endmacro %}{{ m1() | upper }}{{ m1() is string }}{{ m1 is callable }}
=====
{% macro m1() -%}
   trimmed
{%- endmacro %}[{{ m1() }}]
=====
{% macro box(title) %}<{{ title }}>{{ caller() }}</{{ title }}>{% endmacro %}{% call box('b') %}body {{ x }}{% endcall %}
=====
{% macro each(xs) %}{% for y in xs %}{{ caller(y, loop.index) }}{% endfor %}{% endmacro %}{% call(v, i) each(l) %}{{ i }}:{{ v }} {% endcall %}
=====
{% macro box() %}{{ caller is defined }}{% endmacro %}{{ box() }}
=====
{% macro box() %}{{ caller() }}{% endmacro %}{{ box() }}
=====
{% call x %}{% endcall %}
=====
{% macro a(x, x) %}{% endmacro %}
=====
{% macro a(x=1, y) %}{% endmacro %}
=====
{% filter upper %}shout {{ u }}{% endfilter %}
=====
{% filter trim | replace('a', 'b') %}  banana  {% endfilter %}!
=====
{% filter indent(2) %}a
b
{% endfilter %}
=====
{% for i in l %}{% filter upper %}x{% break %}{% endfilter %}{% endfor %}end
=====
{% with a = 1, b = x %}{{ a }}{{ b }}{% set x = 9 %}{{ x }}{% endwith %}{{ x }}
=====
{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}
=====
{% generation %}made {{ x }}{% set q = 1 %}{% endgeneration %}{{ q }}
=====
{% for i in l %}{%- generation %}{{ i }}{% endgeneration -%}{% endfor %}
=====
{% for i in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}
=====
{% block b %}content {{ x }}{% endblock %}
=====
{% set y = 2 %}{% block b %}{{ y }}{% endblock b %}
=====
{% print x %}{% print 1, 2 %}
=====
{% break %}
=====
{% for i in l %}{% macro z() %}{% break %}{% endmacro %}{% endfor %}
=====
{{ raise_exception('stop') }}
=====
{{ raise_exception('never') if e }}fine
=====
{{ strftime_now('%d %b %Y') }}|{{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %j %y %p %I %% %a %U %W %w %u %V %G %e %-d %-m') }}
=====
{{ strftime_now('%c|%x|%X|%D|%F|%T|%R|%r|%C|%h|%n|%t|%k|%l|%Z|%z|%f|%_d|%0e') }}
=====
{{ range(3) }}{{ range(1, 4) | list }}{{ range(5, 0, -2) | list }}{{ range(0) | list }}
=====
{{ range(1000000) }}
=====
{{ range(1.5) }}
=====
{{ dict(a=1, b=[2]) }}{{ dict([('x', 1)], y=2) }}{{ dict({'k': 1}) }}
=====
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{% set _ = c.reset() %}{{ c.next() }}
=====
{% set j = joiner('; ') %}{% for i in l %}{{ j() }}{{ i }}{% endfor %}
=====
{{ [1, 2,] }}{{ (1, 2,) }}{{ (1,) }}{{ () }}{{ {'a': 1,} }}{{ {} }}{{ {1: 'x', none: 2, 1.5: 3, true: 4} }}
=====
{{ {'a': 1, 'a': 2} }}{{ {[1]: 2} }}
=====
{{ 'con' 'cat' "enated" }}
=====
{{ "esc \n \t \\ \' \" \x41 \u00e9 \U0001f600 \101 \d é" }}
=====
{{ "\é" }}
=====
{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1e3 }} {{ 1.5e-3 }} {{ 1_0.5 }} {{ 00 }}
=====
{{ 012 }}
=====
{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 1 / 2 }} {{ 4 / 2 }}
=====
{{ 1 + 2 ~ 3 * 4 }} {{ 'a' ~ 1 ~ none ~ true }} {{ 1 ~ 2 + 3 }}
=====
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }} {{ 3 > 2 >= 2 != 1 }}
=====
{{ 1 in [1] }} {{ 4 not in [1] }} {{ 'a' in 'abc' }} {{ 'a' in {'a': 1} }} {{ not 1 in [1] }} {{ 2 in (1, 2) }}
=====
{{ 1 in 'abc' }}
=====
{{ 1 in 5 }}
=====
{{ 'a' < 1 }}
=====
{{ 0 or 'x' }} {{ '' and 1 }} {{ 1 and 2 or 3 }} {{ not 0 and not 1 }} {{ [] or {} or none }}
=====
{{ -x | abs }} {{ (-x) | abs }} {{ -1.5 | abs }} {{ +x }}
=====
{{ l[0] }}{{ l[-1] }}{{ l[9] }}{{ l[0:2] }}{{ l[::-1] }}{{ l[1:] }}{{ l[:-1] }}{{ u[1] }}{{ u[1:3] }}{{ u[::-1] }}
=====
{{ l['0'] }}{{ d[0] }}{{ d['items'] }}{{ d.a }}{{ d['a'] }}{{ m[0].r }}{{ m.0.r }}
=====
{{ nul[1:] }}
=====
{{ l[::0] }}
=====
{{ d.items() | list }}{{ d.keys() | list }}{{ d.values() | list }}{{ d.items() }}{{ d.keys() }}{{ d.values() }}
=====
{{ d.get('a') }}{{ d.get('z') }}{{ d.get('z', 'def') }}
=====
{{ d.items }}
=====
{{ l.append(1) }}
=====
{{ d.update({'z': 1}) }}
=====
{{ d.pop('a') }}
=====
{{ l.append is defined }}{{ d.__class__ is defined }}{{ u.__class__ }}
=====
{{ u.__class__.__mro__ }}
=====
{{ '%s is %d' % ('x', 3) }} {{ '%(a)s' % {'a': 1} }} {{ '%05.2f|%-5s|%+d|%x|%%' % (3.14159, 'ab', 5, 255) }}
=====
{{ '{} {} {x}'.format(1, 'b', x=3) }} {{ '{0}{1}{0}'.format('a', 'b') }} {{ '{a[k]} {b.r}'.format(a={'k': 1}, b=m[0]) }} {{ '{:>5}|{:<5}|{:^5}|{:05.1f}|{:,}'.format('a', 'b', 'c', 2.55, 1234567) }} {{ '{!r}'.format('q') }} {{ '{{}}'.format() }}
=====
{{ '{}'.format() }}
=====
{{ 'a' | unknown_filter }}
=====
{% if false %}{{ 'a' | unknown_filter }}{% endif %}fine
=====
{% if true %}{{ 'a' | unknown_filter }}{% endif %}
=====
{% if false %}{% for i in l %}{{ i | unknown_filter }}{% endfor %}{% endif %}fine
=====
{{ ('a' | unknown_filter) if false else 'fine' }}
=====
{{ 1 is unknown_test }}
=====
{% if false and x is unknown_test %}{% endif %}fine
=====
{{ x is divisibleby 7 }} {{ x is divisibleby(2) }} {{ x is odd }} {{ x is not even }} {{ 'a' is in ['a'] }} {{ x is eq 7 }} {{ x is gt 3 and x is lt 9 }}
=====
{{ 'a' is string }} {{ d is mapping }} {{ l is sequence }} {{ l is iterable }} {{ d is iterable }} {{ u is iterable }} {{ 1 is iterable }} {{ 1 is number }} {{ true is number }} {{ true is integer }} {{ 1.0 is float }} {{ none is none }} {{ true is true }} {{ 1 is true }} {{ false is boolean }} {{ x is sameas x }} {{ raise_exception is callable }}
=====
{{ x is defined is defined }}
=====
{{ m | map(attribute='r') | join(', ') }} {{ m | selectattr('v', 'gt', 1) | map(attribute='r') | list }} {{ m | rejectattr('r', 'equalto', 'x') | list | length }} {{ m | sort(attribute='v') | map(attribute='v') | list }} {{ m | groupby('r') }} {{ m | sum(attribute='v') }} {{ m | max(attribute='v') }} {{ (m | map(attribute='v') | list) | min }}
=====
{{ m | selectattr('missing') | list }} {{ m | selectattr('r', 'defined') | list | length }} {{ l | select('odd') | list }} {{ l | reject('gt', 1) | list }} {{ ['a', 'B'] | map('upper') | join }} {{ [1.7, '3'] | map('int') | list }} {{ m | map(attribute='zz', default='-') | join }}
=====
{{ l | map('nope') | list }}
=====
{{ l | map('nope') is defined }}
=====
{{ l | map }}{% if l | map %}yes{% endif %}
=====
{% set g = l | map('string') %}{{ g | join }}{{ g | join }}|
=====
{{ l | select | length }}
=====
{% for grouper, list in m | groupby('r') %}{{ grouper }}:{{ list | length }};{% endfor %}{% for g in m | groupby('r') %}{{ g.grouper }}{{ g.list | map(attribute='v') | join }}{% endfor %}
=====
{{ d | tojson }} {{ m | tojson }} {{ "é\"\n<>&'" | tojson }} {{ [1.0, 2.5e20, none, true] | tojson }} {{ {1: 2, none: 3, true: 4} | tojson }} {{ (1, 2) | tojson }} {{ '' | tojson }}
=====
{{ d | tojson(indent=2) }}
{{ [] | tojson(indent=2) }}{{ {} | tojson(indent=4) }}
{{ [[1, {'a': []}]] | tojson(indent=1) }}
=====
{{ d | tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 'é😀' | tojson(ensure_ascii=true) }} {{ d | tojson(indent='--') }}
=====
{{ missing | tojson }}
=====
{{ (l | map('string')) | tojson }}
=====
{{ namespace(a=1) | tojson }}
=====
{{ d | string }} {{ 5 | string | length }} {{ '5' | int + 1 }} {{ 'abc' | list }} {{ '3.7' | float }} {{ 'zz' | int(9) }} {{ '12abc' | int }} {{ 3.99 | int }} {{ none | int }} {{ '0x1f' | int(base=16) }}
=====
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 42.55 | round(1, 'floor') }} {{ 42.51 | round(0, 'ceil') }} {{ 1234 | round(-2) }} {{ 7 | round(1) }}
=====
{{ 'hello world-wide (web)' | title }} {{ "it's o'clock" | title }} {{ "it's o'clock".title() }} {{ 'éCOLE' | capitalize }} {{ 'straße' | upper }} {{ 'ÀÉ' | lower }} {{ 'ΑΣ ΣΑΣ' | lower }}
=====
{{ '  x  ' | trim }}|{{ 'xxaxx' | trim('x') }}|{{ '\u00a0\u2003x\u3000' | trim }}|{{ ' x '.strip() }}|{{ 'xya'.lstrip('yx') }}|{{ 'a\n\n'.rstrip('\n') }}|
=====
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'a\nb\r\nc'.splitlines() }} {{ 'abc'.split('') }}
=====
{{ 'a-b'.replace('-', '+') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 5 | replace('5', 'five') }} {{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abcabc'.find('c') }} {{ 'abc'.find('z') }} {{ 'aXbX'.count('X') }} {{ '-'.join(['a', 'b']) }} {{ '日本語'.find('語') }}
=====
{{ big | indent }}|{{ big | indent(2, true) }}|{{ big | indent(2, blank=true) }}|{{ big | indent('> ') }}|{{ '' | indent }}|{{ 'x' | indent(first=true) }}
=====
{{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort }} {{ ['b', 'A', 'c'] | sort(case_sensitive=true) }} {{ [3, 1] | sort(reverse=true) }} {{ 'cab' | sort }} {{ [1, 'a'] | sort }}
=====
{{ [1, 2, 1, 'a', 'A'] | unique | list }} {{ [1, 2, 3] | reverse | list }} {{ 'abc' | reverse }} {{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 0) | list }} {{ [1, 2, 3, 4, 5] | slice(2) | list }} {{ [1, 2] | first }} {{ [1, 2] | last }} {{ [] | first }} {{ [] | first is defined }}
=====
{{ '' | default('d') }} {{ '' | default('d', true) }} {{ missing | default('d') }} {{ nul | default('d') }} {{ nul | d('d', true) }} {{ missing | default(x) }} {{ d.zz | default([]) }}
=====
{{ '<b>' | escape }} {{ '<b>' | e ~ '<i>' }} {{ ('<b>' | e) + '<i>' }} {{ ('<b>' | safe) + '<i>' }} {{ '<b>' | safe ~ '<i>' }} {{ '<b>' | safe | upper }} {{ ['<b>' | safe] }} {{ '<b>' | safe | string is escaped }}
=====
{{ 'one two three four' | truncate(9) }} {{ 'one two three four' | truncate(9, true) }} {{ 'one two' | truncate(5) }} {{ 'one two three' | wordcount }} {{ 'x' | center(5) }}| {{ 'a b&c/é' | urlencode }} {{ {'a': 'b c', 'd': 1} | urlencode }} {{ 123456 | filesizeformat }} {{ 123456 | filesizeformat(true) }} {{ 1 | filesizeformat }}
=====
{{ [1, 2, 3] | join(', ') }} {{ m | join('|', attribute='r') }} {{ 'abc' | join('.') }} {{ [none, true, 1.5] | join(' ') }}
=====
{{ 0.1 + 0.2 }} {{ 1e16 }} {{ 1e15 }} {{ 123456789012345680.0 }} {{ 1e-5 }} {{ 0.0001 }} {{ 1.0 }} {{ -0.0 }} {{ 1e308 * 10 }} {{ 100000000000000000000.0 }}
=====
{{ true + 1 }} {{ true == 1 }} {{ 'a' * 3 }} {{ [1] * 2 }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ [1] + (2,) }}
=====
{{ 'a' + 1 }}
=====
{{ 1 / 0 }}
=====
{{ 1 % 0 }}
=====
{{ {'a': [1, 'x', none, true, 1.5, {'b': ()}]} }} {{ ["it's", 'q"q', "b'b\"b", 'n\n', '\x01', '\u200b', 'é'] }}
=====
{{ u | length }} {{ '日本' | length }} {{ '😀' | length }} {{ d | length }} {{ l | count }} {{ missing | length }}
=====
{{ 5 | length }}
=====
{{ f(1, 2
=====
{{ 1 +}}
=====
{{ (1 }}
=====
{{ [1) }}
=====
{% if x %}
=====
{% endif %}
=====
{% else %}
=====
{% for i in %}{% endfor %}
=====
{% unknown %}
=====
{% do x %}
=====
{% include 'x' %}
=====
{% import 'x' as y %}
=====
{% extends 'x' %}
=====
{{ }}
=====
{% %}
=====
{# open
=====
{% raw %} open
=====
{{ 'open }}
=====
{{ x y }}
=====
{{ @ }}
=====
{{ x | }}
=====
{{ x. }}
=====
{{ x.5 }}
=====
{{ f(a=1, a=2) }}
=====
{{ f(a=1, 2) }}
=====
{{ dict(*[[('a', 1)]]) }} {{ dict(**{'b': 2}) }} {{ dict(a=1, **{'b': 2}) }}
=====
{{ dict(a=1, **{'a': 2}) }}
=====
{{ 'ABC'.isupper() }} {{ 'AB1 É' is upper }} {{ 'İ' is upper }} {{ 'Ab' is upper }} {{ 'ǅ' is upper }} {{ 'ǅa'.istitle() }} {{ 'Ab Cd'.istitle() }} {{ 'AB'.istitle() }}
=====
nothing follows {#
=====
nothing follows {#-
=====
nothing follows {% raw %}
=====
{% filter length %}abc{% endfilter %}
=====
{% filter length | string %}abc{% endfilter %}
=====
{{ '%c' % true }}{{ '%c%c' % (65, 'é') }}
=====
{% block b %}1{% endblock %}{% block c %}2{% block d %}3{% endblock %}{% endblock %}
=====
{% block b %}1{% endblock %}{% block b %}2{% endblock %}
=====
{% set f = 'abc'.upper %}{{ f() }}
=====
{{ [1, 2, 3][1:][0] }} {{ ('a' ~ 'b').upper() }} {{ 'abc'[1].upper() }} {{ (l | sort)[0] }} {{ l | sort | first }}
=====
{{ "a" if x > 5 and "b" in ["b"] or false else "c" }}
=====
{%- for i in [1, 2] -%}
  {{ i }}
{%- endfor -%}
   tail
=====

  {%- if true -%}

  a

  {%- endif -%}

b
=====
one

{%- set q = 1 %}

two
=====
{% if true %}
{% if true %}
nested
{% endif %}
{% endif %}
=====
a  {% if true %}  b  {% endif %}  c
=====
{% for i in l %}
  - {{ i }}
{% endfor %}
end
=====
tab	{%- if true %}	x{% endif %}
=====
{{ ids }}|{{ ids | tojson }}|{{ ids | tojson(indent=1) }}
=====
{% for i in ids %}{{ i }} {{ i ~ '' }} {{ i | string }} {{ i | int }} {{ i | abs }} {{ -i }} {{ +i }}
{% endfor %}
=====
{% for i in ids %}{{ '%d|%s|%30d|%+d' % (i, i, i, i) }} {{ '{}|{:d}|{:,}|{:>30}|{:+}'.format(i, i, i, i, i) }}
{% endfor %}
=====
{% for i in ids %}{{ i is number }} {{ i is integer }} {{ i is float }} {{ i is string }} {{ i is mapping }} {{ i is callable }} {{ not i }} {{ i | round }}
{% endfor %}
=====
{% for i in ids %}{% for j in ids %}{{ i == j }} {{ i < j }} {{ i >= j }} {% endfor %}{{ i == 5 }} {{ i < 5 }} {{ 5 < i }} {{ i == 1e19 }} {{ i < 1e19 }} {{ 1e30 > i }} {{ -1e30 > i }}
{% endfor %}
=====
{{ ids | sort }} {{ ids | min }} {{ ids | max }} {{ (ids + ids) | unique | list }} {{ ids[0] in ids }} {{ 7 in ids }} {{ {ids[0]: 'x'}[9223372036854775808] }}
=====
{% for i in ids %}{{ i | float }} {{ '%.3e' % i }} {{ '{:.2f}'.format(i) }}
{% endfor %}
=====
{{ 18446744073709551616 == 18446744073709551616.0 }} {{ 18446744073709551617 == 18446744073709551616.0 }} {{ 18446744073709551617 > 18446744073709551616.0 }}
=====
{{ 123456789012345678901 }} {{ -9223372036854775808 }} {{ -9223372036854775809 }} {{ 1_000_000_000_000_000_000_000 }} {{ '123456789012345678901' | int }} {{ '-00123456789012345678901' | int }} {{ ('9' * 30) | int }} {{ 'abcdef'[:123456789012345678901] }} {{ 'abc'[-123456789012345678901:] }} {{ [1][123456789012345678901] }}
"""

VALUES = """
undefd | none | true | 0 | -7 | 2.5 | 1e16 | 123456789.123 | '' | 'Hello World' | ' x y ' | 'a,b,,c' | 'éÀß' | '-4.5' |
'a\\nb\\n\\nc' | '%s-%d' | [] | [3,1,2] | ['b','A','c'] | [1,'a'] | [[1,2],[3,4]] | (1,2) | {} | {'b':2,'a':[1,'x']} |
{1:2,none:3} | range(5,0,-2) | d.items() | m | '<a>'|safe | namespace(x=1) | '日本語テキスト' | '"q\\'s'
"""

FILTERS = """
abs ; attr('a') ; batch(2,'x')|list ; capitalize ; center(9) ; count ; default('D',true) ; dictsort ;
dictsort(false,'value') ; escape ; first ; float(1.5) ; format(1,2) ; groupby(0) ; indent(2,true) ; int(7) ; items|list ;
join('|') ; last ; length ; list ; lower ; map('upper')|list ; map(attribute='r',default='Z')|list ; max ; min ;
reject('odd')|list ; replace('a','X') ; replace('','-') ; reverse|list ; round(1) ; safe ; select('string')|list ;
selectattr('r','eq','x')|list ; slice(2)|list ; sort ; sort(true) ; string ; sum ; title ; tojson ; tojson(indent=2) ;
trim ; truncate(6,true,'..',0) ; unique|list ; upper ; urlencode ; wordcount
"""

TESTS = """
defined ; none ; boolean ; integer ; float ; number ; string ; mapping ; iterable ; sequence ; callable ; odd ;
divisibleby 3 ; lower ; upper ; eq 1 ; lt 2 ; in [1,'abc'] ; true ; false
"""

METHODS = """
.upper() ; .title() ; .swapcase() ; .strip() ; .strip('abc ') ; .split() ; .split(',') ; .rsplit(none,1) ; .splitlines(true) ;
.startswith(('x','H')) ; .endswith('c') ; .find('b') ; .rfind('l') ; .count('') ; .replace('l','L',1) ; .join(['x','y']) ;
.zfill(8) ; .ljust(8,'.') ; .center(9,'*') ; .partition('b') ; .isdigit() ; .isalpha() ; .isspace() ; .isupper() ;
.removeprefix('H') ; .format(1,2) ; .items()|list ; .get('a') ; .get('z','df') ; .append(1) ; .index(1) ; .a ; ['a'] ; [0] ;
[-1] ; [1:] ; [::-1] ; [-2:1] ; .nosuch ; .foo.bar ; ()
"""

SPECS = "5 ; ^7 ; *^9 ; =+8 ; + ; 05 ; 010.3f ; .2f ; e ; .3g ; % ; , ; _ ; ,.2f ; x ; #X ; b ; o ; c ; .2s ; <5s ; 012,"
NUMBERS = "-5 ; 255 ; 1234567 ; 3.14159 ; 1e20 ; 1e-5 ; true ; 'abc' ; none"


def statements():
    return [template.strip("\n") if index else template[1:] for index, template in enumerate(STATEMENTS[:-1].split("\n=====\n"))]


def pieces(text):
    return [piece.strip() for piece in text.replace("\n", " ").split(" ; ")]


def expressions():
    """Every value with every third filter, test or method, shifted from value to value so that all pairs of a kind occur."""
    values = [value.strip() for value in VALUES.replace("\n", " ").split(" | ")]
    forms = ["|" + name for name in pieces(FILTERS)] + [" is " + name for name in pieces(TESTS)] + pieces(METHODS)
    for row, value in enumerate(values):
        yield "{{ %s }}{{ [%s] }}{{ 'T' if (%s) else 'F' }}" % (value, value, value)
        for column in range(row % 3, len(forms), 3):
            # Through a variable: Jinja evaluates constants early, and some errors in them turn into undefined.
            yield "{%% set v = %s %%}{{ v%s }}" % (value, forms[column])
    for row, spec in enumerate(pieces(SPECS)):
        for number in pieces(NUMBERS)[row % 2 :: 2]:
            yield "{{ '{:%s}'.format(%s) }}" % (spec, number)
