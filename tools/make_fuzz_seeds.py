#!/usr/bin/env python3
"""Writes small valid files for the fuzzers of model files to start from: fuzz/corpus/{gguf,safetensors,convert}, and images.

Needs: pip install gguf numpy safetensors.
"""
import base64
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


def write_checkpoint_files(folder):
    """What a checkpoint brings beside its weights; the first byte says what it is (fuzz/convert_fuzz.cc)."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"architectures": ["LlamaForCausalLM"], "hidden_size": 2, "intermediate_size": 2, "num_hidden_layers": 1,
              "num_attention_heads": 1, "num_key_value_heads": 1, "max_position_embeddings": 8, "rms_norm_eps": 1e-5,
              "rope_theta": 1e4, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
                                                  "original_max_position_embeddings": 4}, "tie_word_embeddings": True}
    (folder / "config").write_text("c" + json.dumps(config))
    pieces = {"type": "BPE", "byte_fallback": True, "unk_token": "<unk>", "merges": [["a", "b"]],
              "vocab": {"<unk>": 0, "<0x0A>": 1, "a": 2, "b": 3, "ab": 4}}
    (folder / "pieces").write_text("t" + json.dumps({
        "added_tokens": [{"id": 0, "content": "<unk>", "special": True}],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}]},
        "pre_tokenizer": None, "model": pieces,
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<unk>"}},
                                                                    {"Sequence": {"id": "A"}}]}}))
    (folder / "bytes").write_text("t" + json.dumps({
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False}]},
        "model": {"type": "BPE", "merges": ["a b"], "vocab": {"a": 0, "b": 1, "ab": 2}}}))
    piece = bytes([1 << 3 | 2, 1, ord("a"), 2 << 3 | 5, 0, 0, 0x80, 0xbf, 3 << 3, 1])
    (folder / "model").write_bytes(b"p" + bytes([1 << 3 | 2, len(piece)]) + piece)


# Of tests/data/images/kinds: one for each way through the decoders.
IMAGES = ["animated.png", "palette-alpha.png", "rgb-key.png", "rgba-interlaced.png", "rgba-lossy.webp", "turned-after.png",
          "turned-packed-profile.png", "turned-packed-xmp.png", "turned-profile.png", "turned-xmp.jpg", "turned6.webp",
          "within.webp", "ycck.jpg"]


def write_images(folder):
    folder.mkdir(parents=True, exist_ok=True)
    kinds = CORPUS.parent.parent / "tests" / "data" / "images" / "kinds"
    for name in IMAGES:
        (folder / name).write_bytes((kinds / name).read_bytes())
    text = base64.encodebytes((kinds / "grey2.png").read_bytes()).decode()
    (folder / "url-lines").write_text("data:image/png;base64," + text)
    (folder / "url-percent").write_text("DATA:;x=y; BASE64 ,%5Am9v%59mE#here")
    (folder / "url-bytes").write_text("data:image/png,%89PNG%0D%0A%1A%0A+")


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
    write_checkpoint_files(CORPUS / "convert")
    write_images(CORPUS / "image")


if __name__ == "__main__":
    main()
