#!/usr/bin/env python3
"""Compares Tenfold's tokenizer with llama.cpp's: ids with and without special tokens, decoding, end-of-generation.

    cmake --build build/release --target tokenize_batch
    check_tokenizer.py --driver build/release/src/model/tokenize_batch VOCAB.gguf …  [--texts 3000] [--seed 1]
    check_tokenizer.py --driver … --all-pre        every pre-tokenizer name, on a vocabulary made up for it
    check_tokenizer.py --driver … --code-points    the same with every code point between characters of each class

Instead of --driver, --tenfold build/release/tenfold runs the program once for each text: slow, but what users run.
Prints one line a vocabulary; exit 1 if any id differs. Needs llama-cpp-python (see llama_tokenizer.py).
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile

from llama_tokenizer import LlamaTokenizer, tolerates, write_vocab_gguf
from tokenizer_texts import random_texts, written_texts

# llama.cpp composes no text, Tenfold does for Qwen's vocabularies.
NOT_COMPOSED = {"normalizer.nfc": False}
MODES = [(False, False), (True, False), (False, True), (True, True)]  # add special, parse special


class Driver:
    """tokenize_batch: all texts in one process."""

    def __init__(self, program, path):
        self.command = [program, path]

    def run(self, jobs):
        data = b"".join(struct.pack("<BI", add | parse << 1, len(text)) + text for text, add, parse in jobs)
        done = subprocess.run(self.command, input=data, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.command}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
        self.info = json.loads(done.stderr)
        at = 0
        for _ in jobs:
            (n,) = struct.unpack_from("<I", done.stdout, at)
            failed = n == 0xFFFFFFFF
            ids = [] if failed else list(struct.unpack_from(f"<{n}i", done.stdout, at + 4))
            at += 4 + 4 * len(ids)
            (size,) = struct.unpack_from("<I", done.stdout, at)
            text = done.stdout[at + 4:at + 4 + size]
            at += 4 + size
            yield (text.decode(), None) if failed else (ids, text)


class Program:
    """tenfold tokenize: one process a text."""

    def __init__(self, program, path):
        self.command = [program, "tokenize", "-m", path]
        self.info = None

    def run(self, jobs):
        for text, add, parse in jobs:
            flags = ["--add-special"] * add + ["--parse-special"] * parse
            done = subprocess.run(self.command + flags, input=text, capture_output=True, check=False)
            if done.returncode != 0:
                yield done.stderr.decode(errors="replace"), None
                continue
            ids = [int(word) for word in done.stdout.split()]
            yield ids, None


def compare(path, name, tested, texts, modes, show):
    """Prints a line about one vocabulary; returns the number of differences."""
    reference = LlamaTokenizer(path)
    jobs = [(text, add, parse) for add, parse in modes for text in texts if tolerates(text)]
    wrong_ids = wrong_text = 0
    for (text, add, parse), (ids, decoded) in zip(jobs, tested.run(jobs)):
        expected = reference.encode(text, add, parse)
        if ids != expected:
            wrong_ids += 1
            if wrong_ids <= show:
                print(f"  add={add} parse={parse} text={text!r}\n    expected {expected}\n    found    {ids}")
                if isinstance(ids, list):
                    print(f"    expected {[reference.piece(i) for i in expected]}\n    found    {[reference.piece(i) for i in ids]}")
        elif decoded is not None and not (reference.adds_space_prefix() and ids[:1] == [reference.bos()]):
            # After BOS llama.cpp keeps the space that encoding added; Tenfold gives the text back as it was.
            expected_text = reference.decode(ids)
            if decoded != expected_text:
                wrong_text += 1
                if wrong_text <= show:
                    print(f"  decode {ids}\n    expected {expected_text!r}\n    found    {decoded!r}")
    wrong_end = 0
    load = ""
    if tested.info is not None:
        extra = {i for i in tested.info["end_of_generation"]} ^ set(reference.end_of_generation())
        # Tenfold adds GLM's <|observation|>, and does not take token 11 for EOS where the file names none.
        wrong_end = len([i for i in extra if reference.piece(i) != b"<|observation|>" and i != 11])
        load = f", loaded in {tested.info['load_ms']:.0f} ms"
        if wrong_end:
            print("  end of generation:", sorted(extra), [reference.piece(i) for i in extra])
    reference.close()
    print(f"{name}: {len(jobs)} texts, {wrong_ids} with other ids, {wrong_text} decoded otherwise, "
          f"{wrong_end} end tokens differ{load}", flush=True)
    return wrong_ids + wrong_text + wrong_end


def code_point_texts():
    """Every code point between characters of each class, 64 to a text.

    Past the third plane and the tags of plane 14 all are unassigned or private: every 61st of those stands for them.
    """
    points = [p for p in [*range(0x32000), *range(0x32000, 0xE0000, 61), *range(0xE0000, 0xE0400), *range(0xE0400, 0x110000, 61)]
              if not 0xD800 <= p < 0xE000]
    for first in range(0, len(points), 64):
        yield "".join(f"a{c}a {c}a!{c}!1{c}1\n{c}\n {c} A{c}b'{c}'" for c in map(chr, points[first:first + 64])).encode()


def border_vocabulary():
    """Byte-level BPE in which ASCII next to any character merges with it, unless the pre-tokenizer keeps them apart."""
    from make_tokenizer_goldens import BYTE_LETTERS
    tokens = list(BYTE_LETTERS)
    merges = []
    lead = [BYTE_LETTERS[b] for b in range(0xC2, 0xF5)]
    tail = [BYTE_LETTERS[b] for b in range(0x80, 0xC0)]
    around = [BYTE_LETTERS[ord(c)] for c in "a !1\nA'b"]
    for left, right in [(x, y) for x in around for y in lead] + [(y, x) for x in around for y in tail]:
        merges.append(f"{left} {right}")
        tokens.append(left + right)
    return {"model": "gpt2", "tokens": tokens, "token_type": [1] * len(tokens), "merges": merges}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vocabularies", nargs="*")
    parser.add_argument("--driver")
    parser.add_argument("--tenfold")
    parser.add_argument("--all-pre", action="store_true")
    parser.add_argument("--code-points", action="store_true")
    parser.add_argument("--only", help="of --all-pre or --code-points: this name only")
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="differences shown for each vocabulary")
    args = parser.parse_args()
    if bool(args.driver) == bool(args.tenfold):
        parser.error("one of --driver and --tenfold is needed")

    def tested(path):
        return Driver(args.driver, path) if args.driver else Program(args.tenfold, path)

    texts = written_texts() + random_texts(args.texts, args.seed)
    wrong = 0
    for path in args.vocabularies:
        wrong += compare(path, os.path.basename(path), tested(path), texts, MODES, args.show)
    if args.all_pre or args.code_points:
        import make_tokenizer_goldens as goldens
        with tempfile.TemporaryDirectory() as folder:
            vocabularies = {}
            if args.all_pre:
                base = goldens.make_bpe_vocabulary(texts)
                vocabularies |= {name: base | {"pre": name, **NOT_COMPOSED} for name in goldens.PRE_NAMES}
                vocabularies |= goldens.make_spm_vocabularies(texts)
            modes = MODES
            if args.code_points:
                border = border_vocabulary()
                vocabularies |= {name: border | {"pre": name, **NOT_COMPOSED} for name in goldens.PRE_NAMES}
                texts = list(code_point_texts())
                modes = MODES[:1]
            for name, vocabulary in vocabularies.items():
                if args.only and name != args.only:
                    continue
                path = os.path.join(folder, "vocab.gguf")
                write_vocab_gguf(path, vocabulary, str(name))
                wrong += compare(path, name, tested(path), texts, modes, args.show)
    sys.exit(1 if wrong else 0)


main()
