#!/usr/bin/env python3
"""Writes src/tokenizer/bert_normalizer_tables.inc: what BERT's normaliser makes of each character.

Everything comes from asking Hugging Face tokenizers about one code point after the other, because models were trained
on what it does: its classes are those of Unicode 8, its case mapping and decompositions of later versions.

    python3 -m venv V && V/bin/pip install tokenizers
    V/bin/python tools/make_bert_normalizer_tables.py > src/tokenizer/bert_normalizer_tables.inc
"""
import tokenizers
from tokenizers import normalizers, pre_tokenizers


def only(**flags):
    steps = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(steps | flags)).normalize_str


CLEAN, CHINESE = only(clean_text=True), only(handle_chinese_chars=True)
STRIP, LOWER = only(strip_accents=True), only(lowercase=True)
SPLIT = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
HANGUL = range(0xAC00, 0xD7A4)  # taken apart by arithmetic
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def char_class(c):
    around = f"a{chr(c)}a"
    cleaned = CLEAN(around)
    if cleaned != around or c == ord(" "):
        return {"aa": "kDropped", "a a": "kSpace"}[cleaned]
    if CHINESE(around) != around:
        return "kChinese"
    if STRIP(chr(c)) == "":
        return "kMark"
    pieces = [piece for piece, _ in SPLIT(around)]
    if pieces == ["a", chr(c), "a"]:
        return "kPunctuation"
    assert pieces == [around], hex(c)
    return "kLetter"


def class_ranges():
    last = None
    for c in range(0x110000):
        name = "kDropped" if 0xD800 <= c < 0xE000 else char_class(c)
        if name != last:
            yield f"{{0x{c:X}, {name}}}"
        last = name


def mapping(normalize, points):
    """Characters that become others, as {from, {to…}}."""
    for c in points:
        mapped = normalize(chr(c))
        if mapped not in (chr(c), ""):
            assert len(mapped) <= 3
            yield f"{{0x{c:X}, {{{', '.join(f'0x{ord(m):X}' for m in mapped)}}}}}"


def print_table(declaration, items):
    print(f"\n{declaration} = {{")
    line = ""
    for item in items:
        if len(line) + len(item) > 116:
            print(line)
            line = ""
        line += (" " if line else "    ") + item + ","
    print(line + "\n};")


def main():
    print(f"// Made by tools/make_bert_normalizer_tables.py from tokenizers {tokenizers.__version__}. Do not edit.")
    print_table("// First code point of each run, and its class.\nconstexpr ClassRange kClassRanges[]", class_ranges())
    print_table("// Without accents: the decomposition, of which marks are left out.\nconstexpr Mapping kBaseLetters[]",
                mapping(STRIP, (c for c in POINTS if c not in HANGUL)))
    print_table("constexpr Mapping kLowerCase[]", mapping(LOWER, POINTS))


main()
