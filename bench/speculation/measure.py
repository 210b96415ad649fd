#!/usr/bin/env python3
"""Measures what speculative decoding gains and costs: the same answers with and without it, turn by turn.

  bench/speculation/measure.py -m model.gguf [--draft small.gguf] [--tenfold build/release/tenfold] [--threads 2]
       [--rounds 5] [--out bench/baselines/NAME.json]

The tasks are the files beside this script: one that copies what it was given with a small change, one that writes freely,
greedily and sampled with a fixed seed in two ways. Runs with and without take turns; the median of the rounds counts, and both must
have said the same tokens. --out keeps machine, command and every round. No speed passes or fails.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from machine import machine  # noqa: E402

TASKS = {
    "copy": ["--file", str(HERE / "copy.txt"), "--temp", "0", "-n", "400"],
    "prose": ["--file", str(HERE / "prose.txt"), "--temp", "0", "-n", "256"],
    "prose, sampled": ["--file", str(HERE / "prose.txt"), "--temp", "0.8", "--seed", "1", "-n", "256"],
    # Nothing is cut off the distribution, so a small model hardly repeats itself: what drafting costs where it cannot gain.
    "prose, wild": ["--file", str(HERE / "prose.txt"), "--temp", "1", "--top-k", "0", "--top-p", "1", "--min-p", "0",
                    "--seed", "1", "-n", "256"],
}


def answer(args, task, *flags):
    command = [args.tenfold, "run", "-m", args.model, "--threads", str(args.threads), "--json", *TASKS[task], *flags]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    if run.returncode:
        sys.exit(run.stderr.strip())
    return json.loads(run.stdout)


def measure(args, task):
    draft = ["--draft", args.draft] if args.draft else []
    plain, ahead = [], []
    for _ in range(args.rounds):
        plain.append(answer(args, task, "--no-speculation"))
        ahead.append(answer(args, task, *draft))
        if plain[-1]["tokens"] != ahead[-1]["tokens"]:
            sys.exit(f"{task}: the answers differ")
    speeds = {name: [run["timings"]["decode_tokens_per_s"] for run in runs] for name, runs in [("plain", plain), ("ahead", ahead)]}
    median = {name: statistics.median(values) for name, values in speeds.items()}
    return {"task": task, "tokens": len(plain[0]["tokens"]), **ahead[0]["speculation"], "plain_tokens_per_s": median["plain"],
            "ahead_tokens_per_s": median["ahead"], "factor": median["ahead"] / median["plain"], "rounds": speeds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("--draft")
    parser.add_argument("--tenfold", default="build/release/tenfold")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()

    results = [measure(args, task) for task in TASKS]
    print(f"{'task':16} {'tokens':>6} {'drafted':>8} {'accepted':>8} {'plain':>9} {'ahead':>9}  factor   (tok/s)")
    for r in results:
        print(f"{r['task']:16} {r['tokens']:6} {r['drafted']:8} {r['accepted']:8} {r['plain_tokens_per_s']:9.1f} "
              f"{r['ahead_tokens_per_s']:9.1f}  {r['factor']:.2f}")
    if args.out:
        command = ["measure.py", "-m", os.path.basename(args.model), "--threads", str(args.threads), "--rounds", str(args.rounds)]
        if args.draft:
            command += ["--draft", os.path.basename(args.draft)]
        report = {"machine": machine(), "date": datetime.date.today().isoformat(), "command": " ".join(command), "results": results}
        args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
