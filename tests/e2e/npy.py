"""NumPy files without NumPy."""

import array
import ast
import sys

from program import expect, expect_equal


def read_f32(path):
    """(shape, values) of a little-endian f32 file; checks the header to the letter."""
    data = open(path, "rb").read()
    expect_equal(data[:8], b"\x93NUMPY\x01\x00", f"{path}: magic and version")
    size = int.from_bytes(data[8:10], "little")
    header = ast.literal_eval(data[10 : 10 + size].decode("ascii").strip())
    expect_equal(header["descr"], "<f4", f"{path}: descr")
    expect_equal(header["fortran_order"], False, f"{path}: fortran_order")
    expect_equal((10 + size) % 64, 0, f"{path}: alignment of the data")
    values = array.array("f", data[10 + size :])
    if sys.byteorder == "big":
        values.byteswap()
    n = 1
    for dim in header["shape"]:
        n *= dim
    expect_equal(len(values), n, f"{path}: elements")
    return header["shape"], values


def nmse(found, expected):
    """mean((a - b)^2) / var(b)"""
    mean = sum(expected) / len(expected)
    variance = sum((b - mean) ** 2 for b in expected)
    return sum((a - b) ** 2 for a, b in zip(found, expected)) / variance
