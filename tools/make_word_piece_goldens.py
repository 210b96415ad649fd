#!/usr/bin/env python3
"""Writes src/tokenizer/testdata/word_piece_goldens.json: a WordPiece vocabulary made up here, and what Hugging Face
tokenizers makes of texts, in the form of make_tokenizer_goldens.py.

  python3 -m venv V && V/bin/pip install tokenizers
  V/bin/python tools/make_word_piece_goldens.py src/tokenizer/testdata

The ids of bytes that are no UTF-8 are those of the text without them.
"""
import collections
import json
import os
import sys

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tokenizer_texts import random_texts, written_texts

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, UNK, CLS, SEP = range(4)
# What the file says of lower case and accents; None: nothing.
CASES = {"uncased": (True, None), "cased": (False, None), "accents kept": (True, False), "cased, no accents": (False, True),
         "says nothing": (None, None)}
MODES = {"plain": False, "special": True}  # specials are added and parsed


def normalizer(lowercase, strip_accents):
    lowercase = True if lowercase is None else lowercase
    return normalizers.BertNormalizer(lowercase=lowercase, strip_accents=strip_accents)


def make_pieces(texts, n_pieces=900):
    """Characters as beginnings and as continuations, then frequent beginnings, middles and ends of words."""
    counts = collections.Counter()
    for lowercase, strip_accents in CASES.values():
        for text in texts:
            text = normalizer(lowercase, strip_accents).normalize_str(text.decode(errors="ignore"))
            for word, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(text):
                counts.update(word[:end] for end in range(1, min(len(word), 8) + 1))
                counts.update("##" + word[at:end] for at in range(1, len(word)) for end in range(at + 1, min(len(word), at + 5) + 1))
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return SPECIALS + [piece for piece, _ in most if "\u2581" not in piece][:n_pieces]


def reference(pieces, lowercase, strip_accents, special):
    tok = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tok.normalizer = normalizer(lowercase, strip_accents)
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.post_processor = processors.BertProcessing(("[SEP]", SEP), ("[CLS]", CLS))
    if special:
        tok.add_special_tokens(SPECIALS)
    return lambda text: " ".join(map(str, tok.encode(text.decode(errors="ignore"), add_special_tokens=special).ids))


def as_json(text):
    try:
        return text.decode()
    except UnicodeDecodeError:
        return {"hex": text.hex()}


def main():
    texts = [t for t in written_texts() + random_texts(120, seed=13) if len(t) <= 400]
    pieces = make_pieces(texts)
    vocabulary = {"model": "bert", "token_type": [3 if p in SPECIALS else 1 for p in pieces],
                  "tokens": [p if p in SPECIALS else p[2:] if p.startswith("##") else "\u2581" + p for p in pieces],
                  "bos_token_id": CLS, "seperator_token_id": SEP, "unknown_token_id": UNK}
    answers = [[] for _ in texts]
    cases = []
    for name, (lowercase, strip_accents) in CASES.items():
        case = {"name": name, "end_of_generation": [PAD, SEP], "differs": {}}
        if lowercase is not None:
            case["differs"]["normalizer.lowercase"] = lowercase
        if strip_accents is not None:
            case["differs"]["normalizer.strip_accents"] = strip_accents
        for mode, special in MODES.items():
            encode = reference(pieces, lowercase, strip_accents, special)
            case[mode] = []
            for known, text in zip(answers, texts):
                ids = encode(text)
                if ids not in known:
                    known.append(ids)
                case[mode].append(known.index(ids))
        cases.append(case)
    with open(os.path.join(sys.argv[1], "word_piece_goldens.json"), "w") as file:
        json.dump({"made_by": "tools/make_word_piece_goldens.py", "vocabulary": vocabulary, "texts": [as_json(t) for t in texts],
                   "ids": answers, "cases": cases}, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


main()
