#!/usr/bin/env python3
"""Makes tests/data/encoders/sentence: the encoder of tests/data/encoders/bert as sentence-transformers runs it.

  python3 -m venv V && V/bin/pip install sentence-transformers
  V/bin/python tools/make_sentence_goldens.py

Behind the pooling comes a random (seeded) projection with its activation, then normalisation; texts get a prompt, and
are cut where they are long. The files are as the library saves them, without those that the encoder's folder has:
laid over a copy of it, they make a whole checkpoint. goldens.json has the vectors of some texts:
  [{"text", "prompt_name": a prompt's or null, "vector"}]
"""
import argparse
import json
import pathlib
import shutil
import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Dense, Normalize, Pooling, Transformer

DIM, MAX_TOKENS, SEED = 8, 16, 7
PROMPTS = {"query": "the miller asks: ", "document": ""}
TEXTS = ["The river turns.", "Is there another river?", "the miller and the wheel and the river " * 8]
KEPT = ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer_config.json",
        "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", "3_Normalize/config.json"]


def make_model(encoder):
    transformer = Transformer(str(encoder))
    transformer.max_seq_length = MAX_TOKENS
    dense = Dense(64, DIM, activation_function=torch.nn.Tanh())
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        dense.linear.weight.copy_(torch.randn(DIM, 64, generator=generator) / 8)
        dense.linear.bias.copy_(torch.randn(DIM, generator=generator) / 8)
    return SentenceTransformer(modules=[transformer, Pooling(64, "mean"), dense, Normalize()], prompts=PROMPTS,
                               default_prompt_name="query", device="cpu")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=pathlib.Path, default=pathlib.Path("tests/data/encoders/bert"))
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("tests/data/encoders/sentence"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as saved:
        make_model(args.encoder).save(saved, create_model_card=False)
        shutil.rmtree(args.out, ignore_errors=True)
        for name in KEPT:
            source = pathlib.Path(saved) / name
            if not source.exists():
                continue
            (args.out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, args.out / name)
        model = SentenceTransformer(saved, device="cpu")
    model.float()
    goldens = [{"text": text, "prompt_name": name, "vector": model.encode(text, prompt_name=name).tolist()}
               for text in TEXTS for name in (None, *PROMPTS)]
    (args.out / "goldens.json").write_text("[\n" + ",\n".join(json.dumps(golden) for golden in goldens) + "\n]\n")


if __name__ == "__main__":
    main()
