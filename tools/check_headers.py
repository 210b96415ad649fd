#!/usr/bin/env python3
"""Compiles every header of src/ and include/ by itself: whoever includes one shall need nothing before it.

    check_headers.py --cxx CXX --build FOLDER [--only FOLDER] [--all] ROOT [OPTION-OF-THE-COMPILER…]
    check_headers.py --cxx CXX --self-test

Headers of an instruction set are compiled with the flags of the sources beside them, which compile_commands.json of the build
folder has. Those of another processor's sets are left out: the build for that processor checks them.

A header that the source of its name includes first stands alone wherever that source is compiled by itself, as one preset of
scripts/test.sh does with all of them; it is left out unless --all says otherwise. The others still take a minute, so headers_checked.txt in the build folder remembers what compiled: a header is compiled again when it
changes, or one that it includes.

Exit 0 if all compile, 1 with the compiler's words if not.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

KERNELS = pathlib.PurePath("src/kernels")
# Written for any of these, whose names they take from simd/vectors.h.
SHARED = {KERNELS / "simd": [KERNELS / "avx2", KERNELS / "avx512"]}
INSTRUCTION_SETS = [KERNELS / name for name in ("avx2", "avx_vnni", "avx512", "neon", "simd")]
ANY_INCLUDE = re.compile(r"^\s*#\s*include\s*(\S+)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def flags_of_sets(root, build):
    """→ {folder: flags} of the instruction sets that this build has."""
    flags = collections.defaultdict(dict)  # of dicts, for they keep their order
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = pathlib.Path(entry["file"])
        if not source.is_relative_to(root / KERNELS):
            continue
        folder = source.relative_to(root).parent
        for flag in shlex.split(entry["command"]):
            if flag.startswith(("-m", "-DTENFOLD_ISA")):
                flags[folder][flag] = True
    return {folder: list(found) for folder, found in flags.items()}


def is_first_of_its_source(root, header):
    source = root / header.with_suffix(".cc")
    first = ANY_INCLUDE.search(source.read_text(encoding="utf-8")) if source.is_file() else None
    return first is not None and first[1] == f'"{header.relative_to(header.parts[0])}"'


def compilations(root, build, only, all_headers):
    """→ (header, flags) for each time that a header is compiled."""
    of_sets = flags_of_sets(root, build)
    for path in sorted(path for tree in ("include", "src") for path in (root / tree).rglob("*.h")):
        header = path.relative_to(root)
        if (only and not header.is_relative_to(only)) or (not all_headers and is_first_of_its_source(root, header)):
            continue
        if header.parent not in INSTRUCTION_SETS:
            yield header, []
            continue
        for folder in SHARED.get(header.parent, [header.parent]):
            if folder in of_sets:
                yield header, of_sets[folder]


def texts_of(root, header, known):
    """→ {header: text} of a header and all of the tree that it includes. known: what was read before, by path."""
    texts, waiting = {}, [header]
    while waiting:
        path = waiting.pop()
        if path in texts:
            continue
        if path not in known:
            known[path] = (root / path).read_text(encoding="utf-8")
        texts[path] = known[path]
        for name in INCLUDE.findall(texts[path]):
            waiting += [pathlib.PurePath(tree, name) for tree in ("include", "src") if (root / tree / name).is_file()]
    return texts


def stamp_of(compiler, flags, texts):
    """→ a text that is another one when the outcome of a compilation may be."""
    return hashlib.sha256(repr((compiler, flags, sorted(texts.items()))).encode()).hexdigest()


def compile_alone(compiler, header, flags):
    """→ what the compiler says if the header does not compile, else nothing."""
    name = header.relative_to(header.parts[0])
    run = subprocess.run([*compiler, *flags, "-x", "c++", "-"], input=f'#include "{name}"\n', capture_output=True, text=True,
                         check=False)
    return "" if run.returncode == 0 else f"{header} does not compile by itself ({' '.join(flags)}):\n{run.stderr}"


def check_tree(root, cxx, build, options=(), only=None, all_headers=False):
    """→ (number of headers, [what is wrong])."""
    compiler = [cxx, "-std=c++20", "-fsyntax-only", "-w", f"-I{root / 'include'}", f"-I{root / 'src'}", *options]
    version = subprocess.run([cxx, "--version"], capture_output=True, text=True, check=True).stdout
    known = {}
    stamps = {(header, tuple(flags)): stamp_of([version, *compiler], flags, texts_of(root, header, known))
              for header, flags in compilations(root, build, only, all_headers)}
    memory = build / "headers_checked.txt"
    checked = set(memory.read_text(encoding="utf-8").split()) if memory.exists() else set()
    todo = [one for one, stamp in stamps.items() if stamp not in checked]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = dict(zip(todo, pool.map(lambda one: compile_alone(compiler, *one), todo)))
    memory.write_text("".join(f"{stamp}\n" for one, stamp in stamps.items() if not said.get(one)), encoding="utf-8")
    return len({header for header, _ in stamps}), [words for words in said.values() if words]


def self_test(cxx):
    lacking = pathlib.PurePath("src/base/lacking.h")
    files = {"include/tenfold/whole.h": "#pragma once\n#include <string>\nstd::string name();\n",
             str(lacking): "#pragma once\nstd::string name();\n",
             "src/base/upon.h": '#include "base/lacking.h"\n',
             "src/base/proven.h": "std::string name();\n",
             "src/base/proven.cc": '#include "base/proven.h"\n',
             "src/kernels/neon/other.h": "#error for another processor\n",
             "compile_commands.json": "[]"}
    failed = 0

    def expect(what, root, wrong_headers):
        nonlocal failed
        n_headers, wrong = check_tree(root, cxx, root)
        ok = n_headers == 3 and [words.split()[0] for words in wrong] == wrong_headers
        failed += not ok
        print(f"{'ok    ' if ok else 'FAILED'} {what}" + ("" if ok else f": {n_headers} headers, {wrong}"))

    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        expect("a header that lacks an include, and one upon it", root, [str(lacking), "src/base/upon.h"])
        (root / lacking).write_text("#pragma once\n#include <string>\nstd::string name();\n", encoding="utf-8")
        expect("the include added", root, [])
        (root / lacking).write_text(files[str(lacking)], encoding="utf-8")
        expect("the include taken away again", root, [str(lacking), "src/base/upon.h"])
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--only", type=pathlib.PurePath)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("root", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).parent.parent)
    args, options = parser.parse_known_args()
    if args.self_test:
        return self_test(args.cxx)

    n_headers, wrong = check_tree(args.root.resolve(), args.cxx, args.build, options, args.only, args.all)
    for words in wrong:
        print(words)
    print(f"{n_headers} headers, {len(wrong)} that need something before them")
    return 1 if wrong or n_headers == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
