"""llama.cpp's tokenizer, through llama-cpp-python, as the reference for Tenfold's; and vocabularies made up as GGUF.

Needs `pip install llama-cpp-python==0.3.36`, nothing else.
"""
import ctypes
import struct

import llama_cpp


def _silent(level, text, user_data):
    pass


_LOG = llama_cpp.llama_log_callback(_silent)  # kept alive: llama.cpp calls it until the end
llama_cpp.llama_log_set(_LOG, ctypes.c_void_p(0))

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


class LlamaTokenizer:
    """One vocabulary, loaded without its model."""

    def __init__(self, path):
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), params)
        if not self.model:
            raise ValueError(f"llama.cpp cannot load {path}")
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)

    def close(self):
        llama_cpp.llama_model_free(self.model)

    def encode(self, text: bytes, add_special=False, parse_special=False):
        size = len(text) + 16
        while True:
            ids = (llama_cpp.llama_token * size)()
            n = llama_cpp.llama_tokenize(self.vocab, text, len(text), ids, size, add_special, parse_special)
            if n >= 0:
                return list(ids[:n])
            size = -n

    def decode(self, ids):
        """The pieces of all ids, special tokens shown, without the space that encoding put before the text."""
        out = b""
        for i, token in enumerate(ids):
            out += self.piece(token, lstrip=1 if i == 0 and self.adds_space_prefix() else 0)
        return out

    def adds_space_prefix(self):
        # detokenize() drops the prefix that the file's flag adds; a space that stays was never added.
        if not hasattr(self, "_prefix"):
            value = ctypes.create_string_buffer(16)
            n = llama_cpp.llama_model_meta_val_str(self.model, b"tokenizer.ggml.add_space_prefix", value, 16)
            spm = llama_cpp.llama_vocab_type(self.vocab) == llama_cpp.LLAMA_VOCAB_TYPE_SPM
            self._prefix = spm and (n < 0 or value.value == b"true")
        return self._prefix

    def bos(self):
        return llama_cpp.llama_vocab_bos(self.vocab)

    def piece(self, token, lstrip=0):
        buffer = ctypes.create_string_buffer(8192)
        n = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, 8192, lstrip, True)
        return buffer.raw[:n]

    def end_of_generation(self):
        n = llama_cpp.llama_vocab_n_tokens(self.vocab)
        return [token for token in range(n) if llama_cpp.llama_vocab_is_eog(self.vocab, token)]

    def is_control(self, token):
        return llama_cpp.llama_vocab_is_control(self.vocab, token)


def tolerates(text: bytes):
    """False for bytes that make llama.cpp throw across its C interface: what looks like UTF-8 past U+10FFFF."""
    for at, byte in enumerate(text):
        if byte >= 0xF4:
            rest = text[at + 1:at + 4]
            if len(rest) == 3 and all(b & 0xC0 == 0x80 for b in rest) and byte < 0xF8 and (byte, rest[0]) >= (0xF4, 0x90):
                return False
    return True


def _string(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value):
    """A GGUF value with its type tag. Lists are typed by their first element."""
    if isinstance(value, bool):
        return struct.pack("<IB", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, (str, bytes)):
        return struct.pack("<I", 8) + _string(value)
    head = struct.pack("<I", 9)
    if isinstance(value[0], (str, bytes)):
        return head + struct.pack("<IQ", 8, len(value)) + b"".join(map(_string, value))
    kind, code = (6, "f") if isinstance(value[0], float) else (5, "i")
    return head + struct.pack(f"<IQ{len(value)}{code}", kind, len(value), *value)


def write_vocab_gguf(path, tokenizer, name="made up"):
    """A GGUF file of metadata only. tokenizer: what follows "tokenizer.ggml." → value; None values are left out."""
    keys = {"general.architecture": "llama", "general.name": name}
    keys |= {"tokenizer.ggml." + key: value for key, value in tokenizer.items() if value is not None}
    with open(path, "wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)))
        for key, value in keys.items():
            file.write(_string(key) + _value(value))
        file.write(b"\0" * (-file.tell() % 32))
