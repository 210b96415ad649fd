#!/usr/bin/env python3
"""Compares `tenfold --precision exact` with Hugging Face transformers in F32 on the same de-quantised weights.

  python3 -m venv V && V/bin/pip install numpy gguf torch transformers tokenizers
  V/bin/python tools/compare_with_transformers.py -m MODEL.gguf --reference DIR [--tenfold build/release/tenfold]

Logits of a 64-token prompt: NMSE = mean((a-b)²)/var(b) at most 1e-9 and max |Δ| at most 2e-3. Greedy continuations of 20 varied
prompts: the same ids for 64 tokens or until the model ends. Exit 0 if all of that holds.
transformers' side takes minutes; it is kept in DIR and made only if it is not there (--reference-only makes nothing else).
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

N_LOGITS, N_GREEDY = 64, 64
NMSE_LIMIT, MAX_LIMIT = 1e-9, 2e-3

LONG = """The inspector's report is long, but its findings are simple. The dam was built in two parts. The lower part, finished in
1931, rests on granite and has not moved by more than two millimetres since it was first measured. The upper part, added in
1954 when the valley needed more water, rests on the lower one and on the slopes to either side, and it is the eastern slope
that worries him. Water has been found in the drainage gallery in places where there was none ten years ago. It is clear
water, which is a good sign, because muddy water would mean that the ground is being carried away. But there is more of it
each spring: four litres a minute in the first year, seven in the second, eleven in the third. The inspector recommends three
things. First, the level of the lake should be kept two metres below the crest until the cause is known. Second, twelve new
gauges should be set into the eastern slope, at depths of five, ten and twenty metres, and read every day rather than every
month. Third, the people of the villages below should be told what is being done and why, in plain words, before they hear
it from somebody else. The council discussed the report on Monday evening. The first question came from the owner of the"""

PROMPTS = {
    "question": "Question: Why does the sea look blue on some days and grey on others?\nAnswer: The sea",
    "story": "The night train to Odessa was already moving when the boy with the violin case jumped",
    "fact": "The three largest planets of the solar system, in order of size, are",
    "python": "def median(values):\n    \"\"\"Returns the median of a non-empty list of numbers.\"\"\"\n    ordered = sorted(values)\n",
    "c": "#include <stdio.h>\n\nint main(void) {\n    for (int i = 1; i <= 100; i++) {\n        if (i % 15 == 0) {\n",
    "sql": "CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, author TEXT, year INTEGER);\nSELECT author, COUNT(*)",
    "shell": "#!/bin/sh\n# Renames every .jpeg file in this directory to .jpg\nfor file in *.jpeg; do\n",
    "html": "<!DOCTYPE html>\n<html>\n<head>\n  <title>Opening hours</title>\n</head>\n<body>\n  <table>\n    <tr><th>Day</th>",
    "list": "Things to pack for a week in the mountains:\n1. A warm sleeping bag\n2. Two pairs of wool socks\n3.",
    "bullets": "Advantages of trains over cars:\n- You can read while you travel\n- They use less energy\n-",
    "json": '{"name": "Ada", "age": 36, "languages": ["English", "French"], "address": {"street": "12 Mill Lane", "city":',
    "csv": "date,city,temperature_c\n2021-03-01,Oslo,2\n2021-03-02,Oslo,4\n2021-03-03,Oslo,",
    "french": "Il était une fois, dans une petite ville au bord de la mer, un boulanger qui",
    "german": "Am Morgen ging der alte Gärtner in den Garten und sah, dass",
    "arithmetic": "12 + 7 = 19\n23 + 18 = 41\n35 + 26 = 61\n48 + 37 =",
    "dialogue": "\"Where were you last night?\" asked the detective.\n\"At home,\" said Mrs. Bell. \"Ask my sister.\"\n",
    "letter": "Dear Mr. Hughes,\n\nThank you for your application for the position of night porter. We are pleased",
    "unicode": "Temperature: −4 °C → 39 °F. The symbol “°” is called the degree sign, and the arrow → means",
    "one word": "Hello",
    "long": LONG.replace("\n", " "),
}
LOGITS_TEXT = LONG.replace("\n", " ")


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def reference_greedy(torch, model, ids, end_ids):
    """→ (ids of the answer without the ending token, the least distance between the best and the second logit)."""
    out, margins, past, step = [], [], None, ids
    while len(out) < N_GREEDY:
        result = model(torch.tensor([step]), past_key_values=past, use_cache=True)
        past, top = result.past_key_values, result.logits[0, -1].topk(2)
        margins.append(float(top.values[0] - top.values[1]))
        if int(top.indices[0]) in end_ids:
            break
        step = [int(top.indices[0])]
        out += step
    return out, min(margins)


def make_reference(model_path, folder):
    import torch
    from gguf_to_transformers import GgufLlama
    torch.set_grad_enabled(False)
    source = GgufLlama(model_path)
    model, tok, end_ids = source.model(), source.tokenizer(), source.end_ids()
    logits_ids = tok.encode(LOGITS_TEXT).ids[:N_LOGITS]
    logits = model(torch.tensor([logits_ids])).logits[0].numpy()
    prompts = {}
    for name, text in PROMPTS.items():
        ids = tok.encode(text).ids
        answer, margin = reference_greedy(torch, model, ids, end_ids)
        prompts[name] = {"prompt": ids, "tokens": answer, "margin": margin}
        print(f"transformers: {name}: {len(ids)} + {len(answer)} tokens, least margin {margin:.4f}", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "logits.npy", logits)
    (folder / "reference.json").write_text(json.dumps(
        {"model_sha256": file_sha256(model_path), "logits_prompt": logits_ids, "prompts": prompts}))


def tenfold(args, *rest):
    run = subprocess.run([args.tenfold, *rest], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    if run.returncode:
        raise SystemExit(f"{args.tenfold} {rest[0]} ended with {run.returncode}: {run.stderr.strip()[-400:]}")
    return run.stdout


def compare_logits(args, reference):
    want = np.load(args.reference / "logits.npy").astype(np.float64)
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/logits.npy"
        tenfold(args, "logits", "-m", args.model, "--tokens", " ".join(map(str, reference["logits_prompt"])), "--all",
                "--precision", "exact", "--out", out)
        got = np.load(out).astype(np.float64)
    if got.shape != want.shape:
        raise SystemExit(f"logits: expected shape {want.shape}, found {got.shape}")
    nmse, largest = np.mean((got - want) ** 2) / np.var(want), np.abs(got - want).max()
    ok = bool(nmse <= NMSE_LIMIT and largest <= MAX_LIMIT)  # false for NaN too
    print(f"logits, {len(want)} positions: NMSE {nmse:.2e} (limit {NMSE_LIMIT:.0e}), max |Δ| {largest:.2e} (limit {MAX_LIMIT:.0e})"
          f"  {'ok' if ok else 'FAILED'}\n")
    return ok


def compare_greedy(args, name, want):
    answer = json.loads(tenfold(args, "run", "-m", args.model, "-p", PROMPTS[name], "-n", str(N_GREEDY), "--raw", "--temp", "0",
                                "--precision", "exact", "--json"))
    same = next((i for i, (a, b) in enumerate(zip(answer["tokens"], want["tokens"])) if a != b),
                min(len(answer["tokens"]), len(want["tokens"])))
    ok = answer["tokens"] == want["tokens"] and answer["prompt_tokens"] == want["prompt"]
    note = "ok" if ok else "FAILED" if answer["prompt_tokens"] == want["prompt"] else "FAILED: the prompt's ids differ"
    print(f"{name:12} {len(want['prompt']):6} {same:5}/{len(want['tokens']):<4} {want['margin']:8.4f}  {note}")
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("--reference", required=True, type=pathlib.Path, help="folder of transformers' results")
    parser.add_argument("--reference-only", action="store_true")
    parser.add_argument("--tenfold", default="build/release/tenfold")
    args = parser.parse_args()
    if not (args.reference / "reference.json").exists():
        make_reference(args.model, args.reference)
    if args.reference_only:
        return 0
    reference = json.loads((args.reference / "reference.json").read_text())
    if reference["model_sha256"] != file_sha256(args.model):
        raise SystemExit(f"{args.reference} was made from another model than {args.model}; give another folder")
    ok = compare_logits(args, reference)
    print(f"{'prompt':12} {'tokens':>6} {'same':>10} {'margin':>8}")
    results = [compare_greedy(args, name, want) for name, want in reference["prompts"].items()]
    print(f"{sum(results)} of {len(results)} continuations are the same")
    return 0 if ok and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
