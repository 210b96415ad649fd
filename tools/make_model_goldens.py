#!/usr/bin/env python3
"""Makes the tiny models of tests/data/models and what Hugging Face transformers computes with them.

  python3 -m venv V && V/bin/pip install numpy gguf torch transformers tokenizers
  V/bin/python tools/make_model_goldens.py [--out tests/data/models]

Every model is random (seeded) and written as a GGUF file the way llama.cpp's converter writes the same checkpoint: query
and key rows permuted for interleaved rope, llama3 scaling as rope_freqs.weight, norms and biases in F32. Beside NAME.gguf:
  NAME.npy   f32 logits of transformers in F32 on the de-quantised weights, all prompt positions (or the last ones)
  NAME.json  {"prompt_text", "prompt": ids, "first_position": of the .npy's first row, "greedy": ids that follow}
Greedy ids are plain argmax, and the seeds are such that none of them is close and none ends the answer.
"""
import argparse
import json
import pathlib
from dataclasses import dataclass, field, replace

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as T
from tokenizers import Tokenizer, models, pre_tokenizers, decoders, trainers
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

from gguf_to_transformers import permute, tensor_names, unpermute

N_PROMPT, N_GREEDY = 48, 24
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END_IDS = (0, 2)
TEMPLATE = ("{%- for message in messages -%}"
            "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
            "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}")
CORPUS = """The river turns before the mill, and the miller turns with it. In the morning he opens the gate, and the water
runs under the wheel; in the evening he closes it, and the wheel stands still. When the children ask him where the water
goes, he says that it goes to the sea, and when they ask him where it comes from, he says that it comes from the sea as
well. They count the turns: 1, 2, 3, 4, 10, 20, 100, and then they forget the number and begin again.
    for turn in range(100):
        water = gate.open(turn)
        if water < 12:
            break
"Is there another river?" the smallest one asks. "There is another one behind the hill," the miller answers, "and another
behind that; there is always another river, and there is always someone who stands at it and counts."
"""
PROMPT = "When the river turns behind the hill, the children count 12 turns and then ask the miller: \"Where is the sea?\""


@dataclass
class Variant:
    name: str
    dtypes: list = field(default_factory=lambda: [T.F32])  # matrices take these in turn
    n_layers: int = 2
    model_dim: int = 64
    ffn_dim: int = 96
    n_heads: int = 4
    n_kv_heads: int = 2
    tied: bool = True
    biases: bool = False
    rope: dict = field(default_factory=lambda: {"rope_type": "default", "rope_theta": 10000.0})
    window: int = 0
    seed: int = 1
    n_rows: int = N_PROMPT  # rows of logits kept
    key_length: int = 0  # 0: model_dim / n_heads

    @property
    def head_dim(self):
        return self.key_length or self.model_dim // self.n_heads


LLAMA3_ROPE = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
               "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
LINEAR_ROPE = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}
BASE = Variant("llama-f32")
VARIANTS = [
    BASE,
    replace(BASE, name="llama-untied-biases-f16", dtypes=[T.F16], tied=False, biases=True, seed=2),
    replace(BASE, name="llama-rope-factors-bf16", dtypes=[T.BF16], rope=LLAMA3_ROPE, seed=3),
    replace(BASE, name="llama-window-f16", dtypes=[T.F16], window=24, seed=4),
    replace(BASE, name="llama-linear-rope-wide-heads-f16", dtypes=[T.F16], rope=LINEAR_ROPE, key_length=24, seed=6),
    *(replace(BASE, name=f"llama-{t.name.lower()}", dtypes=[t], n_rows=8)
      for t in (T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0)),
    # Seven types and 15 matrices: every type comes at least twice, in different places.
    replace(BASE, name="llama-k-types", model_dim=256, ffn_dim=256, n_heads=4, n_kv_heads=1, seed=5, n_rows=8,
            dtypes=[T.Q6_K, T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.IQ4_NL, T.IQ4_XS]),
]


