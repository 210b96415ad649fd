#!/usr/bin/env python3
"""Makes a tiny random Hugging Face checkpoint of every family and what transformers computes with it.

  python3 -m venv V && V/bin/pip install numpy gguf torch transformers tokenizers
  V/bin/python tools/make_family_checkpoints.py [--out tests/data/checkpoints] [NAME ...]

Each NAME/ is what `tenfold convert` takes: config.json, model.safetensors (F16, seeded), tokenizer.json and its settings
(links into tokenizer/, which all share). Beside it lies
  NAME.npy   f32 [rows, vocab_size]: logits of transformers in F32 on the same weights, for the last positions of the
             first prompt, then of the second one
  NAME.json  {"prompts": [ids, ids], "rows_a_prompt": n}
Weights are large enough that attention is peaked and logits differ: a wrong rotation, mask or expert must show.
"""
import argparse
import json
import pathlib
import shutil
import zlib

import numpy as np
import torch
import transformers as tf
from tokenizers import Tokenizer

import make_model_goldens as goldens

ROWS = 12
SPECIALS = goldens.SPECIALS + ["<|user|>", "<|observation|>", "<|image|>", "<|begin_of_image|>", "<|end_of_image|>",
                               "<|video|>", "<|image_pad|>", "<|vision_start|>", "<|vision_end|>", "<|video_pad|>"]
VOCAB = 320

SIZES = dict(vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=256, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
             pad_token_id=2, tie_word_embeddings=False)
DEFAULT_ROPE = {"rope_type": "default", "rope_theta": 10000.0}


def rope(**more):
    return {"rope_parameters": {**DEFAULT_ROPE, **more}}


def special(text):
    return SPECIALS.index(text)


def glm_vision():
    return dict(depth=1, hidden_size=32, num_heads=2, image_size=112, patch_size=14, out_hidden_size=64,
                intermediate_size=48, spatial_merge_size=2, temporal_patch_size=2, in_channels=3)


def glm4v():
    text = {**SIZES, "rms_norm_eps": 1e-5, "pad_token_id": None,
            **rope(partial_rotary_factor=0.5, mrope_section=[1, 2, 1])}
    config = tf.Glm4vConfig(text_config=text, vision_config=glm_vision(), image_token_id=special("<|image|>"),
                            video_token_id=special("<|video|>"), image_start_token_id=special("<|begin_of_image|>"),
                            image_end_token_id=special("<|end_of_image|>"), tie_word_embeddings=False)
    return tf.Glm4vForConditionalGeneration(config)


def glm_ocr():
    text = {**SIZES, "head_dim": 16, "pad_token_id": None,
            **rope(partial_rotary_factor=1.0, mrope_section=[2, 3, 3])}
    config = tf.GlmOcrConfig(text_config=text, vision_config=glm_vision(), image_token_id=special("<|image|>"),
                             video_token_id=special("<|video|>"), image_start_token_id=special("<|begin_of_image|>"),
                             image_end_token_id=special("<|end_of_image|>"), tie_word_embeddings=False)
    return tf.GlmOcrForConditionalGeneration(config)


def qwen2_5_vl():
    text = {**SIZES, "use_sliding_window": False, **rope(mrope_section=[2, 3, 3])}
    vision = dict(depth=1, hidden_size=32, num_heads=2, intermediate_size=48, out_hidden_size=64, patch_size=14,
                  window_size=56, fullatt_block_indexes=[0], spatial_merge_size=2, temporal_patch_size=2)
    config = tf.Qwen2_5_VLConfig(text_config=text, vision_config=vision, image_token_id=special("<|image_pad|>"),
                                 video_token_id=special("<|video_pad|>"),
                                 vision_start_token_id=special("<|vision_start|>"),
                                 vision_end_token_id=special("<|vision_end|>"), tie_word_embeddings=False)
    return tf.Qwen2_5_VLForConditionalGeneration(config)


def gemma2():
    return tf.Gemma2ForCausalLM(tf.Gemma2Config(**{
        **SIZES, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "head_dim": 16, "sliding_window": 12,
        "query_pre_attn_scalar": 24, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0,
        "tie_word_embeddings": True, "attn_implementation": "eager"}))  # the only one that caps scores


