#!/usr/bin/env python3
"""Estimates how fast the inner loops of the NEON kernels run, from their instructions alone: no such processor is needed.

  bench/neon/estimate.py [--build build/arm64] [--types Q4_0,Q8_0,…] [--json FILE] [--before FILE]

Build the preset arm64 first. Finds, in each kernel, the innermost loops that multiply; for each it gives cycles of one pass
  - for the cores of cores.py, as what their busiest pipes take at least;
  - from llvm-mca's models of Neoverse N1 and V2, the server kin of the Cortex-A76 and X3, over 200 passes,
and from them the share of the core's peak for such instructions, and bytes of weights a cycle. Everything is taken to be in
the first cache, and no branch to be mispredicted. README.md beside this file says what the figures mean.
"""
import argparse
import datetime
import json
import pathlib
import re
import subprocess
import sys

import cores

ROOT = pathlib.Path(__file__).resolve().parents[2]
OBJECTS = "src/kernels/CMakeFiles/tenfold_kernels.dir/neon"
PANEL_ELEMS = 8 * 32  # weights of one block of a panel

# Bytes of a block of a panel, its part of the unit's header included (src/kernels/neon/panel_layout.h).
BLOCK_BYTES = {"Q4_0": 144, "Q4_1": 160, "Q5_0": 176, "Q5_1": 192, "Q8_0": 272, "Q2_K": 84, "Q3_K": 114, "Q4_K": 148,
               "Q5_K": 180, "Q6_K": 210, "IQ4_NL": 144, "IQ4_XS": 138}
MCA = ["llvm-mca-19", "-mtriple=aarch64", "-mattr=+dotprod,+i8mm,+fullfp16", "-iterations=200"]
MCA_CORES = ["neoverse-n1", "neoverse-v2"]


def output_of(command, text=None):
    try:
        run = subprocess.run(command, input=text, capture_output=True, text=True)
    except FileNotFoundError:
        sys.exit(f"{command[0]} is missing; apt-get install llvm-19")
    if run.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {run.stderr.strip()}")
    return run.stdout


def dtype_names():
    """→ {number: "Q4_0"}"""
    text = (ROOT / "src/tensor/dtype.h").read_text()
    names = re.findall(r"\bk(\w+)", re.search(r"enum class DType[^{]*\{(.*?)\}", text, re.S)[1])
    return dict(enumerate(names))


def functions(path):
    """→ {demangled name: [(address, instruction)]}"""
    found, body = {}, []
    for line in output_of(["llvm-objdump-19", "-d", "--no-show-raw-insn", "--demangle", str(path)]).splitlines():
        if head := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            name = head[1].replace("tenfold::kernels::neon::(anonymous namespace)::", "").replace("tenfold::", "")
            body = found.setdefault(name, [])
        elif row := re.match(r"\s*([0-9a-f]+):\s+(.*)", line):
            text = re.sub(r"\s*(//.*|<.*>)$", "", row[2])
            body.append((int(row[1], 16), " ".join(text.split())))
    return found


def innermost_loops(body, wanted):
    """→ [instructions] of the loops with a wanted one in them and no such loop inside"""
    spans = []
    index_of = {address: i for i, (address, _) in enumerate(body)}
    for i, (_, text) in enumerate(body):
        target = re.match(r"(?:b(?:\.\w+)?|cbn?z \w+,|tbn?z \w+, #0x\w+,) 0x([0-9a-f]+)$", text)
        first = index_of.get(int(target[1], 16), i + 1) if target else i + 1
        if first <= i and any(wanted(t) for _, t in body[first:i + 1]):
            spans.append((first, i))
    inner = [s for s in spans if not any(o != s and s[0] <= o[0] and o[1] <= s[1] for o in spans)]
    return [[text for _, text in body[first:last + 1]] for first, last in sorted(inner)]


def mca_cycles(core, loop):
    # Its model lets scvtf with a fraction run on every pipe; the guide makes no difference.
    text = [re.sub(r"^(scvtf .*), #0x\w+$", r"\1", i) for i in loop if cores.class_of(i) != "branch"]
    report = output_of([*MCA, f"-mcpu={core}"], "\n".join(text))
    return int(re.search(r"Total Cycles:\s+(\d+)", report)[1]) / 200


def estimate(loop, variant, kind, weight_bytes_per_mac=None):
    macs = sum(cores.macs_of(i, kind) for i in loop)
    result = {"instructions": len(loop), "macs": macs, "stack_accesses": sum("[sp" in i for i in loop), "cores": {}}
    for core, mca_core in zip(cores.CORES, MCA_CORES):
        if variant not in core.variants:
            continue
        least, limit = cores.bound(core, loop)
        for name, cycles in (core.name, least), (f"{mca_core} (llvm-mca)", mca_cycles(mca_core, loop)):
            result["cores"][name] = at = {
                "cycles": round(cycles, 2), "macs_per_cycle": round(macs / cycles, 1),
                "share_of_peak": round(macs / cycles / cores.peak(core, loop, kind), 3)}
            if weight_bytes_per_mac:
                at["weight_bytes_per_cycle"] = round(macs / cycles * weight_bytes_per_mac, 1)
        result["cores"][core.name]["limit"] = limit
    return result