def train_tokenizer(vocab_size):
    """Byte-level BPE as SmolLM2 has it: single digits, then the GPT-2 pattern."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator([CORPUS], trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=SPECIALS, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    assert tok.get_vocab_size() == vocab_size, tok.get_vocab_size()
    return tok


def prompt_of(tok):
    ids = tok.encode(PROMPT).ids[:N_PROMPT]
    text = tok.decode(ids)
    assert len(ids) == N_PROMPT and tok.encode(text).ids == ids, "the prompt must be 48 tokens and survive the round trip"
    return ids, text


def transformers_model(v, vocab_size):
    common = dict(vocab_size=vocab_size, hidden_size=v.model_dim, intermediate_size=v.ffn_dim,
                  num_hidden_layers=v.n_layers, num_attention_heads=v.n_heads, num_key_value_heads=v.n_kv_heads,
                  head_dim=v.head_dim, max_position_embeddings=256, rms_norm_eps=1e-5, rope_parameters=dict(v.rope),
                  tie_word_embeddings=v.tied, attn_implementation="eager", dtype=torch.float32)
    if v.window:
        model = MistralForCausalLM(MistralConfig(sliding_window=v.window, **common))
    else:
        model = LlamaForCausalLM(LlamaConfig(attention_bias=v.biases, mlp_bias=v.biases, **common))
    return model.eval().float()


def random_weights(model, seed):
    """Large enough that attention is peaked and logits differ: a wrong rotation or mask must show."""
    rng = np.random.default_rng(seed)
    for name, p in model.named_parameters():
        if name.endswith("norm.weight"):
            w = rng.uniform(0.6, 1.4, p.shape)
        elif name.endswith("bias"):
            w = rng.normal(0, 0.3, p.shape)
        else:
            gain = 2.0 if "q_proj" in name or "k_proj" in name else 1.0
            w = rng.normal(0, gain / np.sqrt(p.shape[-1]) if "embed" not in name else 0.3, p.shape)
        p.data = torch.from_numpy(w.astype(np.float32))


def random_blocks(dtype, shape, rng):
    """Quantised data with random codes: every code and sub-scale occurs, and the weights have a deviation near 1/sqrt(k)."""
    block_elems, block_bytes = gguf.GGML_QUANT_SIZES[dtype]
    blocks = rng.integers(0, 256, (shape[0] * shape[1] // block_elems, block_bytes), dtype=np.uint8)
    scale_at = {T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208], T.IQ4_NL: [0],
                T.IQ4_XS: [0]}[dtype]

    def with_scale(scale):
        for i, at in enumerate(scale_at):  # d first; then dmin, so that the mean comes out near zero
            values = scale[i] * rng.uniform(0.8, 1.2, len(blocks))
            blocks[:, at:at + 2] = values.astype(np.float16).view(np.uint8).reshape(-1, 2)
        return gguf.dequantize(blocks.reshape(shape[0], -1), dtype)

    unit = [1.0] * len(scale_at)
    if len(scale_at) == 2:  # d·(scales·codes) against dmin·mins
        unit[1] = with_scale([1.0, 0.0]).mean() / -with_scale([0.0, 1.0]).mean()
    deviation = with_scale(unit).std()
    with_scale([u / deviation / np.sqrt(shape[1]) for u in unit])
    return blocks.reshape(shape[0], -1)


def quantise(w, dtype, rng):
    if dtype in (T.F32, T.F16, T.BF16) or dtype.name in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"):
        return gguf.quantize(w, dtype)
    return random_blocks(dtype, w.shape, rng)


def rope_factors(v):
    """What each pair's frequency is divided by: 1 for short waves, `factor` for long ones, a blend between."""
    r = v.rope
    wave = 2 * np.pi * r["rope_theta"] ** (np.arange(0, v.head_dim, 2) / v.head_dim)
    turns = r["original_max_position_embeddings"] / wave
    smooth = np.clip((turns - r["low_freq_factor"]) / (r["high_freq_factor"] - r["low_freq_factor"]), 0, 1)
    return (1 / ((1 - smooth) / r["factor"] + smooth)).astype(np.float32)


def tensor_plan(v, params):
    """(GGUF name, transformers parameter, heads to permute or 0) of those that this model has."""
    return [(ours + suffix, theirs + suffix, heads)
            for ours, theirs, heads in tensor_names(v.n_layers, v.n_heads, v.n_kv_heads)
            for suffix in (".weight", ".bias") if theirs + suffix in params]


