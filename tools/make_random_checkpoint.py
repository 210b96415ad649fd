#!/usr/bin/env python3
"""Makes a random Hugging Face checkpoint of any family at any size, to convert and to measure with.

  python3 -m venv V && V/bin/pip install numpy gguf torch transformers tokenizers
  V/bin/python tools/make_random_checkpoint.py qwen3 OUT
  V/bin/python tools/make_random_checkpoint.py glm4v OUT --size 9b
  V/bin/python tools/make_random_checkpoint.py glm4v OUT --set text.num_hidden_layers=2 vision.depth=4

Families are those of make_family_checkpoints.py, whose sizes are the ones to begin with. transformers says which tensors
there are, without memory for them; weights are BF16, seeded, of such size that activations stay ordinary, and are written
as they are made: a checkpoint of 9B takes a minute and 100 MB of memory.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
import torch

from make_family_checkpoints import FAMILIES, write_image_settings, write_tokenizer

SHARD_BYTES = 4 << 30
POOL = 1 << 22  # random numbers, used again and again from other places
SIZES = {
    # The text model of GLM-4.1V-9B and its vision tower; vision.* is left out for families without one.
    "9b": {"text": dict(hidden_size=4096, intermediate_size=13696, num_hidden_layers=40, num_attention_heads=32,
                        num_key_value_heads=2, head_dim=128, vocab_size=151552, max_position_embeddings=65536),
           "vision": dict(hidden_size=1536, depth=24, num_heads=12, out_hidden_size=4096, intermediate_size=13696,
                          image_size=336)},
    "1b": {"text": dict(hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=32,
                        num_key_value_heads=4, head_dim=64, vocab_size=49152, max_position_embeddings=4096),
           "vision": dict(hidden_size=768, depth=12, num_heads=12, out_hidden_size=2048, intermediate_size=2048)},
}


def apply_sizes(config, sizes):
    """sizes: {"text": {...}, "vision": {...}}; a rope section list is stretched to the new head."""
    text = config.get_text_config()
    vision = getattr(config, "vision_config", None)
    for part, target in (("text", text), ("vision", vision)):
        if target is None:
            continue
        for key, value in sizes.get(part, {}).items():
            if not hasattr(target, key):
                raise SystemExit(f"{part}.{key}: no such setting of {type(target).__name__}")
            setattr(target, key, value)
    rope = getattr(text, "rope_parameters", None) or {}
    if "mrope_section" in rope:
        head_dim = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
        n_pairs = int(head_dim * rope.get("partial_rotary_factor", 1.0)) // 2
        side = 3 * n_pairs // 8
        rope["mrope_section"] = [n_pairs - 2 * side, side, side]
    if hasattr(text, "layer_types") and text.layer_types:
        kinds = text.layer_types
        text.layer_types = [kinds[i % len(kinds)] for i in range(text.num_hidden_layers)]


def shapes_of(config, model_class):
    with torch.device("meta"):
        model = model_class(config)
    tied = getattr(config.get_text_config(), "tie_word_embeddings", False)
    shapes = {}
    for name, tensor in model.state_dict().items():
        if (tied and name == "lm_head.weight") or "rotary" in name:
            continue
        shapes.update(as_saved(name, tuple(tensor.shape)))
    return shapes


def as_saved(name, shape):
    """In memory the experts of a layer are one tensor, in a checkpoint each has its own."""
    folder, _, part = name.rpartition(".experts.")
    if not folder:
        return {name: shape}
    n_experts, n_rows, n_columns = shape
    if part == "down_proj":
        parts = {"down_proj": (n_rows, n_columns)}
    else:
        parts = {"gate_proj": (n_rows // 2, n_columns), "up_proj": (n_rows // 2, n_columns)}
    return {f"{folder}.experts.{i}.{part}.weight": s for i in range(n_experts) for part, s in parts.items()}


class Weights:
    """Bytes of random BF16 tensors."""

    def __init__(self, seed):
        self._rng = np.random.default_rng(seed)
        self._pool = self._rng.standard_normal(POOL, dtype=np.float32)

    def write(self, name, shape, file):
        is_norm = "norm" in name and name.endswith("weight")
        spread = 0.1 if is_norm or name.endswith("bias") or len(shape) < 2 else 1 / np.sqrt(np.prod(shape[1:]))
        if "embed" in name:
            spread = 1.0
        values = (1.0 if is_norm else 0.0) + self._pool * np.float32(spread)
        bf16 = (values.view(np.uint32) >> 16).astype(np.uint16)
        left = int(np.prod(shape))
        while left:
            begin = int(self._rng.integers(0, POOL // 2))
            n = min(left, POOL - begin)
            file.write(bf16[begin:begin + n].tobytes())
            left -= n


def shards(shapes):
    """Lists of names, each of at most SHARD_BYTES unless one tensor is more."""
    lists, size = [[]], 0
    for name, shape in shapes.items():
        n_bytes = 2 * int(np.prod(shape))
        if lists[-1] and size + n_bytes > SHARD_BYTES:
            lists.append([])
            size = 0
        lists[-1].append(name)
        size += n_bytes
    return lists


def write_shard(path, names, shapes, weights):
    header, at = {}, 0
    for name in names:
        n_bytes = 2 * int(np.prod(shapes[name]))
        header[name] = {"dtype": "BF16", "shape": list(shapes[name]), "data_offsets": [at, at + n_bytes]}
        at += n_bytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            weights.write(name, shapes[name], file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=list(FAMILIES))
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--size", choices=list(SIZES), help="sizes to begin with instead of tiny ones")
    parser.add_argument("--set", nargs="*", default=[], metavar="PART.KEY=N", help="text.KEY or vision.KEY of config.json")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    model = FAMILIES[args.family]()
    config, model_class = model.config, type(model)
    sizes = {part: dict(values) for part, values in SIZES.get(args.size, {"text": {}, "vision": {}}).items()}
    for setting in args.set:
        key, value = setting.split("=")
        part, key = key.split(".")
        sizes[part][key] = int(value)
    if args.size and not hasattr(config.get_text_config(), "head_dim"):
        sizes["text"].pop("head_dim", None)
    apply_sizes(config, sizes)
    config.dtype = "bfloat16"
    config.architectures = [model_class.__name__]
    shapes = shapes_of(config, model_class)

    shutil.rmtree(args.out, ignore_errors=True)
    write_tokenizer(args.out)
    config.save_pretrained(args.out)
    write_image_settings(args.out, config)
    weights = Weights(args.seed)
    lists = shards(shapes)
    where = {}
    for i, names in enumerate(lists):
        file = "model.safetensors" if len(lists) == 1 else f"model-{i + 1:05}-of-{len(lists):05}.safetensors"
        write_shard(args.out / file, names, shapes, weights)
        where.update({name: file for name in names})
    if len(lists) > 1:
        index = {"metadata": {}, "weight_map": where}
        (args.out / "model.safetensors.index.json").write_text(json.dumps(index))
    print(f"{args.out}: {len(shapes)} tensors, {sum(int(np.prod(s)) for s in shapes.values()) / 1e9:.2f}B weights")


if __name__ == "__main__":
    main()