def loops_of(functions, name_of, kind):
    """yields (name, loop); name_of(function) → the name, or None for functions that are not wanted"""
    for function, body in functions.items():
        if name := name_of(function):
            for number, loop in enumerate(innermost_loops(body, lambda i: cores.macs_of(i, kind))):
                yield name + f" ({number + 1})" * (number > 0), loop


def mat_mul_loops(path, variant, types):
    """→ {name: estimate} of the products with one or four tokens, from packed weights, and of the tiles of many tokens"""
    names, packed = dtype_names(), {}

    def name_of(function):
        if few := re.match(r"void mat_mul_(?:one<\w+, |tile<\w+, PanelUnit<)\(DType\)(\d+)>(?:, (4)>)?\(", function):
            dtype, tokens = names[int(few[1])], int(few[2] or 1)
            name = f"{dtype}, {tokens} token{'s' * (tokens > 1)}"
            packed[name] = BLOCK_BYTES[dtype] / (PANEL_ELEMS * tokens)
            return name if dtype in types else None
        if many := re.match(r"void mat_mul_tile<\w+, UnpackedBlock<\w+, (\d), (\w+)>, ([24])>", function):
            scales = {"1": "a scale for 32", "2": "a scale for 16"}[many[1]]
            return f"tile of {many[3]} tokens, {scales}{', a minimum' * (many[2] == 'true')}"
        return None

    loops = loops_of(functions(path), name_of, cores.CODE_MACS)
    return {name: estimate(loop, variant, cores.CODE_MACS, packed.get(name)) for name, loop in loops}


def attention_loops(path):
    names = {"add_scores": "scores", "weigh": "values"}

    def name_of(function):
        found = re.match(r"void (add_scores|weigh)<(\d)>", function)
        return found and f"{names[found[1]]} of {found[2]} quer{'y' if found[2] == '1' else 'ies'}"

    loops = loops_of(functions(path), name_of, cores.FLOAT_MACS)
    return {name: estimate(loop, "attention", cores.FLOAT_MACS) for name, loop in loops}


def about(build):
    """→ what was estimated, and with what"""
    compiler = re.search(rb"GCC: \([^)]*\) [\d.]+|clang version [^\0]*", (build / OBJECTS / "attention.cc.o").read_bytes())
    return {
        "date": datetime.date.today().isoformat(),
        "commit": output_of(["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]).strip(),
        "compiler": compiler[0].decode(),
        "tool": re.search(r"LLVM version.*", output_of(["llvm-mca-19", "--version"]))[0],
        "command": " ".join([*MCA, "-mcpu=" + "|".join(MCA_CORES)]),
        "sources": {core.name: core.sources for core in cores.CORES},
    }


def table(results, before):
    rows = []
    for variant, loops in results.items():
        heads = list(next(iter(loops.values()))["cores"])
        rows += [f"\n{variant}", "", "| loop | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
        for name, loop in loops.items():
            cells = []
            for core in heads:
                at, old = loop["cores"][core], before.get(variant, {}).get(name, {}).get("cores", {}).get(core)
                cell = f"{at['cycles']:g}" if not old else f"{old['cycles']:g} → {at['cycles']:g}"
                cell += f", {at['share_of_peak']:.0%}"
                if "weight_bytes_per_cycle" in at:
                    cell += f", {at['weight_bytes_per_cycle']:g} B"
                cells.append(cell + (f" ({at['limit']})" if "limit" in at else ""))
            stack = f" ({loop['stack_accesses']} to the stack)" if loop["stack_accesses"] else ""
            rows.append(f"| {name}{stack} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def as_json(result):
    """→ its text with one line for each loop"""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    return re.sub(r"\n {4,}|\n   (?=\})", " ", text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/arm64", help="folder of the preset arm64")
    parser.add_argument("--types", default=",".join(BLOCK_BYTES), help="of the loops that read packed weights")
    parser.add_argument("--json", type=pathlib.Path, help="write the result there")
    parser.add_argument("--before", type=pathlib.Path, help="an older result to put beside this one")
    args = parser.parse_args()
    folder = args.build / OBJECTS
    results = {}
    for variant in ("i8mm", "dotprod", "plain"):
        loops = mat_mul_loops(folder / f"mat_mul_{variant}.cc.o", variant, args.types.split(","))
        results[variant] = dict(sorted(loops.items()))
    results["attention"] = attention_loops(folder / "attention.cc.o")
    before = json.loads(args.before.read_text())["results"] if args.before else {}
    print(table(results, before))
    if args.json:
        args.json.write_text(as_json({**about(args.build), "results": results}))


if __name__ == "__main__":
    main()
