#!/usr/bin/env python3
"""Renders the test templates with jinja2 and writes what it says into src/jinja/testdata and src/chat/testdata.

    tools/make_template_goldens.py

jinja/testdata/language.json   the templates of template_cases.py, on its variables
chat/testdata/families.json    chat/testdata/families/*.jinja on the conversations of chat/testdata/conversations.json

Needs jinja2 >= 3.1.6 (see template_reference.py). An error is stored as null: its words are ours to choose.
"""
import json
import pathlib
import re

import template_cases
import template_reference

SRC = pathlib.Path(__file__).parent.parent / "src"
TESTDATA = SRC / "chat/testdata"
# Python prints addresses of objects, and reckons with integers that have no end: neither can be a golden.
ADDRESS = re.compile(r"0x[0-9a-f]{6,}|object at")
LARGE_RESULT = re.compile(r"\d{19,}")


def language(env):
    def render(template):
        return template_reference.render(env, template, template_cases.VARIABLES).get("text")

    cases = [[template, render(template)] for template in template_cases.statements()]
    generated = [[template, render(template)] for template in template_cases.expressions()]
    cases += [case for case in generated if not LARGE_RESULT.search(case[1] or "")]
    return [case for case in cases if not ADDRESS.search(case[1] or "")]


def families(env):
    conversations = json.loads((TESTDATA / "conversations.json").read_text())
    goldens = {}
    for path in sorted((TESTDATA / "families").glob("*.jinja")):
        goldens[path.stem] = {
            name: template_reference.render(env, path.read_text(), template_reference.variables_of(conversation)).get("text")
            for name, conversation in conversations.items()
        }
    return goldens


def main():
    env = template_reference.environment()
    cases = language(env)
    rows = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
    head = json.dumps(template_cases.VARIABLES, ensure_ascii=False)
    (SRC / "jinja/testdata/language.json").write_text(
        f'{{"now_s": {template_reference.NOW},\n "variables": {head},\n "cases": [\n{rows}\n]}}\n'
    )
    goldens = families(env)
    rows = ",\n".join(
        f" {json.dumps(family)}: {{\n"
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(text, ensure_ascii=False)}" for name, text in texts.items())
        + "}"
        for family, texts in goldens.items()
    )
    (TESTDATA / "families.json").write_text("{\n" + rows + "\n}\n")
    n_texts = [text for texts in goldens.values() for text in texts.values()]
    print(f"{len(cases)} language cases, {sum(text is None for _, text in cases)} of them errors")
    print(f"{len(n_texts)} family cases, {sum(text is None for text in n_texts)} of them errors")


if __name__ == "__main__":
    main()
