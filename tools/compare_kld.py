#!/usr/bin/env python3
"""What 8-bit activations cost: KL divergence of fast from exact logits, for Tenfold and for llama.cpp, on one text and file.

  python3 -m venv V && V/bin/pip install numpy llama-cpp-python==0.3.36
  V/bin/python tools/compare_kld.py -m MODEL.gguf [--text tests/data/evaluation.txt] [--tenfold build/release/tenfold]
                                    [--peer PEER.json] [--peer-only]

The text is cut into windows of 512 tokens; the second half of each is scored (256 positions). Tenfold: `--precision fast` against
`--precision exact`. llama.cpp: the file as it is (F16 cache, flash attention) against its own F32 de-quantisation of the file
(F32 cache, none). Passes if Tenfold's mean KL is at most 1.15 times llama.cpp's and its share of equal top tokens at most 0.5
points lower, and if an 8-bit KV cache adds at most 0.001 to the mean KL. llama.cpp's figures are kept in PEER.json and measured
only if that is not there or is of another file or text.
"""
import argparse
import ctypes
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

WINDOW, SCORED = 512, 256
KL_FACTOR, TOP_POINTS, Q8_CACHE_KL = 1.15, 0.5, 0.001


def log_softmax(rows):
    rows = rows.astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


def divergence(exact, fast):
    """→ (KL(exact‖fast) of each scored position, whether the top token is the same)."""
    kl, same = [], []
    for begin in range(WINDOW - SCORED, WINDOW, 64):  # in parts: F64 rows of a whole vocabulary are big
        p, q = log_softmax(exact[begin:begin + 64]), log_softmax(fast[begin:begin + 64])
        kl.append((np.exp(p) * (p - q)).sum(axis=1))
        same.append(p.argmax(axis=1) == q.argmax(axis=1))
    return np.concatenate(kl), np.concatenate(same)


def summary(divergences):
    kl, same = (np.concatenate(x) for x in zip(*divergences))
    return {"positions": len(kl), "mean_kl": float(kl.mean()), "standard_error": float(kl.std() / np.sqrt(len(kl))),
            "median_kl": float(np.median(kl)), "kl_99": float(np.quantile(kl, 0.99)), "same_top_percent": float(same.mean() * 100)}


def cut(ids):
    windows = [ids[i:i + WINDOW] for i in range(0, len(ids) - WINDOW + 1, WINDOW)]
    if not windows:
        raise SystemExit(f"the text has {len(ids)} tokens; at least {WINDOW} are needed")
    return windows


def llama_cpp_figures(model, text):
    import llama_cpp
    from llama_cpp_logits import F16, F32, Model
    with tempfile.NamedTemporaryFile(suffix=".gguf") as exact_file:
        params = llama_cpp.llama_model_quantize_default_params()
        params.ftype, params.allow_requantize = 0, True  # all F32: the exact de-quantisation
        if llama_cpp.llama_model_quantize(model.encode(), exact_file.name.encode(), ctypes.byref(params)) != 0:
            raise SystemExit(f"llama.cpp could not de-quantise {model}")
        exact = Model(exact_file.name, n_ctx=WINDOW, kv=F32)
        fast = Model(model, n_ctx=WINDOW, kv=F16, flash_attn=True)
        windows = cut(exact.tokenize(text))
        return summary([divergence(exact.logits(w), fast.logits(w)) for w in windows])


def tenfold_figures(program, model, text):
    """→ figures with the usual KV cache, and with an 8-bit one."""
    def tenfold(*args, **kwargs):
        run = subprocess.run([program, *args], capture_output=True, text=True, timeout=900, **kwargs)
        if run.returncode:
            raise SystemExit(f"{program} {args[0]} ended with {run.returncode}: {run.stderr.strip()[-400:]}")
        return run.stdout

    def logits(window, name, *flags):
        out = f"{folder}/{name}.npy"
        tenfold("logits", "-m", model, "--tokens", " ".join(map(str, window)), "--all", *flags, "--out", out)
        rows = np.load(out)
        if rows.shape[0] != WINDOW:
            raise SystemExit(f"logits: expected {WINDOW} rows, found {rows.shape}")
        return rows

    windows = cut([int(i) for i in tenfold("tokenize", "-m", model, input=text).split()])
    fast, q8_cache = [], []
    with tempfile.TemporaryDirectory() as folder:
        for window in windows:
            exact = logits(window, "exact", "--precision", "exact")
            fast.append(divergence(exact, logits(window, "fast", "--precision", "fast")))
            q8_cache.append(divergence(exact, logits(window, "q8_cache", "--precision", "fast", "--kv", "q8_0")))
    return summary(fast), summary(q8_cache)


def key_of(model, text):
    with open(model, "rb") as file:
        return {"model_sha256": hashlib.file_digest(file, "sha256").hexdigest(),
                "text_sha256": hashlib.sha256(text.encode()).hexdigest()}


def peer_figures(args, text):
    key = key_of(args.model, text)
    if args.peer and args.peer.exists():
        kept = json.loads(args.peer.read_text())
        if all(kept.get(k) == v for k, v in key.items()):
            return kept["llama.cpp"]
    measured = llama_cpp_figures(args.model, text)
    if args.peer:
        args.peer.write_text(json.dumps({**key, "llama.cpp": measured}, indent=1) + "\n")
    return measured


def show(name, f):
    print(f"{name:10} {f['positions']:9} {f['mean_kl']:9.6f} ± {f['standard_error']:.6f} {f['median_kl']:10.6f} {f['kl_99']:9.5f}"
          f" {f['same_top_percent']:10.2f} %", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("--text", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "tests/data/evaluation.txt")
    parser.add_argument("--tenfold", default="build/release/tenfold")
    parser.add_argument("--peer", type=pathlib.Path)
    parser.add_argument("--peer-only", action="store_true")
    args = parser.parse_args()
    text = args.text.read_text(encoding="utf-8")
    print(f"{'':10} {'positions':>9} {'mean KL':>20} {'median':>10} {'99 %':>9} {'same top-1':>12}")
    peer = peer_figures(args, text)
    show("llama.cpp", peer)
    if args.peer_only:
        return 0
    ours, with_q8_cache = tenfold_figures(args.tenfold, args.model, text)
    show("tenfold", ours)
    show("… KV q8_0", with_q8_cache)
    kl_ok = ours["mean_kl"] <= KL_FACTOR * peer["mean_kl"]
    top_ok = ours["same_top_percent"] >= peer["same_top_percent"] - TOP_POINTS
    print(f"mean KL {ours['mean_kl'] / peer['mean_kl']:.3f} × llama.cpp's (limit {KL_FACTOR}): {'ok' if kl_ok else 'FAILED'}")
    print(f"same top-1 {ours['same_top_percent'] - peer['same_top_percent']:+.2f} points (limit -{TOP_POINTS}): "
          f"{'ok' if top_ok else 'FAILED'}")
    added = with_q8_cache["mean_kl"] - ours["mean_kl"]
    q8_ok = added <= Q8_CACHE_KL
    print(f"8-bit KV cache: mean KL {added:+.6f} (limit +{Q8_CACHE_KL}): {'ok' if q8_ok else 'FAILED'}")
    return 0 if kl_ok and top_ok and q8_ok else 1


if __name__ == "__main__":
    sys.exit(main())
