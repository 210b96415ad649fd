#!/usr/bin/env python3
"""Writes src/tokenizer/unicode_class_ranges.inc: the class of every Unicode code point.

Needs a Python whose unicodedata is Unicode 15.1 (Python 3.13): that is the version behind llama.cpp's tables, whose
token ids are Tenfold's reference. Another version would split text that holds newer characters differently.

    python3.13 tools/make_unicode_tables.py > src/tokenizer/unicode_class_ranges.inc
"""
import sys
import unicodedata

WHITE_SPACE = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
               *range(0x2000, 0x200B)}  # the White_Space property, stable since Unicode 6.3
CLASS_OF_CATEGORY = {"L": "kLetter", "N": "kNumber", "M": "kMark", "P": "kPunctuation", "S": "kSymbol"}


def char_class(code_point):
    if code_point in WHITE_SPACE:
        return "kSpace"
    return CLASS_OF_CATEGORY.get(unicodedata.category(chr(code_point))[0], "kOther")


def main():
    if unicodedata.unidata_version != "15.1.0":
        sys.exit(f"expected Unicode 15.1.0 (Python 3.13), found {unicodedata.unidata_version}")
    ranges = []
    for code_point in range(0x110000):
        name = char_class(code_point)
        if not ranges or ranges[-1][1] != name:
            ranges.append((code_point, name))
    print("// Made by tools/make_unicode_tables.py from Unicode 15.1: first code point of each run, and its class.")
    line = ""
    for first, name in ranges:
        item = f"{{0x{first:X}, {name}}},"
        if len(line) + 1 + len(item) > 118:
            print(line)
            line = ""
        line += (" " if line else "") + item
    print(line)


main()
