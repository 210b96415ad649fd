#!/usr/bin/env python3
"""Makes the tiny encoders of tests/data/models and what Hugging Face transformers computes with them.

  python3 -m venv V && V/bin/pip install numpy gguf torch transformers tokenizers
  V/bin/python tools/make_encoder_goldens.py [--out tests/data/models]

Random (seeded) BERT models, written the way llama.cpp's converter writes them. Beside NAME.gguf:
  NAME.npy   f32 [tokens, 64]: last hidden states of transformers in F32 on the de-quantised weights
  NAME.json  {"prompt_text", "prompt": ids of it with [CLS] and [SEP]}
The first of them is also written as a Hugging Face checkpoint, tests/data/encoders/bert.
"""
import argparse
import collections
import json
import pathlib

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as T
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from make_model_goldens import CORPUS, PROMPT

VOCAB, DIM, FFN, LAYERS, HEADS, POSITIONS = 192, 64, 96, 2, 4, 96
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LAYER_NAMES = {"attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
               "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
               "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm"}


def make_tokenizer():
    """Characters, then the most frequent words and ends of words. (The trainer of tokenizers gives other pieces each time.)"""
    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = [word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(CORPUS))]
    characters = sorted(set("".join(words)))
    counts = collections.Counter()
    for word in words:
        counts.update([word, *("##" + word[at:] for at in range(1, len(word) - 1))])
    pieces = SPECIALS + characters + ["##" + c for c in characters]
    pieces += [p for p, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if p not in pieces]
    tok = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces[:VOCAB])}, unk_token="[UNK]"))
    tok.normalizer, tok.pre_tokenizer = normalizer, splitter
    tok.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tok


def random_weights(model, seed):
    """Large enough that attention is peaked: a wrong position, norm or mask must show."""
    rng = np.random.default_rng(seed)
    for name, p in model.named_parameters():
        if name.endswith("LayerNorm.weight"):
            w = rng.uniform(0.6, 1.4, p.shape)
        elif name.endswith("bias"):
            w = rng.normal(0, 0.3, p.shape)
        elif "embeddings" in name:
            w = rng.normal(0, 0.5, p.shape)
        else:
            w = rng.normal(0, (2.0 if "query" in name or "key" in name else 1.0) / np.sqrt(p.shape[-1]), p.shape)
        p.data = torch.from_numpy(w.astype(np.float16).astype(np.float32))  # the checkpoint holds halves


def tensor_names():
    """transformers' name → GGUF's, without .weight and .bias."""
    names = {"embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
             "embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm"}
    for i in range(LAYERS):
        names |= {f"encoder.layer.{i}.{theirs}": f"blk.{i}.{ours}" for theirs, ours in LAYER_NAMES.items()}
    return names


def add_vocabulary(w, tok):
    tokens = [t for t, _ in sorted(tok.get_vocab().items(), key=lambda kv: kv[1])]
    spelled = [t if t in SPECIALS else t[2:] if t.startswith("##") else "\u2581" + t for t in tokens]
    w.add_token_type_count(2)
    w.add_tokenizer_model("bert")
    w.add_tokenizer_pre("jina-v2-en")
    w.add_token_list(spelled)
    w.add_token_types([gguf.TokenType.CONTROL if t in SPECIALS else gguf.TokenType.NORMAL for t in tokens])
    w.add_bos_token_id(2)
    w.add_eos_token_id(3)
    w.add_unk_token_id(1)
    w.add_sep_token_id(3)
    w.add_pad_token_id(0)
    w.add_mask_token_id(4)
    w.add_bool("tokenizer.ggml.normalizer.lowercase", True)


def write_gguf(path, name, dtype, model, tok):
    """Writes the file, and puts the de-quantised weights back into the model, so that both hold the same numbers."""
    w = gguf.GGUFWriter(path, "bert")
    w.add_type("model")
    w.add_name(f"Tenfold test model {name}")
    w.add_license("apache-2.0")
    w.add_block_count(LAYERS)
    w.add_context_length(POSITIONS)
    w.add_embedding_length(DIM)
    w.add_feed_forward_length(FFN)
    w.add_head_count(HEADS)
    w.add_layer_norm_eps(1e-12)
    w.add_causal_attention(False)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    if dtype != T.F32:
        w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_vocabulary(w, tok)
    names = tensor_names()
    for hf_name, p in model.named_parameters():
        stem, kind = hf_name.rsplit(".", 1)
        data = p.data.numpy()
        matrix = data.ndim == 2 and names[stem] not in ("position_embd", "token_types")
        raw = gguf.quantize(np.ascontiguousarray(data), dtype if matrix else T.F32)
        w.add_tensor(f"{names[stem]}.{kind}", raw, raw_dtype=dtype if matrix else T.F32)
        p.data = torch.from_numpy(np.ascontiguousarray(gguf.dequantize(raw, dtype if matrix else T.F32).reshape(data.shape)))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write_checkpoint(folder, model, tok):
    """The same model as `tenfold convert` takes it: what sentence-transformers stores."""
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    model.float()
    model.float()
    (folder / "config.json").write_text(json.dumps({key: value for key, value in model.config.to_dict().items()
                                                    if key not in ("transformers_version", "dtype")}, indent=1) + "\n")
    tok.add_special_tokens(SPECIALS)
    tok.save(str(folder / "tokenizer.json"))
    settings = {f"{role}_token": token for role, token in zip(["pad", "unk", "cls", "sep", "mask"], SPECIALS)}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    (folder / "modules.json").write_text(json.dumps([{"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]) + "\n")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}) + "\n")


@torch.no_grad()
def make(name, dtype, tok, out, checkpoint=None):
    config = BertConfig(vocab_size=VOCAB, hidden_size=DIM, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                        intermediate_size=FFN, max_position_embeddings=POSITIONS, attn_implementation="eager")
    model = BertModel(config, add_pooling_layer=False).eval().float()
    random_weights(model, seed=1)
    if checkpoint is not None:
        write_checkpoint(checkpoint, model, tok)
    write_gguf(out / f"{name}.gguf", name, dtype, model, tok)
    ids = tok.encode(PROMPT).ids
    rows = model(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
    np.save(out / f"{name}.npy", rows.astype(np.float32))
    (out / f"{name}.json").write_text(json.dumps({"prompt_text": PROMPT, "prompt": ids}) + "\n")
    print(f"{name:10} {(out / f'{name}.gguf').stat().st_size:7} bytes  {len(ids)} tokens  sd {rows.std():.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("tests/data/models"))
    parser.add_argument("--checkpoint", type=pathlib.Path, default=pathlib.Path("tests/data/encoders/bert"))
    args = parser.parse_args()
    tok = make_tokenizer()
    make("bert-f32", T.F32, tok, args.out, args.checkpoint)
    make("bert-q8_0", T.Q8_0, tok, args.out)


if __name__ == "__main__":
    main()
