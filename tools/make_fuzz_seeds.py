#!/usr/bin/env python3
"""Writes small valid files for the fuzzers of model files to start from: fuzz/corpus/gguf, fuzz/corpus/safetensors.

Needs: pip install gguf numpy safetensors.
"""
import json
import pathlib

import numpy as np
from gguf import GGMLQuantizationType, GGUFValueType, GGUFWriter
from safetensors.numpy import save

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "fuzz/corpus"


def write_gguf(path, with_tensors):
    writer = GGUFWriter(path, "llama")
    writer.add_key_value("a.u8", 1, GGUFValueType.UINT8)
    writer.add_key_value("a.i64", -1, GGUFValueType.INT64)
    writer.add_key_value("a.f32", 0.5, GGUFValueType.FLOAT32)
    writer.add_key_value("a.f64", 0.5, GGUFValueType.FLOAT64)
    writer.add_bool("a.bool", True)
    writer.add_array("a.strings", ["x", "yz"])
    writer.add_array("a.ints", [1, 2, 3])
    writer.add_array("a.bools", [True, False])
    if with_tensors:
        writer.add_custom_alignment(8)
        writer.add_tensor("t.f32", np.zeros((2, 3), dtype=np.float32))
        writer.add_tensor("t.q8_0", np.zeros((1, 34), dtype=np.uint8), raw_dtype=GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    gguf, safetensors = CORPUS / "gguf", CORPUS / "safetensors"
    gguf.mkdir(parents=True, exist_ok=True)
    safetensors.mkdir(parents=True, exist_ok=True)
    write_gguf(gguf / "vocabulary.gguf", with_tensors=False)
    write_gguf(gguf / "tensors.gguf", with_tensors=True)
    tensors = {"a": np.zeros((2, 2), dtype=np.float32), "b": np.zeros(3, dtype=np.uint8)}
    (safetensors / "two.safetensors").write_bytes(save(tensors, metadata={"format": "pt"}))
    index = {"metadata": {"total_size": 19}, "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}
    (safetensors / "index.json").write_text(json.dumps(index))


if __name__ == "__main__":
    main()
