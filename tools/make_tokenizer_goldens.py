#!/usr/bin/env python3
"""Writes src/tokenizer/testdata/{bpe,spm}_goldens.json: small vocabularies made up here, and llama.cpp's ids for texts.

    make_tokenizer_goldens.py OUTPUT_FOLDER

Needs llama-cpp-python and numpy. The vocabularies are trained on the texts themselves without any splitting into
words, so that their merges cross every border that a pre-tokenizer may or may not draw.
"""
import json
import os
import sys
import tempfile

import numpy

from llama_tokenizer import BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, USER_DEFINED, LlamaTokenizer, tolerates, write_vocab_gguf
from tokenizer_texts import random_texts, written_texts

# None: the file names no pre-tokenizer.
PRE_NAMES = [None, "default", "gpt-2", "mpt", "smollm", "starcoder", "refact", "command-r", "llama-bpe", "llama3",
             "llama-v3", "dbrx", "chatglm-bpe", "glm4", "qwen2", "deepseek-r1-qwen", "qwen35", "gpt-4o", "tekken",
             "deepseek-llm", "deepseek-coder", "deepseek-v3", "falcon", "phi-2", "olmo", "jais", "trillion",
             "granite-docling", "modern-bert", "exaone4", "a.x-4.0", "mellum", "gigachat", "roberta-bpe",
             "jina-v1-en", "jina-v2-code", "jina-v2-de", "jina-v2-es", "jina-de", "jina-es", "codeshell", "exaone",
             "minerva-7b", "mellum2", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
             "smaug-bpe", "glm5", "minicpm5", "megrez", "stablelm2", "hunyuan", "grok-2", "bailingmoe", "bailingmoe2",
             "llada-moe", "kormo", "f2llmv2", "solar-open", "ufakzeka", "seed-coder", "laguna", "llama4",
             "minimax-m2", "kanana2", "talkie", "youtu", "tiny_aya", "cohere2moe", "kimi-k2", "exaone-moe", "bloom",
             "poro-chat", "gpt3-finnish", "viking", "superbpe", "chameleon", "afmoe", "hunyuan-dense", "joyai-llm",
             "hy_v4"]

_printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_others = [b for b in range(256) if b not in _printable]
BYTE_LETTERS = [chr(b) if b in _printable else chr(0x100 + _others.index(b)) for b in range(256)]

CONTROLS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|user|>", "<|assistant|>", "<|observation|>", "<|end|>",
            "<|im_start|><|im_start|>", "<fim_prefix>", "<unused1>"]
USER_TEXTS = ["<think>", "</think>", "\n\n\n", "       ", "<|channel|>", "ab ab", "\t\t"]


def train(sequences, n_merges):
    """Byte-pair merges of integer sequences, most frequent pair first. Returns [(left, right)]; the i-th makes n + i."""
    parts = []
    for sequence in sequences:
        parts += [*sequence, -1]
    ids = numpy.array(parts, dtype=numpy.int64)
    next_id = int(ids.max()) + 1
    merges = []
    for _ in range(n_merges):
        left, right = ids[:-1], ids[1:]
        valid = (left >= 0) & (right >= 0)
        pairs, counts = numpy.unique((left << 32 | right)[valid], return_counts=True)
        best = int(pairs[counts.argmax()])
        if counts.max() < 2:
            break
        a, b = best >> 32, best & 0xFFFFFFFF
        merges.append((a, b))
        hits = numpy.flatnonzero((left == a) & (right == b))
        if a == b:  # of a run only every other pair
            keep, last = [], -2
            for hit in hits:
                if hit > last + 1:
                    keep.append(hit)
                    last = hit
            hits = numpy.array(keep)
        ids[hits] = next_id
        ids = numpy.delete(ids, hits + 1)
        next_id += 1
    return merges


def make_bpe_vocabulary(texts, n_merges=1200):
    pieces = list(BYTE_LETTERS)
    merges = []
    for a, b in train([list(text) for text in texts if text], n_merges):
        merges.append(f"{pieces[a]} {pieces[b]}")
        pieces.append(pieces[a] + pieces[b])
    # Two merges may make the same text, or the text of a special token.
    tokens = [t for t in dict.fromkeys(pieces) if t not in CONTROLS + USER_TEXTS]
    # Tokens that no merge makes: only vocabularies that ignore merges find them.
    tokens += [t for t in ["Ġworld", "ĠHello", "fox", "12345", "..."] if t not in tokens]
    types = [NORMAL] * len(tokens) + [CONTROL] * len(CONTROLS) + [USER_DEFINED] * len(USER_TEXTS)
    tokens += CONTROLS + USER_TEXTS
    assert len(set(tokens)) == len(tokens)
    return {"model": "gpt2", "tokens": tokens, "token_type": types, "merges": merges,
            "bos_token_id": tokens.index("<|im_start|>"), "eos_token_id": tokens.index("<|endoftext|>")}


