#!/usr/bin/env python3
"""Greedy answers of `tenfold run --precision exact` beside llama.cpp's on the same weights de-quantised to F32.

  python3 -m venv V && V/bin/pip install numpy llama-cpp-python==0.3.36
  V/bin/python tools/compare_greedy_with_llama_cpp.py MODEL.gguf [--program build/release/tenfold] [-n 32]

llama.cpp runs with an F32 cache and without flash attention. Exit 1 if any token differs; the margin printed there is how
far llama.cpp's own first choice was from its second.
"""
import argparse
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile

import llama_cpp

from llama_cpp_logits import Model

PROMPTS = ["The capital of France is", "Once upon a time there was a miller who", "To make a good cup of tea you",
           "def fibonacci(n):\n", "1, 2, 4, 8, 16,"]


def to_f32(path, out):
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = 0
    params.allow_requantize = True
    if llama_cpp.llama_model_quantize(str(path).encode(), str(out).encode(), ctypes.byref(params)) != 0:
        raise SystemExit(f"{path}: llama.cpp cannot de-quantise it")


def reference(model, ids, n):
    answer, margins = [], []
    for _ in range(n):
        row = model.logits(ids + answer)[-1]
        second, first = sorted(row)[-2:]
        answer.append(int(row.argmax()))
        margins.append(float(first - second))
    return answer, margins


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/tenfold")
    parser.add_argument("-n", type=int, default=32)
    args = parser.parse_args()
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        f32 = pathlib.Path(folder) / "f32.gguf"
        to_f32(args.model, f32)
        theirs = Model(f32)
        for prompt in PROMPTS:
            ours = json.loads(subprocess.run(
                [args.program, "run", "-m", args.model, "--raw", "-p", prompt, "--temp", "0", "-n", str(args.n),
                 "--precision", "exact", "--json", "--no-cache"], check=True, stdin=subprocess.DEVNULL,
                capture_output=True).stdout)
            answer, margins = reference(theirs, ours["prompt_tokens"], len(ours["tokens"]))
            same = next((i for i, (a, b) in enumerate(zip(ours["tokens"], answer)) if a != b), len(answer))
            differing += same < len(answer)
            note = f"  margin there {margins[same]:.1e}" if same < len(answer) else ""
            print(f"{same:3} of {len(answer)} tokens the same  least margin {min(margins):.1e}{note}  {ours['text'][:60]!r}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
