#!/usr/bin/env python3
"""Holds the tree to layers.txt: an include may only point down.

  check_layers.py [ROOT]        checks every #include in src/, include/ and apps/; exit 1 with one line per offence
  check_layers.py --self-test   proves on made-up trees that each kind of offence is found

layers.txt has lines "folder: allowed folder …"; a folder may always include itself and include/tenfold. Folders are those
of src/ ("base"), or paths ("apps/tenfold"). include/tenfold itself may include nothing but include/tenfold.
"""
import pathlib
import re
import sys
import tempfile

PUBLIC = "include/tenfold"
TREES = ("src", "include", "apps")
SUFFIXES = {".h", ".cc", ".cpp", ".c", ".inc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_layers(text):
    """→ ({folder: allowed set}, [error])."""
    layers, errors = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        folder, colon, allowed = line.partition(":")
        if not colon or folder.strip() in layers:
            errors.append(f"layers.txt:{number}: expected one 'folder: allowed …' line a folder, found '{line}'")
            continue
        # Only folders named above: so the list has no cycles, and reads from the lowest layer up.
        for name in allowed.split():
            if name not in layers:
                errors.append(f"layers.txt:{number}: '{folder.strip()}' allows '{name}', which no line above describes")
        layers[folder.strip()] = set(allowed.split())
    return layers, errors


def folder_of(path, layers):
    """The layers.txt folder that a path (relative to the root) is in, PUBLIC, or None."""
    parts = path.parts
    if parts[:2] == ("include", "tenfold"):
        return PUBLIC
    if parts[0] == "src":
        parts = parts[1:]
    for n in range(len(parts) - 1, 0, -1):
        if "/".join(parts[:n]) in layers:
            return "/".join(parts[:n])
    return None


def resolve(root, includer, target):
    """The file of this tree that an include names, relative to the root, or None for the outside world."""
    own = root / includer.parent / target if includer.parts[0] == "apps" else None
    for candidate in (root / "src" / target, root / "include" / target, root / target, own):
        if candidate is not None and candidate.is_file():
            return candidate.resolve().relative_to(root)
    return None


def check_file(root, path, layers):
    folder = folder_of(path, layers)
    if folder is None:
        yield f"{path}: in no folder of layers.txt"
        return
    allowed = layers.get(folder, set())
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, target = match.groups()
        found = resolve(root, path, target)
        where = f"{path}:{number}: {line.strip()}"
        if found is None:
            if quote == '"':
                yield f"{where}\n    no such file under src/ or include/"
            continue
        to = folder_of(found, layers)
        if to is None:
            yield f"{where}\n    {found} is in no folder of layers.txt"
        elif to not in (folder, PUBLIC) and to not in allowed:
            may = " ".join(sorted(allowed - {folder})) or "nothing else"
            yield f"{where}\n    '{folder}' may not include '{to}'; it may include: {may}"


def check_tree(root):
    layers, errors = read_layers((root / "layers.txt").read_text(encoding="utf-8"))
    files = sorted(p.relative_to(root) for tree in TREES for p in (root / tree).rglob("*") if p.suffix in SUFFIXES)
    for path in files:
        errors += check_file(root, path, layers)
    return errors, len(files)


def self_test():
    layers = "base:\ntensor: base\nkernels: base tensor\nsampler: base\napps/tenfold: base kernels\n"
    good = {"src/base/a.h": "#pragma once\n#include <vector>\n", "src/tensor/t.h": '#include "base/a.h"\n',
            "include/tenfold/s.h": "#include <string>\n", "src/sampler/s.h": '#include "tenfold/s.h"\n',
            "src/kernels/avx2/k.cc": '#include "tensor/t.h"\n#include "kernels/table.h"\n', "src/kernels/table.h": "\n",
            "apps/tenfold/main.cc": '#include "command.h"\n#include "kernels/table.h"\n', "apps/tenfold/command.h": "\n"}
    bad = {
        "an upward include": ({"src/base/b.cc": '#include "tensor/t.h"\n'}, "'base' may not include 'tensor'"),
        "one layer's folders": ({"src/sampler/b.cc": '#include "kernels/table.h"\n'}, "may include: base"),
        "angle brackets and blanks": ({"src/base/b.h": "  #  include <tensor/t.h>\n"}, "src/base/b.h:1"),
        "a folder nobody lists": ({"src/extra/b.cc": "\n"}, "in no folder"),
        "a file that is not there": ({"src/base/b.cc": '#include "a.h"\n'}, "no such file"),
        "a public header that looks inside": ({"include/tenfold/b.h": '#include "base/a.h"\n'}, "'include/tenfold' may not"),
        "an app past its list": ({"apps/tenfold/b.cc": '#include "sampler/s.h"\n'}, "'apps/tenfold' may not"),
        "a list with a cycle": ({"layers.txt": "base: tensor\ntensor: base\n"}, "no line above"),
        "a folder listed twice": ({"layers.txt": layers + "base: tensor\n"}, "one 'folder"),
    }
    failed = 0
    for name, (extra, expected) in {"a sound tree": ({}, None), **bad}.items():
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for path, text in {"layers.txt": layers, **good, **extra}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            errors, _ = check_tree(root)
        ok = not errors if expected is None else any(expected in e for e in errors)
        failed += not ok
        print(f"{'ok    ' if ok else 'FAILED'} {name}" + ("" if ok else f": {errors}"))
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    errors, n_files = check_tree(root)
    if n_files == 0:
        errors.append(f"no source files under {root}")
    for error in errors:
        print(error)
    print(f"{n_files} files, {len(errors)} offences")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