def make_spm_vocabularies(texts, n_merges=600):
    """As of Llama 2, Gemma, Phi-3 (by its name), and one whose scores are all the same."""
    valid = [t.decode().replace(" ", "▁") for t in texts if t and _is_utf8(t)]
    characters = sorted({c for t in valid for c in t if ord(c) < 0x3000} - {"\0", "\n", "\t"})  # llama.cpp ends texts at NUL
    pieces = list(characters)
    known = {c: i for i, c in enumerate(characters)}
    sequences = []
    for text in valid:
        part = []
        for c in text:
            if c in known:
                part.append(known[c])
            else:
                sequences.append(part)
                part = []
        sequences.append(part)
    for a, b in train([s for s in sequences if s], n_merges):
        pieces.append(pieces[a] + pieces[b])
    head = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tail = ["<|user|>", "<|end|>", "<|assistant|>", "[INST]", "\n\n", "<|endoftext|>", "<unused0>"]
    learned = [t for t in dict.fromkeys(pieces[len(characters):]) if t not in head + tail]
    tokens = head + learned + characters + tail
    assert len(set(tokens)) == len(tokens)
    scores = [0.0] * len(head) + [-float(i) for i in range(len(learned))] + [-1e4] * len(characters) + [0.0] * len(tail)
    types = ([UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * (len(learned) + len(characters)) +
             [CONTROL, CONTROL, CONTROL, USER_DEFINED, USER_DEFINED, CONTROL, UNUSED])
    llama = {"model": "llama", "pre": "default", "tokens": tokens, "scores": scores, "token_type": types,
             "bos_token_id": 1, "eos_token_id": 2, "unknown_token_id": 0}
    return {"spm": llama,
            "spm gemma": llama | {"add_space_prefix": False, "add_eos_token": True},
            "spm Phi-3": llama | {"add_bos_token": False},
            "spm one score": llama | {"scores": [0.0] * len(tokens)}}


def _is_utf8(text):
    try:
        text.decode()
        return True
    except UnicodeDecodeError:
        return False


def as_json(text: bytes):
    return text.decode() if _is_utf8(text) else {"hex": text.hex()}


MODES = {"plain": (False, False), "special": (True, True)}  # add special, parse special


def make_goldens(vocabularies, texts):
    """(answers, cases): of each text all that any vocabulary makes of it; of each vocabulary which answer is its own.

    Most rules agree on most texts, so this is a fifth of the size of plain lists.
    """
    answers = [[] for _ in texts]
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vocab.gguf")
        for name, vocabulary in vocabularies.items():
            write_vocab_gguf(path, vocabulary, str(name))
            reference = LlamaTokenizer(path)
            case = {"name": str(name)}
            for mode, (add, parse) in MODES.items():
                case[mode] = []
                for known, text in zip(answers, texts):
                    ids = " ".join(map(str, reference.encode(text, add, parse)))
                    if ids not in known:
                        known.append(ids)
                    case[mode].append(known.index(ids))
            case["end_of_generation"] = reference.end_of_generation()
            cases.append(case)
            reference.close()
    return answers, cases


def write(path, vocabularies, texts):
    """The first vocabulary whole; of each other one the keys that differ."""
    answers, cases = make_goldens(vocabularies, texts)
    shared = next(iter(vocabularies.values()))
    for case, vocabulary in zip(cases, vocabularies.values()):
        case["differs"] = {key: value for key, value in vocabulary.items() if shared.get(key) != value}
    with open(path, "w") as file:
        json.dump({"made_by": "tools/make_tokenizer_goldens.py", "vocabulary": shared,
                   "texts": [as_json(t) for t in texts], "ids": answers, "cases": cases}, file,
                  ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def main():
    folder = sys.argv[1]
    training = written_texts() + random_texts(300, seed=7)
    texts = [t for t in written_texts() + random_texts(60, seed=11) if len(t) <= 160 and tolerates(t)]
    bpe = make_bpe_vocabulary(training)
    write(os.path.join(folder, "bpe_goldens.json"), {name: bpe | {"pre": name} for name in PRE_NAMES}, texts)
    write(os.path.join(folder, "spm_goldens.json"), make_spm_vocabularies(training), texts)


if __name__ == "__main__":
    main()
