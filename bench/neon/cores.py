"""What a core issues in a cycle, and on which of its pipes an instruction runs.

The facts are those of Arm's Software Optimization Guides. Neoverse N1, V1 and V2 are the Cortex-A76, X1 and X3 for servers, and
LLVM's models of those three follow their guides table by table; the figures here were taken from there, since llvm-mca's
cortex-a76, cortex-x2 and cortex-x3 are models of other cores under these names. LLVM lists scvtf with a fraction on every
pipe; the guides have one row for both, so here it is a conversion like the other.
"""
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Core:
    name: str
    variants: tuple  # of the kernels that it runs
    width: int  # instructions that the front end hands on in a cycle
    pipes: dict  # group of pipes → the pipes
    micro_ops: dict  # class of instructions → groups of pipes, one entry for each micro-op
    sources: tuple  # of these figures


# Classes that every core runs on the pipes of the same letters.
COMMON = {
    "dot": ["V"], "logic": ["V"], "float": ["V"], "add across pairs": ["V"],
    "load": ["L"], "load pair": ["L", "L"], "load and spread": ["L", "V"], "load 4": ["L"] * 3 + ["V"] * 4,
    "to vector": ["M"], "integer": ["I"], "branch": ["B"],
}

CORES = [
    Core("cortex-a76", ("dotprod", "plain", "attention"), 4,
         {"V": ("V0", "V1"), "V0": ("V0",), "V1": ("V1",),
          "L": ("L0", "L1"), "I": ("S0", "S1", "M"), "M": ("M",), "B": ("B",)},
         COMMON | {"shift": ["V1"], "multiply long": ["V0"], "accumulate pairs": ["V1"], "convert": ["V0", "V0"],
                   "table": ["V"], "store": ["L", "L", "V", "V"], "store pair": ["L"] * 4 + ["V"] * 2},
         ("pipes: Arm Neoverse N1 Software Optimization Guide, as quoted by LLVM 19's AArch64SchedNeoverseN1.td",
          "4 instructions a cycle: techarx.com/cortex-a76-in-depth, after Arm's presentation")),
    Core("cortex-x2, cortex-x3", ("i8mm", "dotprod", "plain", "attention"), 8,
         {"V": ("V0", "V1", "V2", "V3"), "V02": ("V0", "V2"), "V13": ("V1", "V3"), "V01": ("V0", "V1"),
          "L": ("L0", "L1", "L2"), "L01": ("L0", "L1"), "I": ("S0", "S1", "M0", "M1"), "M": ("M0",), "B": ("B0", "B1")},
         COMMON | {"shift": ["V13"], "multiply long": ["V02"], "accumulate pairs": ["V13"], "convert": ["V02", "V02"],
                   "table": ["V01"], "store": ["L01", "V01"], "store pair": ["L01", "V01", "V01"]},
         ("pipes: Arm Neoverse V1 (Cortex-X1) and V2 (Cortex-X3) Software Optimization Guides, as quoted by LLVM 19's "
          "AArch64SchedNeoverseV1.td and V2.td, which agree but for tbl (two micro-ops on V1); the X2 lies between",
          "8 macro-operations a cycle out of their macro-operation cache: assumed, not checked against a guide; "
          "no loop is bound by it")),
]

# Multiply-accumulates in one instruction: of 8-bit codes, and of floats.
CODE_MACS = {"sdot": 16, "udot": 16, "smmla": 32, "usmmla": 32, "smull": 8, "smlal": 8}
FLOAT_MACS = {"fmla": 4}

CLASSES = [(re.compile(pattern), name) for pattern, name in (
    (r"(sdot|udot|usdot|smmla|usmmla|ummla) v", "dot"),
    (r"[su](mull|mlal)2? v", "multiply long"),
    (r"[su]adalp v", "accumulate pairs"),
    (r"addp v", "add across pairs"), (r"[su]addw2? v", "logic"),
    (r"([su]?shll?2?|[su]shr|sxtl2?|uxtl2?|shrn2?|xtn2?|[su]?sra|sli|sri|saddlv) v", "shift"),
    (r"(scvtf|ucvtf|fcvt[a-z]*2?) [vsd]", "convert"),
    (r"tbl v", "table"),
    (r"(fml[as]|fmul|fadd|fsub|fneg|fabs|fmax(nm)?v?|fmin(nm)?v?|fmadd) [vsd]", "float"),
    (r"ld4 ", "load 4"),
    (r"(ld1r|ld1) \{ v[0-9]+\.[0-9]*[bhsd] \}(\[[0-9]+\])?,", "load and spread"),
    (r"ldp [qd]", "load pair"), (r"stp q", "store pair"), (r"(ld|prf)", "load"), (r"st", "store"),
    (r"(b|cbz|cbnz|tbz|tbnz|b\.[a-z]+|ret|bl) ", "branch"),
    (r"[a-z]+ [vsd][0-9.bhsd\[\]]+, [wx]", "to vector"),
    (r"[a-z0-9]+ (v[0-9]+\.|[dsq][0-9]+, v)", "logic"),  # and orr eor bic bsl bit bif mov movi dup ins zip uzp trn ext
    (r"[a-z0-9]+ [wx]", "integer"), (r"(nop|cmp|ccmp|tst)", "integer"),
)]


def class_of(instruction):
    for pattern, name in CLASSES:
        if pattern.match(instruction):
            return name
    raise ValueError(f"no class for instruction '{instruction}'; add it to CLASSES")


def macs_of(instruction, kind):
    """→ multiply-accumulates of this kind that it does, 0 for all others"""
    return kind.get(instruction.split()[0].removesuffix("2"), 0)


def bound(core, instructions):
    """→ (least cycles for them, what it is that takes that long): no set of pipes can take more than one micro-op each."""
    work = {}
    for instruction in instructions:
        for group in core.micro_ops[class_of(instruction)]:
            pipes = frozenset(core.pipes[group])
            work[pipes] = work.get(pipes, 0) + 1
    cycles, limit = len(instructions) / core.width, "front end"
    unions = set(work)
    for pipes in work:
        unions |= {pipes | other for other in unions}
    for union in unions:
        needed = sum(count for pipes, count in work.items() if pipes <= union) / len(union)
        if needed > cycles:
            named = [group for group, pipes in core.pipes.items() if union == set(pipes)]
            cycles, limit = needed, named[0] if named else "+".join(sorted(union))
    return cycles, limit


def peak(core, instructions, kind):
    """→ multiply-accumulates in a cycle if there were nothing but those of the loop"""
    best = max(instructions, key=lambda i: macs_of(i, kind))
    return macs_of(best, kind) * len(core.pipes[core.micro_ops[class_of(best)][0]])
