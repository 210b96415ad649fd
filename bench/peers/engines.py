"""The other engines, each as a function (model path, settings) → figures. Every one runs in a process of its own.

  engines.py ENGINE '{"model": …, "threads": …, "prompt": …, "gen": …, "depth": …, "kv": "f16"}'

prints {"load_s", "prefill_tokens_per_s", "decode_tokens_per_s", "peak_rss_bytes"}: prefill is one call with all prompt tokens,
decode single-token steps after `depth` tokens, each the best of three.
"""
import ctypes
import json
import pathlib
import sys
import time

TOKENS = [(7 * i + 13) % 40000 + 10 for i in range(20000)]
REPEATS = 3


def seconds(action):
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def llama_cpp(s):
    """llama.cpp with flash attention and the best settings for two cores: one micro-batch for the prompt."""
    import llama_cpp as lib
    quiet = lib.llama_log_callback(lambda *_: None)
    lib.llama_log_set(quiet, ctypes.c_void_p(0))
    kv = {"f16": 1, "q8_0": 8}[s["kv"]]
    begin = time.perf_counter()
    model = lib.Llama(s["model"], n_ctx=max(2048, s["prompt"], s["depth"] + s["gen"] + 8), n_threads=s["threads"],
                      n_threads_batch=s["threads"], n_batch=512, n_ubatch=512, flash_attn=True, type_k=kv, type_v=kv, verbose=False)
    load_s = time.perf_counter() - begin
    batch = lib.llama_batch_init(1, 0, 1)

    def forget():
        model.reset()
        model._ctx.kv_cache_clear()

    def decode():
        for i in range(s["gen"]):
            batch.n_tokens, batch.token[0], batch.pos[0] = 1, TOKENS[i], s["depth"] + i
            batch.n_seq_id[0], batch.seq_id[0][0], batch.logits[0] = 1, 0, 1
            if lib.llama_decode(model._ctx.ctx, batch) != 0:
                raise RuntimeError("llama_decode failed")

    prefill_s, decode_s = [], []
    for r in range(REPEATS):
        forget()
        prefill_s.append(seconds(lambda: model.eval(TOKENS[r:r + s["prompt"]])))
        forget()
        model.eval(TOKENS[:s["depth"]])
        decode_s.append(seconds(decode))
    return load_s, s["prompt"] / min(prefill_s), s["gen"] / min(decode_s)


def openvino(s):
    """OpenVINO GenAI, which decodes after the prompt and caches prefixes, hence other tokens each time."""
    import numpy
    import openvino as ov
    import openvino_genai
    begin = time.perf_counter()
    pipeline = openvino_genai.LLMPipeline(s["model"], "CPU", INFERENCE_NUM_THREADS=s["threads"])
    load_s = time.perf_counter() - begin
    config = openvino_genai.GenerationConfig()
    config.max_new_tokens, config.ignore_eos, config.do_sample, config.apply_chat_template = s["gen"], True, False, False
    prefill = decode = 0
    for r in range(REPEATS):
        ids = numpy.array([TOKENS[r * 600:r * 600 + s["prompt"]]], dtype=numpy.int64)
        inputs = openvino_genai.TokenizedInputs(ov.Tensor(ids), ov.Tensor(numpy.ones_like(ids)))
        metrics = pipeline.generate(inputs, config).perf_metrics
        prefill = max(prefill, s["prompt"] * 1000 / metrics.get_ttft().mean)
        decode = max(decode, 1000 / metrics.get_tpot().mean)
    return load_s, prefill, decode


ENGINES = {"llama.cpp": llama_cpp, "openvino": openvino}


def peak_rss_bytes():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main():
    load_s, prefill, decode = ENGINES[sys.argv[1]](json.loads(sys.argv[2]))
    print(json.dumps({"load_s": load_s, "prefill_tokens_per_s": prefill, "decode_tokens_per_s": decode,
                      "peak_rss_bytes": peak_rss_bytes()}))


if __name__ == "__main__":
    main()
