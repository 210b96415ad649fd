"""A GGUF file of the llama architecture as a Hugging Face model in F32 on the same, de-quantised, weights.

Needs numpy, gguf, torch, transformers, tokenizers. Used by the comparison tools; Tenfold itself never needs it.
"""
import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM


def permute(w, n_heads):
    """Rows of each head from transformers' (first half, second half) to GGUF's interleaved pairs."""
    return w.reshape(n_heads, 2, w.shape[0] // n_heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def unpermute(w, n_heads):
    return w.reshape(n_heads, w.shape[0] // n_heads // 2, 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def tensor_names(n_layers, n_heads, n_kv_heads):
    """(GGUF name, transformers name, heads whose rows are permuted or 0), without suffix, in the converter's order."""
    yield "token_embd", "model.embed_tokens", 0
    for i in range(n_layers):
        for ours, theirs, heads in (
                ("attn_norm", "input_layernorm", 0), ("ffn_down", "mlp.down_proj", 0), ("ffn_gate", "mlp.gate_proj", 0),
                ("ffn_up", "mlp.up_proj", 0), ("ffn_norm", "post_attention_layernorm", 0),
                ("attn_k", "self_attn.k_proj", n_kv_heads), ("attn_output", "self_attn.o_proj", 0),
                ("attn_q", "self_attn.q_proj", n_heads), ("attn_v", "self_attn.v_proj", 0)):
            yield f"blk.{i}.{ours}", f"model.layers.{i}.{theirs}", heads
    yield "output_norm", "model.norm", 0
    yield "output", "lm_head", 0


class GgufLlama:
    """One open file. metadata(key) is the value, or `default` when the file does not say."""

    def __init__(self, path):
        self._reader = gguf.GGUFReader(str(path))
        if self.metadata("general.architecture") != "llama":
            raise SystemExit(f"{path}: expected architecture llama, found {self.metadata('general.architecture')}")

    def metadata(self, key, default=None):
        field = self._reader.fields.get(key)
        return default if field is None else field.contents()

    def model(self):
        tensors = {t.name: t for t in self._reader.tensors}
        of = lambda key, default=None: self.metadata("llama." + key, default)
        if of("rope.scaling.type", "none") != "none" or of("expert_count", 0) or of("attention.sliding_window", 0):
            raise SystemExit("this tool knows neither rope scaling by key, nor experts, nor sliding windows")
        n_heads, n_kv_heads = of("attention.head_count"), of("attention.head_count_kv", of("attention.head_count"))
        config = LlamaConfig(
            vocab_size=int(tensors["token_embd.weight"].shape[1]), hidden_size=of("embedding_length"),
            intermediate_size=of("feed_forward_length"), num_hidden_layers=of("block_count"), num_attention_heads=n_heads,
            num_key_value_heads=n_kv_heads, head_dim=of("rope.dimension_count", of("embedding_length") // n_heads),
            max_position_embeddings=of("context_length"), rms_norm_eps=of("attention.layer_norm_rms_epsilon"),
            rope_parameters={"rope_type": "default", "rope_theta": of("rope.freq_base", 10000.0)},
            tie_word_embeddings="output.weight" not in tensors, attention_bias="blk.0.attn_q.bias" in tensors,
            mlp_bias="blk.0.ffn_up.bias" in tensors, attn_implementation="eager", dtype=torch.float32)
        model = LlamaForCausalLM(config).eval().float()
        params = dict(model.named_parameters())
        for ours, theirs, heads in tensor_names(of("block_count"), n_heads, n_kv_heads):
            for suffix in (".weight", ".bias"):
                if theirs + suffix not in params:
                    continue
                tensor = tensors.pop(ours + suffix)
                data = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(tuple(reversed(tensor.shape)))
                data = np.array(unpermute(data, heads) if heads else data, dtype=np.float32, order="C")
                params[theirs + suffix].data = torch.from_numpy(data)
        if (factors := tensors.pop("rope_freqs.weight", None)) is not None:
            model.model.rotary_emb.inv_freq /= torch.from_numpy(np.array(factors.data, dtype=np.float32))
        if tensors:
            raise SystemExit(f"tensors that this tool does not know: {sorted(tensors)}")
        return model

    def tokenizer(self):
        """Only the byte-level BPE of SmolLM2: digits one by one, then the GPT-2 pattern. No special tokens in text."""
        if (self.metadata("tokenizer.ggml.model"), self.metadata("tokenizer.ggml.pre")) != ("gpt2", "smollm"):
            raise SystemExit("this tool only knows the pre-tokenizer smollm")
        vocab = {t: i for i, t in enumerate(self.metadata("tokenizer.ggml.tokens"))}
        tok = Tokenizer(models.BPE(vocab, [tuple(m.split(" ")) for m in self.metadata("tokenizer.ggml.merges")]))
        tok.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        tok.decoder = decoders.ByteLevel()
        return tok

    def end_ids(self):
        tokens = self.metadata("tokenizer.ggml.tokens")
        named = {i for i, t in enumerate(tokens) if t in ("<|endoftext|>", "<|im_end|>")}
        return named | {self.metadata("tokenizer.ggml.eos_token_id")}
