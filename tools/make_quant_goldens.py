#!/usr/bin/env python3
"""Writes src/tensor/testdata/quant_goldens.bin: what the Python package `gguf` makes of random blocks.

Needs: pip install gguf numpy. The same seed and versions give the same file.

The file is a sequence of records, all numbers little-endian:
    u32 ggml type | u32 direction | u32 n elements | u32 bytes of blocks | n f32 | blocks
direction 0: the floats are what the blocks de-quantise to; 1: the blocks are what the floats quantise to.
"""
import pathlib
import struct

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize, quantize

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/tensor/testdata/quant_goldens.bin"

# Where a block keeps its f16 scales; all other bytes may be anything.
SCALE_OFFSETS = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.IQ4_NL: [0], T.IQ4_XS: [0],
    T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}
QUANTIZED_BY_GGUF = [T.F16, T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0]
# 0, −0, smallest and largest subnormal, smallest normal, largest; the other scales are random finite ones.
EDGE_HALVES = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF]


def finite_halves(rng, n):
    halves = rng.integers(0, 0x7C00, n, dtype=np.uint16) | (rng.integers(0, 2, n, dtype=np.uint16) << 15)
    halves[: len(EDGE_HALVES)] = EDGE_HALVES[:n]
    return halves


def random_blocks(rng, qtype, n_blocks):
    if qtype == T.F32:
        return rng.standard_normal(n_blocks).astype(np.float32).view(np.uint8)
    if qtype == T.F16:
        return finite_halves(rng, n_blocks).view(np.uint8)
    if qtype == T.BF16:
        bits = rng.integers(0, 0x7F80, n_blocks, dtype=np.uint16) | (rng.integers(0, 2, n_blocks, dtype=np.uint16) << 15)
        return bits.view(np.uint8)
    blocks = rng.integers(0, 256, (n_blocks, GGML_QUANT_SIZES[qtype][1]), dtype=np.uint8)
    for offset in SCALE_OFFSETS[qtype]:
        blocks[:, offset : offset + 2] = finite_halves(rng, n_blocks).view(np.uint8).reshape(n_blocks, 2)
    return blocks.reshape(-1)


def random_values(rng):
    """64 blocks of 32: ordinary, of many magnitudes, with ties of two extremes, constant, zero, nearly zero."""
    values = rng.standard_normal((64, 32)) * np.exp2(rng.integers(-12, 8, (64, 1)))
    values[0] = 0
    values[1] = 0.25
    values[2] = -3
    values[3, 5], values[3, 9] = 100, -100
    values[4, 5], values[4, 9] = -100, 100
    values[5] = np.arange(32) - 16
    values[6] = np.arange(32) * 0.5
    values[7] *= 2.0**-20
    values[8] *= 0
    values[8, 31] = -1
    return values.astype(np.float32).reshape(-1)


def record(qtype, direction, floats, blocks):
    floats = np.ascontiguousarray(floats, dtype=np.float32)
    return struct.pack("<4I", qtype, direction, floats.size, blocks.nbytes) + floats.tobytes() + blocks.tobytes()


def main():
    rng = np.random.default_rng(20250101)
    out = b""
    for qtype in [T.F32, T.F16, T.BF16, *SCALE_OFFSETS]:
        block_elems = GGML_QUANT_SIZES[qtype][0]
        blocks = random_blocks(rng, qtype, {1: 256, 32: 32, 256: 10}[block_elems])
        out += record(qtype, 0, dequantize(blocks, qtype), blocks)
    values = random_values(rng)
    for qtype in QUANTIZED_BY_GGUF:
        out += record(qtype, 1, values, np.ascontiguousarray(quantize(values, qtype)).view(np.uint8))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(out)
    print(f"{OUT}: {len(out)} bytes")


if __name__ == "__main__":
    main()
