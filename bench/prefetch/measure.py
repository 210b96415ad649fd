#!/usr/bin/env python3
"""Measures how far ahead of the loads decoding should ask for memory on this machine.

  bench/prefetch/measure.py -m MODEL… [--bytes 0,1024,4096,8192] [--threads 1,2] [--rounds 3] [--gen 64]
       [--out bench/baselines/prefetch-NAME.json]

The distances take turns, each in a process of its own (TENFOLD_PREFETCH_BYTES). Prints the median of each, its range, and how it
stands to the first distance; --out keeps every round. What src/kernels/select.cc chooses by the processor's maker comes from here.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from machine import machine  # noqa: E402


def decode_rounds(args, model, threads, distance):
    """→ tokens a second of each round"""
    command = [args.tenfold, "bench", "-m", str(model), "--prompt-tokens", "16", "--gen-tokens", str(args.gen), "--threads",
               str(threads), "--repeat", "3", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=True,
                         env={**os.environ, "TENFOLD_PREFETCH_BYTES": str(distance)})
    return [r["decode_tokens_per_s"] for r in json.loads(run.stdout)["rounds"]]


def measure(args, model, threads):
    rounds = {distance: [] for distance in args.bytes}
    for i in range(args.rounds):
        for distance in args.bytes if i % 2 == 0 else reversed(args.bytes):
            rounds[distance] += decode_rounds(args, model, threads, distance)
    return {"model": model.name, "threads": threads, "decode_tokens_per_s": rounds}


def show(result):
    rounds = result["decode_tokens_per_s"]
    first = statistics.median(next(iter(rounds.values())))
    print(f"\n{result['model']}, {result['threads']} thread{'s' * (result['threads'] > 1)}")
    for distance, values in rounds.items():
        median = statistics.median(values)
        print(f"{distance:8} bytes {median:8.1f} tok/s, {min(values):.1f} to {max(values):.1f}   {median / first:.2f} x", flush=True)


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--models", nargs="+", required=True, type=pathlib.Path)
    parser.add_argument("--bytes", type=numbers, default=[0, 1024, 4096, 8192])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gen", type=int, default=64)
    parser.add_argument("--tenfold", default="build/release/tenfold")
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    results = []
    for model in args.models:
        for threads in args.threads:
            results.append(measure(args, model, threads))
            show(results[-1])
    if args.out:
        report = {"machine": machine(), "date": datetime.date.today().isoformat(), "results": results}
        args.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
