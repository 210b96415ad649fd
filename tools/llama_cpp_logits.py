"""llama.cpp, through llama-cpp-python 0.3.36, as a function from token ids to logits. Used by the comparison tools."""
import ctypes

import llama_cpp
import numpy as np

_quiet = llama_cpp.llama_log_callback(lambda *_: None)
llama_cpp.llama_log_set(_quiet, ctypes.c_void_p(0))

F32, F16 = 0, 1  # ggml's numbers


class Model:
    """One loaded file. kv: the cache's element type; F32 without flash attention is llama.cpp at its most exact."""

    def __init__(self, path, n_ctx=512, kv=F32, flash_attn=False, n_threads=2):
        self._llama = llama_cpp.Llama(str(path), n_ctx=n_ctx, n_batch=n_ctx, n_ubatch=n_ctx, n_threads=n_threads,
                                      n_threads_batch=n_threads, logits_all=True, type_k=kv, type_v=kv,
                                      flash_attn=flash_attn, verbose=False)

    def tokenize(self, text):
        return self._llama.tokenize(text.encode(), add_bos=False, special=False)

    def logits(self, ids):
        """f32 [len(ids), vocab], computed in one batch from an empty cache."""
        self._llama.reset()
        self._llama._ctx.kv_cache_clear()
        self._llama.eval(ids)
        return np.array(self._llama.scores[:len(ids)], dtype=np.float32)
