"""Small GGUF files made by hand: those that no model ever looked like, but that are well formed."""

import struct

U32, F32, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5


def _string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind, value):
    if kind == STRING:
        return _string(value)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], value)


def _entry(key, kind, value):
    if isinstance(kind, tuple):  # (ARRAY, type of its elements)
        items = b"".join(_value(kind[1], item) for item in value)
        return _string(key) + struct.pack("<IIQ", ARRAY, kind[1], len(value)) + items
    return _string(key) + struct.pack("<I", kind) + _value(kind, value)


def gguf(entries, tensors=(), data=b""):
    """entries: (key, kind, value); tensors: (name, dims, ggml_type, offset)."""
    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    out += b"".join(_entry(*entry) for entry in entries)
    for name, dims, ggml_type, offset in tensors:
        out += _string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, ggml_type, offset)
    out += bytes(-len(out) % 32)
    return out + data


def vocabulary(architecture="martian", pre="gpt-2"):
    """A vocabulary of three tokens and nothing else."""
    return [
        ("general.architecture", STRING, architecture),
        ("tokenizer.ggml.model", STRING, "gpt2"),
        ("tokenizer.ggml.pre", STRING, pre),
        ("tokenizer.ggml.tokens", (ARRAY, STRING), ["a", "b", "ab", "<end>"]),
        ("tokenizer.ggml.token_type", (ARRAY, I32), [1, 1, 1, 3]),
        ("tokenizer.ggml.merges", (ARRAY, STRING), ["a b"]),
        ("tokenizer.ggml.eos_token_id", U32, 3),
    ]
