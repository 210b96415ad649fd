#!/usr/bin/env python3
"""Runs llama.cpp on the tiny models of tests/data/models and compares it with their goldens: a second opinion on the files.

  python3 -m venv V && V/bin/pip install numpy llama-cpp-python==0.3.36
  V/bin/python tools/check_goldens_with_llama_cpp.py [DIR]

Prints NMSE and the greedy ids' agreement for each model. llama.cpp rounds activations (to 8 bits for quantised weights, to
the weights' type for F16 and BF16), so only F32 files come close; and it ignores attention.sliding_window for the llama
architecture, so the windowed model may agree only up to the window. Exit 1 if a file does not load or agrees worse than that.
"""
import json
import pathlib
import sys

import numpy as np

from llama_cpp_logits import Model

LIMITS = {"f32": 1e-9, "f16": 1e-5, "bf16": 1e-3}
WINDOW = 24


def check(path):
    golden = json.loads(path.with_suffix(".json").read_text())
    want = np.load(path.with_suffix(".npy"))
    model = Model(path)
    ids_ok = model.tokenize(golden["prompt_text"]) == golden["prompt"]
    rows = model.logits(golden["prompt"])[golden["first_position"]:]
    n = WINDOW if "window" in path.stem else len(want)
    nmse = float(np.mean((rows[:n] - want[:n]) ** 2.0) / np.var(want[:n]))
    ids = list(golden["prompt"])
    for _ in golden["greedy"]:
        ids.append(int(model.logits(ids)[-1].argmax()))
    same = sum(a == b for a, b in zip(ids[len(golden["prompt"]):], golden["greedy"]))
    limit = LIMITS.get(path.stem.rsplit("-", 1)[-1], 1e-2)
    ok = ids_ok and nmse <= limit
    print(f"{path.stem:26} rows {n:2}  NMSE {nmse:.1e} (limit {limit:.0e})  max |d| {np.abs(rows[:n] - want[:n]).max():.1e}"
          f"  greedy {same}/{len(golden['greedy'])}  ids {'same' if ids_ok else 'DIFFER'}  {'ok' if ok else 'FAILED'}")
    return ok


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data/models")
    results = [check(p) for p in sorted(folder.glob("*.gguf"))]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
