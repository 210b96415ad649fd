#!/usr/bin/env python3
"""The program on another processor: it starts, says which kernels it takes, and answers as it must.

    program_test.py ISA PROGRAM SOURCE_DIR EMULATOR [FLAG…]

ISA is the best that the emulated processor can run. Exit status 0 if all is as expected.
"""

import json
import os
import pathlib
import subprocess
import sys


def run(command, isa=None):
    environment = dict(os.environ)
    environment.pop("TENFOLD_FORCE_ISA", None)
    if isa is not None:
        environment["TENFOLD_FORCE_ISA"] = isa
    return subprocess.run(command, capture_output=True, timeout=240, env=environment)


def output(command, isa=None):
    done = run(command, isa)
    if done.returncode != 0:
        sys.exit(f"{command}: exit status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def expect(condition, message):
    if not condition:
        sys.exit(f"expected {message}")


def main():
    isa, program, source_dir, *emulator = sys.argv[1:]
    models = pathlib.Path(source_dir) / "tests" / "data" / "models"
    model, golden = str(models / "llama-q4_0.gguf"), json.loads((models / "llama-q4_0.json").read_text())
    emulated = [*emulator, program]

    plan = output([*emulated, "inspect", model, "--plan"])
    expect(f" stages on {isa}, " in plan, f"a plan for {isa}, found {plan[:200]!r}")
    greedy = ["run", "-m", model, "--raw", "-p", golden["prompt_text"], "--temp", "0", "--ignore-eos", "--json",
              "-n", str(len(golden["greedy"]))]
    exact = json.loads(output([*emulated, *greedy, "--precision", "exact"]))
    expect(exact["tokens"] == golden["greedy"], f"exact: the tokens {golden['greedy']}, found {exact['tokens']}")

    fast = json.loads(output([*emulated, *greedy]))
    here = run([program, *greedy], isa)
    if here.returncode == 0:
        expected = json.loads(here.stdout)["tokens"]
        expect(fast["tokens"] == expected, f"fast: the tokens {expected} that {isa} gives here, found {fast['tokens']}")
    else:
        expect(b"instruction set" in here.stderr, f"that this machine has no {isa}, found {here.stderr!r}")
    output([*emulated, *greedy], "scalar")


if __name__ == "__main__":
    main()
