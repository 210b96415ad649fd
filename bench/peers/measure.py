#!/usr/bin/env python3
"""Measures Tenfold beside other engines: the same GGUF files, the same cores, turn by turn.

  bench/peers/setup.sh                                  once: installs the engines, makes the models
  FOLDER/venv/bin/python bench/peers/measure.py --models FOLDER/models [--files q4_0,q4_1] [--threads 2] [--rounds 3]
       [--engines llama.cpp,openvino] [--hogs 0] [--prompt 512] [--gen 128] [--depth 16] [--kv f16]
       [--out bench/baselines/NAME.json]

Every engine runs in a process of its own and the engines take turns (A B A B …). Of each figure there is the best round, which
a passing disturbance does not touch, and the median. Before and after each turn the machine itself is measured: what it reads
from memory, and how long a cache line takes between two cores. A virtual machine's cores may be moved closer together or
further apart in the middle of it all, which changes what memory gives by half; if that happened, the medians of near and far
moments are given apart, so that no engine wins by a lucky one. --hogs N keeps N busy processes beside them. Prints a table for
each file; --out keeps machine, command and every round. Nothing here passes or fails.
"""
import argparse
import datetime
import json
import os
import pathlib
import math
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from machine import machine  # noqa: E402

FIGURES = {"prefill_tokens_per_s": max, "decode_tokens_per_s": max, "load_s": min, "peak_rss_bytes": min}


def last_json(command):
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800)
    if run.returncode:
        raise RuntimeError(run.stderr.strip()[-400:])
    return json.loads(run.stdout.strip().splitlines()[-1])


def run_once(engine, model, args):
    if engine == "tenfold":
        return last_json([args.tenfold, "bench", "-m", str(model), "--prompt-tokens", str(args.prompt), "--gen-tokens", str(args.gen),
                          "--depth", str(args.depth), "--kv", args.kv, "--threads", str(args.threads), "--repeat", "3", "--json"])
    settings = {"model": str(model), "threads": args.threads, "prompt": args.prompt, "gen": args.gen, "depth": args.depth,
                "kv": args.kv}
    return last_json([sys.executable, str(HERE / "engines.py"), engine, json.dumps(settings)])


def machine_now(args):
    """→ what the machine gives at this moment, with as many threads as the engines have"""
    limits = last_json([args.tenfold, "bench", "--machine", "--threads", str(args.threads), "--json"])
    return {key: limits[key] for key in ["machine_gb_per_s", "core_round_trip_ns"]}


def measure_rounds(model, args):
    """→ {engine: rounds}, each with "moment": the machine before and after it"""
    rounds = {engine: [] for engine in ["tenfold", *args.engines]}
    before = machine_now(args)
    for _ in range(args.rounds):
        for engine, done in rounds.items():
            try:
                figures = run_once(engine, model, args)
            except (RuntimeError, subprocess.TimeoutExpired, ValueError) as failure:
                print(f"{engine}: {failure}", file=sys.stderr)
                continue
            figures.pop("model", None)  # a path of this machine
            after = machine_now(args)
            done.append({**figures, "moment": {key: [before[key], after[key]] for key in after}})
            before = after
    return rounds


def far_from_ns(rounds):
    """→ the round trip between cores from which on a moment is a far one; None if the cores were not moved"""
    trips = [ns for done in rounds.values() for r in done for ns in r["moment"]["core_round_trip_ns"]]
    if not trips or min(trips) <= 0 or max(trips) < 2 * min(trips):
        return None
    return math.sqrt(min(trips) * max(trips))


def in_moment(rounds, far_ns):
    """→ {"near": {engine: rounds}, "far": …}: rounds during which the cores were moved are in neither"""
    sides = {"near": lambda trips: max(trips) < far_ns, "far": lambda trips: min(trips) >= far_ns}
    return {name: {engine: [r for r in done if fits(r["moment"]["core_round_trip_ns"])] for engine, done in rounds.items()}
            for name, fits in sides.items()}


def summary(rounds, choose):
    """→ the figure of each engine that `choose` takes from its rounds, and how Tenfold stands to the best peer"""
    engines = {engine: {figure: choose(figure, [r[figure] for r in done]) for figure in FIGURES}
               for engine, done in rounds.items() if done}
    ratios = {}
    for figure in ["prefill_tokens_per_s", "decode_tokens_per_s"]:
        peers = [figures[figure] for engine, figures in engines.items() if engine != "tenfold"]
        if "tenfold" in engines and peers:
            ratios[figure] = engines["tenfold"][figure] / max(peers)
    return {"engines": engines, "tenfold_over_best_peer": ratios}


def measure_file(model, args):
    rounds = measure_rounds(model, args)
    summaries = {"best": summary(rounds, lambda figure, values: FIGURES[figure](values)),
                 "median": summary(rounds, lambda _, values: statistics.median(values))}
    if far_ns := far_from_ns(rounds):
        for name, some in in_moment(rounds, far_ns).items():
            summaries[f"median of {name} moments"] = summary(some, lambda _, values: statistics.median(values))
    return {"file": model.name, "file_bytes": model.stat().st_size, "summaries": summaries, "rounds": rounds}


def show_moments(rounds):
    for key, unit in [("machine_gb_per_s", "GB/s from memory"), ("core_round_trip_ns", "ns between cores")]:
        values = [value for done in rounds.values() for r in done for value in r["moment"][key]]
        if values:
            print(f"machine: {min(values):.1f} to {max(values):.1f} {unit}, median {statistics.median(values):.1f}")


def show(result):
    print(f"\n{result['file']}")
    show_moments(result["rounds"])
    for name, found in result["summaries"].items():
        print(f"{name:26} {'prefill':>9} {'decode':>9} {'load s':>8} {'RSS MB':>8}")
        for engine, b in found["engines"].items():
            print(f"  {engine:24} {b['prefill_tokens_per_s']:9.0f} {b['decode_tokens_per_s']:9.1f} {b['load_s']:8.3f}"
                  f" {b['peak_rss_bytes'] / 1e6:8.0f}")
        if ratios := found["tenfold_over_best_peer"]:
            print(f"  tenfold / best peer: prefill {ratios['prefill_tokens_per_s']:.2f}, "
                  f"decode {ratios['decode_tokens_per_s']:.2f}", flush=True)


def commit():
    run = subprocess.run(["git", "-C", str(HERE), "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True)
    return run.stdout.strip() or "unknown"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True, type=pathlib.Path, help="folder of smol-*.gguf")
    parser.add_argument("--files", default="q4_0,q4_1", help="which of them, by the part after smol-")
    parser.add_argument("--tenfold", default="build/release/tenfold")
    parser.add_argument("--engines", default="llama.cpp,openvino")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hogs", type=int, default=0)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--gen", type=int, default=128)
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--kv", choices=["f16", "q8_0"], default="f16")
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    args.engines = [engine for engine in args.engines.split(",") if engine]
    return args


def main():
    args = parse_arguments()
    settings = {key: getattr(args, key) for key in ["threads", "rounds", "hogs", "prompt", "gen", "depth", "kv"]}
    report = {"machine": machine(), "date": datetime.date.today().isoformat(), "commit": commit(), "settings": settings,
              "command": "measure.py --files {} --engines {} ".format(args.files, ",".join(args.engines))
              + " ".join(f"--{key} {value}" for key, value in settings.items()), "results": []}
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(args.hogs)]
    try:
        for name in args.files.split(","):
            report["results"].append(measure_file(args.models / f"smol-{name}.gguf", args))
            show(report["results"][-1])
    finally:
        for hog in hogs:
            hog.kill()
    if args.out:
        args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