def gemma3():
    layer_types = ["sliding_attention"] * 5 + ["full_attention", "sliding_attention"]
    return tf.Gemma3ForCausalLM(tf.Gemma3TextConfig(**{
        **SIZES, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 7, "num_key_value_heads": 1,
        "head_dim": 16, "sliding_window": 12, "layer_types": layer_types, "query_pre_attn_scalar": 16,
        "tie_word_embeddings": True, "rope_parameters": {
            "sliding_attention": {"rope_type": "default", "rope_theta": 1000.0},
            "full_attention": {"rope_type": "linear", "rope_theta": 20000.0, "factor": 8.0}}}))


def lfm2():
    """Layers of both kinds, on either side of each other; the norms' epsilon is large enough to show."""
    sizes = {key: value for key, value in SIZES.items() if key != "rms_norm_eps"}
    layer_types = ["conv", "conv", "full_attention", "conv", "full_attention"]
    return tf.Lfm2ForCausalLM(tf.Lfm2Config(**{
        **sizes, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 5, "layer_types": layer_types,
        "norm_eps": 1e-2, "conv_L_cache": 3, "conv_bias": False, "block_auto_adjust_ff_dim": False,
        "tie_word_embeddings": True, "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0}}))


def phi3_long():
    """As Phi-4-mini: part of a head is rotated, with a divisor a pair."""
    return tf.Phi3ForCausalLM(tf.Phi3Config(**{
        **SIZES, "original_max_position_embeddings": 32, "tie_word_embeddings": True, "sliding_window": None, **rope(
            rope_type="longrope", partial_rotary_factor=0.75, original_max_position_embeddings=32,
            short_factor=[1.0, 1.1, 1.3, 1.4, 1.9, 2.0], long_factor=[1.5, 2.5, 3.5, 4.5, 6.5, 8.5])}))


def yarn(**more):
    """With a pair of each sort: one that keeps its frequency, some that are blended, some that are slowed down."""
    return {"num_hidden_layers": 1, "intermediate_size": 48, "max_position_embeddings": 64, "tie_word_embeddings": True, **rope(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=1.0, **more)}


MOE = dict(num_experts=8, num_experts_per_tok=3, moe_intermediate_size=32, norm_topk_prob=True)


def glm4_moe(**more):
    return tf.Glm4MoeForCausalLM(tf.Glm4MoeConfig(**{
        **SIZES, "num_hidden_layers": 3, "head_dim": 16, "n_routed_experts": 8, "num_experts_per_tok": 3,
        "moe_intermediate_size": 32, "n_shared_experts": 1, "first_k_dense_replace": 1, "norm_topk_prob": True,
        "attention_bias": True, "routed_scaling_factor": 1.5, **rope(partial_rotary_factor=0.5), **more}))


FAMILIES = {
    "llama": lambda: tf.LlamaForCausalLM(tf.LlamaConfig(**SIZES, **{"rope_parameters": goldens.LLAMA3_ROPE})),
    "mistral": lambda: tf.MistralForCausalLM(tf.MistralConfig(**{**SIZES, "head_dim": 24, "sliding_window": 16})),
    "qwen2": lambda: tf.Qwen2ForCausalLM(tf.Qwen2Config(**{**SIZES, "tie_word_embeddings": True})),
    "qwen2-yarn": lambda: tf.Qwen2ForCausalLM(tf.Qwen2Config(**{**SIZES, **yarn(beta_slow=0.05)})),
    "qwen3": lambda: tf.Qwen3ForCausalLM(tf.Qwen3Config(**{**SIZES, "head_dim": 24})),
    "qwen3moe": lambda: tf.Qwen3MoeForCausalLM(tf.Qwen3MoeConfig(**{**SIZES, "head_dim": 24, **MOE})),
    "gemma2": gemma2,
    "gemma3": gemma3,
    "lfm2": lfm2,
    "phi3": lambda: tf.Phi3ForCausalLM(tf.Phi3Config(**{**SIZES, "sliding_window": None})),
    "phi3-long": phi3_long,
    "smollm3": lambda: tf.SmolLM3ForCausalLM(tf.SmolLM3Config(**{**SIZES, "num_hidden_layers": 4,
                                                                 "tie_word_embeddings": True, "no_rope_layer_interval": 4})),
    "chatglm": lambda: tf.GlmForCausalLM(tf.GlmConfig(**{**SIZES, "head_dim": 16, "attention_bias": True,
                                                         **rope(partial_rotary_factor=0.5)})),
    "chatglm-edge": lambda: tf.GlmForCausalLM(tf.GlmConfig(**{**SIZES, "head_dim": 16, "attention_bias": False,
                                                              "tie_word_embeddings": True,
                                                              **rope(partial_rotary_factor=1.0)})),
    "glm4": lambda: tf.Glm4ForCausalLM(tf.Glm4Config(**{**SIZES, "head_dim": 16, "attention_bias": True,
                                                        **rope(partial_rotary_factor=0.5)})),
    "glm4-yarn": lambda: tf.Glm4ForCausalLM(tf.Glm4Config(**{
        **SIZES, "head_dim": 24, "attention_bias": True,
        **yarn(beta_slow=0.02, attention_factor=1.3, partial_rotary_factor=0.5)})),
    "glm4v": glm4v,
    "glm-ocr": glm_ocr,
    "glm4moe": lambda: glm4_moe(),
    "glm4moe-qk-norm": lambda: glm4_moe(use_qk_norm=True, num_hidden_layers=2),
    "qwen2.5vl": qwen2_5_vl,
}


def set_random_weights(model, seed):
    """Of F16's precision, so that the file holds exactly what transformers computes with."""
    rng = np.random.default_rng(seed)
    centre = 0.0 if "gemma" in type(model).__name__.lower() else 1.0  # Gemma's norms multiply by 1 + weight
    buffers = [(n, b) for n, b in model.named_buffers() if n.endswith("e_score_correction_bias")]
    for name, p in [*model.named_parameters(), *buffers]:
        if "norm" in name and name.endswith("weight"):
            w = centre + rng.uniform(-0.4, 0.4, p.shape)
        elif name.endswith("bias"):
            w = rng.normal(0, 0.3, p.shape)
        else:
            gain = 2.0 if "q_proj" in name or "k_proj" in name else 1.0
            w = rng.normal(0, 0.3 if "embed" in name else gain / np.sqrt(np.prod(p.shape[1:])), p.shape)
        p.data = torch.from_numpy(w.astype(np.float16).astype(np.float32))


@torch.no_grad()
def logits_of(model, prompt):
    return model(input_ids=torch.tensor([prompt])).logits[0].numpy()


def write_tokenizer(folder):
    """Returns the tokenizer; makes tokenizer/ with what goes into every checkpoint."""
    goldens.SPECIALS[:] = SPECIALS
    tok = goldens.train_tokenizer(VOCAB)
    folder.mkdir(parents=True, exist_ok=True)
    tok.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|im_start|>", "eos_token": "<|im_end|>",
                "unk_token": "<|endoftext|>", "pad_token": "<|im_end|>", "add_bos_token": False,
                "clean_up_tokenization_spaces": False, "model_max_length": 256}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    (folder / "chat_template.jinja").write_text(goldens.TEMPLATE)
    return tok


def write_image_settings(folder, config):
    """What the image processor of a model with a vision tower is told."""
    vision = getattr(config, "vision_config", None)
    if vision is None:
        return
    settings = {"image_processor_type": "Glm4vImageProcessor" if "Glm" in type(config).__name__ else "Qwen2VLImageProcessor",
                "patch_size": vision.patch_size, "temporal_patch_size": 2, "merge_size": 2,
                "size": {"shortest_edge": 12544, "longest_edge": 9633792},
                "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def make(name, tok, out):
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    seed = zlib.crc32(name.encode())  # not by its place, so that another family changes none
    torch.manual_seed(seed)
    model = FAMILIES[name]().eval().float()
    set_random_weights(model, seed)
    ids = tok.encode(goldens.CORPUS).ids
    prompts = [ids[:48], ids[60:91]]
    rows = np.concatenate([logits_of(model, p)[-ROWS:] for p in prompts])
    model.half().save_pretrained(folder)
    write_image_settings(folder, model.config)
    for file in sorted((out / "tokenizer").iterdir()):
        (folder / file.name).symlink_to(pathlib.Path("..") / "tokenizer" / file.name)
    np.save(out / f"{name}.npy", rows.astype(np.float32))
    (out / f"{name}.json").write_text(json.dumps({"prompts": prompts, "rows_a_prompt": ROWS}) + "\n")
    n_bytes = sum(f.stat().st_size for f in folder.iterdir() if not f.is_symlink())
    print(f"{name:16} {n_bytes:7} bytes  logits sd {rows.std():.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("tests/data/checkpoints"))
    parser.add_argument("names", nargs="*", metavar="NAME", default=list(FAMILIES))
    args = parser.parse_args()
    tok = write_tokenizer(args.out / "tokenizer")
    for name in args.names:
        make(name, tok, args.out)


if __name__ == "__main__":
    main()
