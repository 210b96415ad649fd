#!/usr/bin/env python3
"""Compares `tenfold embed` with Hugging Face transformers: token ids, then the vectors of fifty varied texts.

  python3 -m venv V && V/bin/pip install numpy torch transformers
  V/bin/python tools/compare_embeddings.py --tenfold build/release/tenfold CHECKPOINT MODEL.gguf [MODEL.gguf …]

CHECKPOINT is the folder that the models were made from: an encoder with its tokenizer. Its vectors are means over all
tokens in F32, of length 1. Exact mode must agree on every id and to a cosine of 0.999999 with F32 weights; for other files
and for the fast mode the figures are printed.
"""
import argparse
import json
import subprocess
import sys

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

TEXTS = """Where is the station?
How do I get to the train?
Bananas are yellow, mostly.
The quick brown fox jumps over the lazy dog.
A cat sits on the mat; a kitten rests on a rug.
He didn't say that she'd know it's theirs, did he?
Prices rose by 3.5 % in 2023, to $1,234.56 a tonne.
def f(x: int) -> str: return f"{x!r:>{10}}"
SELECT name, COUNT(*) FROM t WHERE x != 'y' GROUP BY name;
for (int i = 0; i < n; ++i) a[i] += b[i] * c[i];
https://example.org/a/b?c=d&e=f#g mail@example.org
The mitochondrion is the powerhouse of the cell.
Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.
To be, or not to be, that is the question.
Nach dem Regen scheint in München oft die Sonne über den Dächern.
Größe, Straße, naïve café, façade, Ångström, œuvre, İstanbul
Il fait beau aujourd'hui, n'est-ce pas ?
¿Dónde está la biblioteca? ¡Qué sorpresa!
Привет, мир! Съешь ещё этих мягких булок.
Καλημέρα κόσμε, ΑΒΓ αβγ ς
שלום עולם
مرحبا بالعالم، كيف الحال؟
नमस्ते दुनिया। कैसे हो?
สวัสดีชาวโลก
你好，世界！今天天气怎么样？
こんにちは、世界。カタカナとひらがな
안녕하세요 세계! 한국어 문장입니다.
😀 emoji 👍🏽 and ❤️ hearts ☃ ✓ → ∀x∈ℝ
camelCase PascalCase HTMLParser XMLHttpRequest iPhone x86_64 UTF-8
ALL CAPITALS SHOULD MEAN THE SAME
all capitals should mean the same
antidisestablishmentarianism supercalifragilisticexpialidocious floccinaucinihilipilification
a
.
?!?!?!
1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
The patient presented with acute myocardial infarction and was treated with aspirin.
Our quarterly revenue exceeded expectations by a wide margin.
Please reset my password, I cannot log in any more.
My account is locked; how can I sign in again?
The recipe needs two eggs, a cup of flour and a pinch of salt.
Neural networks are trained by gradient descent.
The treaty was signed in 1648 and ended thirty years of war.
It was a bright cold day in April, and the clocks were striking thirteen.
[CLS] and [SEP] and [MASK] are written here as text
tabs\tand  several   spaces
“quotes” ‘single’ „low“ «guillemets» — dashes – and… dots
No.
Yes, absolutely, without any doubt, I completely agree with everything that you have said.
The end""".replace("\\t", "\t").split("\n")
LONG = " ".join(TEXTS[:40])[:1100]


def reference(checkpoint, texts):
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModel.from_pretrained(checkpoint, dtype=torch.float32, attn_implementation="eager").eval()
    for text in texts:
        # Texts are texts: what looks like a special token in them is none.
        ids = tokenizer(text, split_special_tokens=True, truncation=False)["input_ids"]
        with torch.no_grad():
            rows = model(input_ids=torch.tensor([ids])).last_hidden_state[0].double()
        vector = rows.mean(0)
        yield ids, (vector / vector.norm()).numpy()


def ids_of(program, model, text):
    done = subprocess.run([program, "tokenize", "-m", model, "--add-special"], input=text.encode(), capture_output=True, check=True)
    return [int(word) for word in done.stdout.split()]


def vectors_of(program, model, precision, texts):
    done = subprocess.run([program, "embed", "-m", model, "--pooling", "mean", "--precision", precision, "--json"],
                          input="\n".join(texts).encode(), capture_output=True, check=True)
    return np.array(json.loads(done.stdout)["embeddings"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenfold", required=True)
    parser.add_argument("checkpoint")
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    texts = TEXTS + [LONG]
    expected = list(reference(args.checkpoint, texts))
    failed = False
    for model in args.models:
        wrong = [t for t, (ids, _) in zip(texts, expected) if ids_of(args.tenfold, model, t) != ids]
        failed |= bool(wrong)
        print(f"{model}: {len(texts)} texts, {len(wrong)} with other ids", *map(repr, wrong[:5]))
        for precision in ["exact", "fast"]:
            found = vectors_of(args.tenfold, model, precision, texts)
            cosines = np.array([v @ r / np.linalg.norm(v) for v, (_, r) in zip(found, expected)])
            error = max(np.abs(v - r).max() for v, (_, r) in zip(found, expected))
            print(f"  {precision}: least cosine {cosines.min():.9f}, 1 - mean {1 - cosines.mean():.2e}, largest difference {error:.2e}")
            failed |= precision == "exact" and "f32" in model and cosines.min() < 0.999999
    sys.exit(1 if failed else 0)


main()
