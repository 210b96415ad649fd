#!/usr/bin/env python3
"""Checks that code compiled for one instruction set cannot reach the rest of the program.

    check_isa_symbols.py --nm NM OBJECT...      objects in folders of instruction sets are looked at, others skipped
    check_isa_symbols.py --self-test

An inline function or template instance with external linkage is a weak symbol; of several copies the linker keeps any one,
perhaps the one with AVX-512 in it, and the program dies on other processors. So: no weak definitions, and every external
definition lies in the namespace of its instruction set. Exit 0 if so, 1 with a list if not.
"""

import argparse
import pathlib
import subprocess
import sys

ISAS = ("avx2", "avx_vnni", "avx512", "neon")
# Made by compilers for every object: a pointer for those with a destructor or catch, a mark of AddressSanitizer's. No code.
ALLOWED = {"DW.ref.__gxx_personality_v0", "___asan_globals_registered"}


def isa_of(path: str) -> str | None:
    folder = pathlib.PurePath(path).parent.name
    return folder if folder in ISAS else None


def complaints(isa: str, nm_lines: list[str]) -> list[str]:
    """nm_lines: `nm --defined-only --extern-only` in portable format: name, type, value, size."""
    namespace = f"7tenfold7kernels{len(isa)}{isa}"
    found = []
    for line in nm_lines:
        name, kind = line.split()[:2]
        if name in ALLOWED:
            continue
        if kind in "VvWwu":
            found.append(f"weak symbol {name}")
        elif namespace not in name:
            found.append(f"external symbol outside tenfold::kernels::{isa}: {name}")
    return found


def self_test() -> int:
    good = ["_ZN7tenfold7kernels4avx28add_rowsERNS0_11KernelTableE T 0 10", "DW.ref.__gxx_personality_v0 V 0 8"]
    assert complaints("avx2", good) == []
    assert len(complaints("avx512", good)) == 1
    assert len(complaints("avx2", ["_ZSt3maxIfERKT_S2_S2_ W 0 10"])) == 1
    assert len(complaints("avx2", ["_ZN7tenfold14quantize_blockEPKf T 0 10"])) == 1
    assert isa_of("x/kernels.dir/avx2/rows.cc.o") == "avx2" and isa_of("avx2/kernels.dir/scalar/rows.cc.o") is None
    return 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("objects", nargs="*")
    args = parser.parse_args()
    if args.self_test:
        return self_test()

    n_checked = n_bad = 0
    for path in args.objects:
        isa = isa_of(path)
        if isa is None:
            continue
        command = [args.nm, "--defined-only", "--extern-only", "--format=posix", path]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        n_checked += 1
        for complaint in complaints(isa, lines):
            n_bad += 1
            print(f"{path}: {complaint}")
    if n_checked == 0:
        print(f"expected objects of at least one of {', '.join(ISAS)}, found none of {len(args.objects)}")
        return 1
    print(f"{n_checked} objects checked, {n_bad} symbols could leak")
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
