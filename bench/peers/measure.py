#!/usr/bin/env python3
"""Measures Tenfold beside other engines: the same GGUF files, the same cores, turn by turn.

  bench/peers/setup.sh                                  once: installs the engines, makes the models
  FOLDER/venv/bin/python bench/peers/measure.py --models FOLDER/models [--files q4_0,q4_1] [--threads 2] [--rounds 3]
       [--engines llama.cpp,openvino] [--hogs 0] [--prompt 512] [--gen 128] [--depth 16] [--kv f16]
       [--out bench/baselines/NAME.json]

Every engine runs in a process of its own and the engines take turns (A B A B …); the best round of each figure counts, so
that a passing disturbance does not decide. --hogs N keeps N busy processes beside them. Prints a table for each file; --out
keeps machine, command and every round. Nothing here passes or fails.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

FIGURES = {"prefill_tokens_per_s": max, "decode_tokens_per_s": max, "load_s": min, "peak_rss_bytes": min}
HERE = pathlib.Path(__file__).resolve().parent


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


def best_of(rounds):
    return {figure: best(r[figure] for r in rounds) for figure, best in FIGURES.items()}


def measure_file(model, args):
    rounds = {engine: [] for engine in ["tenfold", *args.engines]}
    for _ in range(args.rounds):
        for engine, done in rounds.items():
            try:
                done.append(run_once(engine, model, args))
            except (RuntimeError, subprocess.TimeoutExpired, ValueError) as failure:
                print(f"{engine}: {failure}", file=sys.stderr)
    best = {engine: best_of(done) for engine, done in rounds.items() if done}
    peers = [figures for engine, figures in best.items() if engine != "tenfold"]
    ratios = {}
    if "tenfold" in best and peers:
        for figure in ["prefill_tokens_per_s", "decode_tokens_per_s"]:
            ratios[figure] = best["tenfold"][figure] / max(p[figure] for p in peers)
    for done in rounds["tenfold"]:
        done.pop("model", None)  # a path of this machine
    return {"file": model.name, "file_bytes": model.stat().st_size, "best": best, "tenfold_over_best_peer": ratios, "rounds": rounds}


def show(result):
    print(f"\n{result['file']}\n{'engine':12} {'prefill':>9} {'decode':>9} {'load s':>8} {'RSS MB':>8}")
    for engine, b in result["best"].items():
        print(f"{engine:12} {b['prefill_tokens_per_s']:9.0f} {b['decode_tokens_per_s']:9.1f} {b['load_s']:8.3f}"
              f" {b['peak_rss_bytes'] / 1e6:8.0f}")
    if ratios := result["tenfold_over_best_peer"]:
        print(f"tenfold / best peer: prefill {ratios['prefill_tokens_per_s']:.2f}, decode {ratios['decode_tokens_per_s']:.2f}", flush=True)


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    family = [next((line.split(":")[1].strip() for line in info if line.startswith(key)), "?") for key in ("cpu family", "model\t")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"processor": f"{model} (family {family[0]}, model {family[1]})", "cores": os.cpu_count(), "memory_bytes": memory,
            "system": f"{platform.system()} {platform.release().split('-')[0]}"}


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
