#!/usr/bin/env python3
"""Checks that a shared library exports the functions of its C header, all of them and nothing else.

    check_exports.py [--nm NM] HEADER LIBRARY

A C++ symbol that gets out can be bound to the host program's own copy of it, and then belongs to the interface for ever.
Exit 0 if so, 1 with a list if not.
"""

import argparse
import pathlib
import re
import subprocess
import sys

DECLARATION = re.compile(r"^TF_API\b[^;(]*?\b(\w+)\(", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("header", type=pathlib.Path)
    parser.add_argument("library")
    args = parser.parse_args()

    declared = set(DECLARATION.findall(args.header.read_text(encoding="utf-8")))
    lines = subprocess.run([args.nm, "--dynamic", "--defined-only", "--extern-only", "--format=posix", args.library],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    exported = {line.split()[0] for line in lines}
    for name in sorted(declared - exported):
        print(f"{args.library}: {name} is declared but not exported")
    for name in sorted(exported - declared):
        print(f"{args.library}: {name} is exported but not declared in {args.header}")
    print(f"{len(declared)} functions declared, {len(exported)} symbols exported")
    return 0 if declared and declared == exported else 1


if __name__ == "__main__":
    sys.exit(main())
