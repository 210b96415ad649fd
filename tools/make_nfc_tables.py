#!/usr/bin/env python3
"""Writes src/tokenizer/nfc_tables.inc, what composing characters (Unicode's NFC) needs to know, and goldens of it.

Needs `pip install unicodedata2==15.1.0`: the version of Unicode that the classes of characters have, too.

    tools/make_nfc_tables.py > src/tokenizer/nfc_tables.inc
    tools/make_nfc_tables.py --goldens > src/tokenizer/testdata/nfc_goldens.json
"""
import json
import random
import sys

import unicodedata2 as unicodedata

POINTS = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)
VOWELS_AND_TAILS = [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]


def decomposition(point):
    """One step, canonical: one or two code points, or nothing."""
    text = unicodedata.decomposition(chr(point))
    return [] if not text or text.startswith("<") or point in HANGUL else [int(part, 16) for part in text.split()]


DECOMPOSITIONS = {p: d for p in POINTS if (d := decomposition(p))}
# Those that come together again: not the ones that Unicode excludes.
PAIRS = {p: d for p, d in DECOMPOSITIONS.items()
         if len(d) == 2 and unicodedata.normalize("NFC", "".join(map(chr, d))) == chr(p)}
# What is not sure to stay as it is, whatever stands before it.
UNSURE = sorted({p for p in POINTS if unicodedata.combining(chr(p)) or unicodedata.normalize("NFC", chr(p)) != chr(p)}
                | {d[1] for d in PAIRS.values()} | set(VOWELS_AND_TAILS))


def runs(points, value_of):
    """(first, last, value) of neighbours with the same value."""
    found = []
    for point in points:
        value = value_of(point)
        if found and found[-1][1] == point - 1 and found[-1][2] == value:
            found[-1][1] = point
        else:
            found.append([point, point, value])
    return found


def write(comment, declaration, items):
    print(f"\n// {comment}\nconstexpr {declaration}[] = {{")
    line = "   "
    for item in items:
        if len(line) + 1 + len(item) > 119:
            print(line)
            line = "   "
        line += " " + item
    print(line + "};")


def write_tables():
    print("// Made by tools/make_nfc_tables.py from Unicode 15.1. Do not edit.")
    write("What may change, or change what stands before it, and its combining class: first, last, class.",
          "UnsureRange kUnsure",
          (f"{{0x{a:X}, 0x{b:X}, {c}}}," for a, b, c in runs(UNSURE, lambda p: unicodedata.combining(chr(p)))))
    write("What a character is taken apart into, by one step: itself, first, second or 0.", "Decomposition kDecompositions",
          (f"{{0x{p:X}, 0x{d[0]:X}, {'0x%X' % d[1] if len(d) == 2 else '0'}}}," for p, d in DECOMPOSITIONS.items()))
    write("What two characters become: first, second, result; by both.", "Composition kCompositions",
          (f"{{0x{d[0]:X}, 0x{d[1]:X}, 0x{p:X}}}," for p, d in sorted(PAIRS.items(), key=lambda item: item[1])))


def random_text(rng):
    marks = [p for p in UNSURE if unicodedata.combining(chr(p))]
    kinds = [lambda: rng.choice(marks), lambda: rng.choice(UNSURE), lambda: rng.choice(list(DECOMPOSITIONS)),
             lambda: rng.choice(list(PAIRS.values()))[0], lambda: rng.choice(VOWELS_AND_TAILS),
             lambda: rng.randrange(0x1100, 0x1113), lambda: rng.choice(HANGUL), lambda: rng.randrange(0x20, 0x250),
             lambda: rng.choice([0x300, 0x301, 0x323, 0x327, 0x345, 0x3099, 0x5B0, 0x93C])]
    chosen = rng.sample(kinds, rng.randrange(1, 5))
    text = "".join(chr(rng.choice(chosen)()) for _ in range(rng.randrange(1, 14)))
    return unicodedata.normalize("NFD", text) if rng.random() < 0.3 else text


def write_goldens():
    """[text, composed] each."""
    rng = random.Random(5)
    texts = ["", "cafe\u0301", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "Vie\u0302\u0323t", "e\u0301\u0301", "\u0301e",
             "\u0041\u030a\u0323", "\u212b\u2126", "\uac00\u11a8\u11a8", "\u1100\u0300\u1161", "\u09c7\u0300\u09be"]
    texts += [random_text(rng) for _ in range(400)]
    print(json.dumps([[text, unicodedata.normalize("NFC", text)] for text in texts], separators=(",", ":")))


if unicodedata.unidata_version != "15.1.0":
    sys.exit(f"expected Unicode 15.1.0, found {unicodedata.unidata_version}")
write_goldens() if "--goldens" in sys.argv else write_tables()
