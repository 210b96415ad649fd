#!/usr/bin/env python3
"""Checks that a shared library exports the functions of its C header, all of them and nothing else, as its version script says.

    check_exports.py [--nm NM] [--released SYMBOLS]… HEADER MAP LIBRARY

A C++ symbol that gets out can be bound to the host program's own copy of it, and then belongs to the interface for ever. The MAP
names each function under the version of the release that brought it: a pattern there would give later ones the version of an
earlier release. Files of SYMBOLS list what earlier releases exported, one name@@VERSION a line: those must all be there under the
version that they had. Exit 0 if so, 1 with a list if not.
"""

import argparse
import pathlib
import re
import subprocess
import sys

DECLARATION = re.compile(r"^TF_API\b[^;(]*?\b(\w+)\(", re.MULTILINE)
NODE = re.compile(r"(\S+)\s*\{([^}]*)\}")


def mapped_names(script: str) -> set[str]:
    """name@@VERSION of all that the version script makes global."""
    names = set()
    for version, body in NODE.findall(re.sub(r"#.*", "", script)):
        scope = "global"
        for label, name in re.findall(r"(\w+)\s*:|([^\s;]+)\s*;", body):
            scope = label or scope
            if name and scope == "global":
                names.add(f"{name}@@{version}")
    return names


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--released", action="append", default=[], type=pathlib.Path)
    parser.add_argument("header", type=pathlib.Path)
    parser.add_argument("map", type=pathlib.Path)
    parser.add_argument("library")
    args = parser.parse_args()

    declared = set(DECLARATION.findall(args.header.read_text(encoding="utf-8")))
    lines = subprocess.run([args.nm, "--dynamic", "--defined-only", "--extern-only", "--format=posix", args.library],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    # A version is an absolute symbol (A) of its own.
    versioned = {fields[0] for fields in map(str.split, lines) if fields[1] != "A"}
    exported = {name.partition("@")[0] for name in versioned}
    missing = {name for kept in args.released for name in kept.read_text(encoding="utf-8").split()} - versioned
    for name in sorted(missing):
        print(f"{args.library}: {name} was in an earlier release and is missing")
    for name in sorted(declared - exported):
        print(f"{args.library}: {name} is declared but not exported")
    for name in sorted(exported - declared):
        print(f"{args.library}: {name} is exported but not declared in {args.header}")
    mapped = mapped_names(args.map.read_text(encoding="utf-8"))
    for name in sorted(versioned - mapped):
        print(f"{args.map}: {name} is exported but not named there")
    for name in sorted(mapped - versioned):
        print(f"{args.map}: {name} is named there but not exported")
    print(f"{len(declared)} functions declared, {len(mapped)} named in the map, {len(exported)} symbols exported")
    return 0 if declared and declared == exported and mapped == versioned and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
