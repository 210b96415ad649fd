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


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def bytes(self):
        n = self.number("Q")
        self.at += n
        return self.data[self.at - n:self.at]

    def value(self, kind):
        if kind == STRING:
            return self.bytes()
        if kind == ARRAY:
            element, n = self.number("I"), self.number("Q")
            return element, [self.value(element) for _ in range(n)]
        return self.number({0: "B", 1: "b", 2: "H", 3: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", 10: "Q", 11: "q", 12: "d"}[kind])


def padded_vocabulary(model, n_more, rename={}):
    """The bytes of a model, the first of whose tensors is token_embd, with more tokens that mean nothing and other names."""
    reader = _Reader(model)
    reader.at = 8
    n_tensors, n_keys = reader.number("Q"), reader.number("Q")
    entries = []
    for _ in range(n_keys):
        key, kind = reader.bytes().decode(), reader.number("I")
        entries.append([key, kind, reader.value(kind)])
    tensors = []
    for _ in range(n_tensors):
        name, n_dims = reader.bytes().decode(), reader.number("I")
        tensors.append([name, [reader.number("Q") for _ in range(n_dims)], reader.number("I"), reader.number("Q")])
    data = model[-(-reader.at // 32) * 32:]
    n_tokens, embedding_bytes = tensors[0][1][1], tensors[1][3]
    more = bytes(embedding_bytes // n_tokens * n_more)
    out = []
    for key, kind, value in entries:
        if key == "tokenizer.ggml.tokens":
            texts = [rename.get(i, text.decode()) for i, text in enumerate(value[1])]
            value = texts + [f"[PAD{n_tokens + i}]" for i in range(n_more)]
        elif key == "tokenizer.ggml.token_type":
            value = value[1] + [5] * n_more
        elif key.endswith(".vocab_size"):
            value += n_more
        elif kind == ARRAY:
            value = [item.decode() if value[0] == STRING else item for item in value[1]]
        elif kind == STRING:
            value = value.decode()
        out.append((key, (ARRAY, next(e[2][0] for e in entries if e[0] == key)) if kind == ARRAY else kind, value))
    shift = len(more)
    moved = [(name, dims, kind, offset + (shift if i > 0 else 0)) for i, (name, dims, kind, offset) in enumerate(tensors)]
    moved[0] = (tensors[0][0], [tensors[0][1][0], n_tokens + n_more], tensors[0][2], 0)
    return gguf(out, moved, data[:embedding_bytes] + more + data[embedding_bytes:])