def write_gguf(path, v, model, tok):
    """Writes the file, and puts the de-quantised weights back into the model, so that both hold the same numbers."""
    w = gguf.GGUFWriter(path, "llama")
    vocab = tok.get_vocab_size()
    w.add_type("model")
    w.add_name(f"Tenfold test model {v.name}")
    w.add_license("apache-2.0")
    w.add_block_count(v.n_layers)
    w.add_context_length(256)
    w.add_embedding_length(v.model_dim)
    w.add_feed_forward_length(v.ffn_dim)
    w.add_head_count(v.n_heads)
    w.add_head_count_kv(v.n_kv_heads)
    w.add_rope_freq_base(v.rope["rope_theta"])
    w.add_layer_norm_rms_eps(1e-5)
    if v.window:
        w.add_sliding_window(v.window)
    w.add_vocab_size(vocab)
    w.add_rope_dimension_count(v.head_dim)
    if v.key_length:
        w.add_key_length(v.key_length)
        w.add_value_length(v.key_length)
    if v.rope["rope_type"] == "linear":
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        w.add_rope_scaling_factor(v.rope["factor"])
    if any(t not in (T.F32, T.F16, T.BF16) for t in v.dtypes):
        w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_vocabulary(w, tok)
    if v.rope["rope_type"] == "llama3":
        w.add_tensor("rope_freqs.weight", rope_factors(v))
    rng = np.random.default_rng(100 + v.seed)
    params = dict(model.named_parameters())
    n_matrices = 0
    for name, hf_name, heads in tensor_plan(v, params):
        p = params[hf_name]
        data = p.data.numpy()
        data = permute(data, heads) if heads else data
        dtype = T.F32
        if data.ndim == 2:
            dtype = v.dtypes[n_matrices % len(v.dtypes)]
            n_matrices += 1
        raw = quantise(np.ascontiguousarray(data), dtype, rng)
        w.add_tensor(name, raw, raw_dtype=dtype)
        back = gguf.dequantize(raw, dtype).reshape(data.shape)
        p.data = torch.from_numpy(np.ascontiguousarray(unpermute(back, heads) if heads else back, dtype=np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def add_vocabulary(w, tok):
    by_id = sorted(tok.get_vocab().items(), key=lambda kv: kv[1])
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list([t for t, _ in by_id])
    w.add_token_types([gguf.TokenType.CONTROL if t in SPECIALS else gguf.TokenType.NORMAL for t, _ in by_id])
    merges = json.loads(tok.to_str())["model"]["merges"]
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_pad_token_id(2)
    w.add_add_bos_token(False)
    w.add_add_space_prefix(False)
    w.add_chat_template(TEMPLATE)


@torch.no_grad()
def reference(model, prompt):
    logits = model(torch.tensor([prompt])).logits[0]
    ids, margin = list(prompt), np.inf
    for _ in range(N_GREEDY):
        last = model(torch.tensor([ids]), use_cache=False).logits[0, -1]
        top = last.topk(2)
        margin = min(margin, float(top.values[0] - top.values[1]))
        ids.append(int(top.indices[0]))
    return logits.numpy(), ids[len(prompt):], margin


def make(v, tok, out):
    prompt, text = prompt_of(tok)
    for seed in range(v.seed, v.seed + 1000, 10):  # the first seed whose greedy path is clear
        model = transformers_model(v, tok.get_vocab_size())
        random_weights(model, seed)
        write_gguf(out / f"{v.name}.gguf", replace(v, seed=seed), model, tok)
        logits, greedy, margin = reference(model, prompt)
        if margin > 0.02 and not set(greedy) & set(END_IDS) and len(set(greedy)) > N_GREEDY // 3:
            break
    else:
        raise SystemExit(f"{v.name}: no seed gives a clear greedy path")
    np.save(out / f"{v.name}.npy", logits[-v.n_rows:].astype(np.float32))
    (out / f"{v.name}.json").write_text(json.dumps(
        {"prompt_text": text, "prompt": prompt, "first_position": len(prompt) - v.n_rows, "greedy": greedy}) + "\n")
    size = (out / f"{v.name}.gguf").stat().st_size
    print(f"{v.name:26} seed {seed:3}  {size:7} bytes  logits sd {logits.std():.2f}  least margin {margin:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("tests/data/models"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tok = train_tokenizer(320)
    for v in VARIANTS:
        make(v, tok, args.out)


if __name__ == "__main__":
    main()
