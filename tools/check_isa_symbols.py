#!/usr/bin/env python3
"""Checks that code compiled for one instruction set cannot run before somebody has looked whether the processor has it.

    check_isa_symbols.py --nm NM --objdump OBJDUMP OBJECT...      all objects of the program
    check_isa_symbols.py --self-test

Objects in folders of instruction sets:
- An inline function or template instance with external linkage is a weak symbol; of several copies the linker keeps any one,
  perhaps the one with AVX-512 in it, and the program dies on other processors. So: no weak definitions, and every external
  definition lies in the namespace of its instruction set.
- An object that has instructions beyond the architecture's first processors exports data alone and has nothing that runs at
  the start or the end of the program: its code is reached through the entries of a table and in no other way.
All other objects have no such instruction.

Exit 0 if so, 1 with a list if not.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ISAS = ("avx2", "avx_vnni", "avx512", "neon")
# Made by compilers for every object: a pointer for those with a destructor or catch, a mark of AddressSanitizer's. No code.
ALLOWED = {"DW.ref.__gxx_personality_v0", "___asan_globals_registered"}
RUNS_BY_ITSELF = re.compile(r"^ *\d+ (\.(?:preinit_array|init_array|fini_array|ctors|dtors|init|fini)\S*) ", re.MULTILINE)
# One instruction a line: address, bytes, name. By the file format that objdump names.
BEYOND_THE_FIRST = {
    # VEX and EVEX begin with c4, c5 and 62 behind prefixes of segments and address size; in 64 bits nothing else does.
    # Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, 2.3 and 2.7.
    "elf64-x86-64": re.compile(r"^ *[0-9a-f]+:\t(?:(?:26|2e|36|3e|64|65|67) )*(?:c4|c5|62) .*$", re.MULTILINE),
    # Products of 8 bits and of BF16, matrices of them, and whatever has registers of SVE.
    "elf64-littleaarch64": re.compile(
        r"^ *[0-9a-f]+:\t[0-9a-f ]+\t(?:(?:(?:[su]|us|su|bf)dot|(?:[su]|us|bf)mmla)\t|\S+\t(?:.*[ {])?[zp]\d+[./]).*$",
        re.MULTILINE),
}
SYMBOLS_OF_CODE = "TtiW"


def isa_of(path: str) -> str | None:
    folder = pathlib.PurePath(path).parent.name
    return folder if folder in ISAS else None


def symbol_complaints(isa: str, nm_lines: list[str]) -> list[str]:
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


def instruction_complaints(isa: str | None, nm_lines: list[str], listing: str) -> list[str]:
    """listing: what `objdump` says of sections and code; nm_lines: as above."""
    file_format = re.search(r"file format (\S+)", listing)
    if file_format is None or file_format[1] not in BEYOND_THE_FIRST:
        return [f"expected an object for one of {', '.join(BEYOND_THE_FIRST)}"]
    beyond = BEYOND_THE_FIRST[file_format[1]].search(listing)
    if beyond is None:
        return []
    if isa is None:
        return [f"an instruction that not every processor has: {' '.join(beyond[0].split())}"]
    exported = [line.split()[:2] for line in nm_lines]
    found = [f"exports code beside instructions that not every processor has: {name}"
             for name, kind in exported if kind in SYMBOLS_OF_CODE]
    return found + [f"runs by itself: section {name}" for name in RUNS_BY_ITSELF.findall(listing)]


def self_test() -> int:
    good = ["_ZN7tenfold7kernels4avx28add_rowsERNS0_11KernelTableE T 0 10", "DW.ref.__gxx_personality_v0 V 0 8"]
    assert symbol_complaints("avx2", good) == []
    assert len(symbol_complaints("avx512", good)) == 1
    assert len(symbol_complaints("avx2", ["_ZSt3maxIfERKT_S2_S2_ W 0 10"])) == 1
    assert len(symbol_complaints("avx2", ["_ZN7tenfold14quantize_blockEPKf T 0 10"])) == 1
    assert isa_of("x/kernels.dir/avx2/rows.cc.o") == "avx2" and isa_of("avx2/kernels.dir/scalar/rows.cc.o") is None

    x86 = "rows.cc.o:     file format elf64-x86-64\n\nIdx Name          Size\n"
    arm = x86.replace("x86-64", "littleaarch64")
    plain = x86 + " 0:\tf3 0f 6f 06          \tmovdqu (%rsi),%xmm0\n 4:\tb8 c5 00 00 62       \tmov    $0x620000c5,%eax\n"
    for code in ("c5 fa 6f 06          \tvmovdqu (%rsi),%xmm0", "c4 e2 73 f6 c2       \tmulx   %edx,%ecx,%eax",
                 "62 f1 7c 48 10 06    \tvmovups (%rsi),%zmm0", "67 c5 fa 6f 06       \tvmovdqu (%esi),%xmm0"):
        wide = f"{plain} 9:\t{code}\n"
        assert len(instruction_complaints(None, [], wide)) == 1, code
        assert instruction_complaints("avx2", ["_ZN7tenfold7kernels4avx25kRowsE D 0 10"], wide) == []
        assert len(instruction_complaints("avx2", good, wide)) == 1
        assert len(instruction_complaints("avx2", [], wide + "  7 .init_array   00000008  00\n")) == 1
    assert instruction_complaints(None, good, plain) == [] and instruction_complaints("avx2", good, plain) == []
    assert instruction_complaints(None, [], arm + " 0:\t4e829420 \tsdotv\tx0\n 4:\t4e21d400 \tfadd\tv0.4s, v0.4s, v1.4s\n") == []
    for code in ("4e829420 \tsdot\tv0.4s, v1.16b, v2.16b", "4e82a420 \tsmmla\tv0.4s, v1.16b, v2.16b",
                 "04a00000 \tadd\tz0.s, z0.s, z1.s", "a540a000 \tld1w\t{z0.s}, p0/z, [x0]"):
        assert len(instruction_complaints(None, [], f"{arm} 0:\t{code}\n")) == 1, code
    assert len(instruction_complaints(None, [], "rows.cc.o: file format elf32-i386\n")) == 1
    return 0


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def complaints_about(path: str, nm: str, objdump: str) -> list[str]:
    isa = isa_of(path)
    lines = output_of(nm, "--defined-only", "--extern-only", "--format=posix", path).splitlines()
    found = [] if isa is None else symbol_complaints(isa, lines)
    listing = output_of(objdump, "--section-headers", "--disassemble", "--wide", "--insn-width=16", path)
    return found + instruction_complaints(isa, lines, listing)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("objects", nargs="*")
    args = parser.parse_args()
    if args.self_test:
        return self_test()

    n_isa = sum(isa_of(path) is not None for path in args.objects)
    if n_isa == 0:
        print(f"expected objects of at least one of {', '.join(ISAS)}, found none of {len(args.objects)}")
        return 1
    n_bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        checked = pool.map(lambda path: complaints_about(path, args.nm, args.objdump), args.objects)
        for path, found in zip(args.objects, checked):
            n_bad += len(found)
            for complaint in found:
                print(f"{path}: {complaint}")
    print(f"{len(args.objects)} objects checked, {n_isa} of them of an instruction set; {n_bad} complaints")
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
