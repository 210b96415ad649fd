#!/usr/bin/env python3
"""Compares Tenfold's chat templates with jinja2, byte for byte, over a folder of templates and a matrix of conversations.

    tools/check_templates.py FOLDER [--program build/release/tenfold] [--conversations FILE.json] [--verbose]

Every *.jinja in FOLDER is rendered on every conversation by both. Two errors count as agreement. Ends with the number
of pairs that agree and status 1 if any pair does not. Needs jinja2 >= 3.1.6.
"""
import argparse
import difflib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import template_reference

TESTDATA = pathlib.Path(__file__).parent.parent / "src/chat/testdata"


class CommandLine:
    """`tenfold template`, once per pair, with the clock of now: seconds in a template may differ."""

    def __init__(self, program):
        template_reference.NOW = int(time.time())
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="templates"))

    def render(self, path, conversation):
        messages = self.folder / "messages.json"
        messages.write_text(json.dumps(conversation["messages"]))
        command = [self.program, "template", "--file", path, "--messages", messages, "--as-is",
                   "--bos", "<s>", "--eos", "</s>"]
        if conversation.get("tools") is not None:
            tools = self.folder / "tools.json"
            tools.write_text(json.dumps(conversation["tools"]))
            command += ["--tools", tools]
        if not conversation.get("add_generation_prompt", True):
            command.append("--no-generation-prompt")
        variables = dict(conversation.get("variables", {}))
        if conversation.get("documents") is not None:
            variables["documents"] = conversation["documents"]
        for name, value in variables.items():
            command += ["--var", f"{name}={json.dumps(value)}"]
        done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60)
        if done.returncode == 0:
            return {"text": done.stdout.decode("utf-8")}
        return {"error": done.stderr.decode("utf-8", "replace").strip()}


def difference(expected, found):
    if "error" in expected or "error" in found:
        return f"    jinja2:  {str(expected)[:300]}\n    tenfold: {str(found)[:300]}"
    lines = difflib.unified_diff(expected["text"].splitlines(True), found["text"].splitlines(True), n=0)
    return "    " + "    ".join(repr(line) + "\n" for line in list(lines)[2:12])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/tenfold")
    parser.add_argument("--conversations", type=pathlib.Path, default=TESTDATA / "conversations.json")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()

    conversations = json.loads(options.conversations.read_text())
    program = CommandLine(options.program)
    env = template_reference.environment()
    n_pairs = n_same = n_errors = 0
    for path in sorted(options.folder.glob("*.jinja")):
        for name, conversation in conversations.items():
            found = program.render(path, conversation)
            source = path.read_bytes().decode("utf-8")
            expected = template_reference.render(env, source, template_reference.variables_of(conversation))
            same = expected.get("text") == found.get("text")
            n_pairs += 1
            n_same += same
            n_errors += same and "error" in expected
            if not same:
                print(f"{path.name} on {name}:\n{difference(expected, found)}")
            elif options.verbose and "error" in expected:
                print(f"{path.name} on {name}: both refuse\n{difference(expected, found)}")
    print(f"{n_same} of {n_pairs} pairs agree, {n_errors} of them on an error")
    sys.exit(n_same != n_pairs)


if __name__ == "__main__":
    main()
