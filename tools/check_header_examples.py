#!/usr/bin/env python3
"""Compiles the examples on top of the public headers: what is indented in a header's opening comment.

    check_header_examples.py --cc CC --cxx CXX INCLUDE_FOLDER

Examples in C++ stand in a function that returns a Status, within namespace tenfold and behind all public headers; those of
c_api.h in a C function. Exit 0 if all compile, 1 with the compiler's words if not.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

# Whoever opens such a header looks for how to begin.
WITH_EXAMPLE = {"c_api.h", "cancel.h", "conversation.h", "engine.h", "session.h"}


def example_of(header: pathlib.Path) -> str:
    mark = " *" if header.name == "c_api.h" else "//"
    lines = []
    for line in header.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            break
        if line.startswith(mark + "   "):
            lines.append(line.removeprefix(mark + "   "))
    return "\n".join(lines)


def source_of(header: pathlib.Path, example: str) -> str:
    if header.name == "c_api.h":
        return (f'#include "tenfold/c_api.h"\n#include <stdio.h>\nvoid example(void);\n'
                f'void example(void) {{\n{example}\n}}\n')
    headers = sorted(path.name for path in header.parent.glob("*.h") if path.name not in ("c_api.h", header.name))
    includes = "".join(f'#include "tenfold/{name}"\n' for name in [header.name, *headers])
    return (f"{includes}#include <cstdio>\n#include <thread>\nnamespace tenfold {{\nStatus example();\n"
            f"Status example() {{\n{example}\nreturn {{}};\n}}\n}}\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("include", type=pathlib.Path)
    args = parser.parse_args()

    failed = False
    n_compiled = 0
    for header in sorted(args.include.glob("tenfold/*.h")):
        example = example_of(header)
        if not example:
            if header.name in WITH_EXAMPLE:
                print(f"{header}: expected an example in the opening comment, found none")
                failed = True
            continue
        is_c = header.name == "c_api.h"
        compiler = [args.cc, "-std=c11"] if is_c else [args.cxx, "-std=c++20"]
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "example.c" if is_c else "example.cc")
            source.write_text(source_of(header, example), encoding="utf-8")
            command = [*compiler, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", str(args.include), str(source)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
        n_compiled += 1
        if run.returncode != 0:
            print(f"{header}: the example on top does not compile:\n{example}\n{run.stderr}")
            failed = True
    print(f"{n_compiled} examples compiled")
    return 1 if failed or n_compiled == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
