#!/usr/bin/env python3
"""Makes tiny random models that see, and what Hugging Face transformers and Pillow compute with them.

  python3 -m venv V && V/bin/pip install numpy gguf torch transformers tokenizers 'pillow<13'
  V/bin/python tools/make_vision_goldens.py [--data tests/data]

vision/NAME.gguf         the text model, vision/NAME-mmproj.gguf its vision tower, as llama.cpp's converter names things
vision/NAME.json         pictures (sizes of images; see drawn_image()), prompt ids with one placeholder an image, M-RoPE positions [3, n]
vision/NAME-rows.npy     f32 [tokens of all images, model_dim]: what the tower makes of them
vision/NAME-logits.npy   f32 [rows, vocab_size]: of the last positions of the prompt
vision/glm4v-q8_0-*      the first tower again with Q8_0 matrices, and its rows
vision/pixels.npy        f32 [patches, 588]: images/picture.png as both models' own processors (PIL) hand it to the tower
vision/sizes.json        [[width, height, glm width, glm height, qwen width, qwen height]]: of the processors, 0 if refused
vision/checkpoint-NAME.npy  f32 rows of the towers of tools/make_family_checkpoints.py
images/picture*.png      an image, and Pillow's bicubic resizings of it
"""
import argparse
import json
import pathlib
from dataclasses import dataclass, replace

import gguf
import numpy as np
import torch
import transformers as tf
from gguf import GGMLQuantizationType as T
from PIL import Image
from transformers.models.glm4v.image_processing_pil_glm4v import Glm4vImageProcessorPil, smart_resize as glm_size
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize as qwen_size

import make_family_checkpoints as families
import make_model_goldens as goldens

IMAGES = [(56, 112), (84, 56), (84, 196)]  # width, height; the last one has a phone's shape
N_ROWS = 40
MAX_PIXELS = {"glm4v": 9633792, "qwen2.5vl": 12845056}  # of the checkpoints' preprocessor_config.json
MIN_PIXELS = {"glm4v": 12544, "qwen2.5vl": 3136}


@dataclass
class Model:
    name: str
    arch: str
    projector: str
    placeholder: str
    begin: str
    end: str
    matrix_type: T = T.F16


GLM = Model("glm4v", "glm4", "glm4v", "<|image|>", "<|begin_of_image|>", "<|end_of_image|>")
QWEN = Model("qwen2.5vl", "qwen2vl", "qwen2.5vl_merger", "<|image_pad|>", "<|vision_start|>", "<|vision_end|>")


def drawn_image(width, height):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([((x * 7 + y * 13 + c * 101) ^ (x * y * 3)) & 255 for c in range(3)], -1).astype(np.uint8)


def template(m):
    return ("{%- for message in messages -%}{{ '<|im_start|>' + message['role'] + '\n' }}"
            "{%- if message['content'] is string -%}{{ message['content'] }}{%- else -%}"
            "{%- for part in message['content'] -%}{%- if part['type'] == 'image' -%}"
            "{{ '" + m.begin + m.placeholder + m.end + "' }}{%- else -%}{{ part['text'] }}{%- endif -%}{%- endfor -%}"
            "{%- endif -%}{{ '<|im_end|>\n' }}{%- endfor -%}"
            "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}")


def special(text):
    return families.SPECIALS.index(text)


def glm4v():
    vision = dict(depth=3, hidden_size=32, num_heads=2, image_size=84, patch_size=14, out_hidden_size=64,
                  intermediate_size=96, spatial_merge_size=2, temporal_patch_size=2, in_channels=3)
    text = {**families.SIZES, "pad_token_id": None,
            **families.rope(partial_rotary_factor=0.5, mrope_section=[1, 2, 1])}
    config = tf.Glm4vConfig(text_config=text, vision_config=vision, image_token_id=special(GLM.placeholder),
                            video_token_id=special("<|video|>"), image_start_token_id=special(GLM.begin),
                            image_end_token_id=special(GLM.end), tie_word_embeddings=False)
    return tf.Glm4vForConditionalGeneration(config)


def qwen2_5_vl():
    # An FFN of 90: no multiple of a block, as the real one's 3420.
    vision = dict(depth=4, hidden_size=32, num_heads=2, intermediate_size=90, out_hidden_size=64, patch_size=14,
                  window_size=56, fullatt_block_indexes=[1, 3], spatial_merge_size=2, temporal_patch_size=2)
    text = {**families.SIZES, "use_sliding_window": False, **families.rope(mrope_section=[2, 3, 3])}
    config = tf.Qwen2_5_VLConfig(text_config=text, vision_config=vision, image_token_id=special(QWEN.placeholder),
                                 video_token_id=special("<|video_pad|>"), vision_start_token_id=special(QWEN.begin),
                                 vision_end_token_id=special(QWEN.end), tie_word_embeddings=False)
    return tf.Qwen2_5_VLForConditionalGeneration(config)


class Writer:
    """Writes tensors and puts what the file holds back into the model, so that both have the same numbers."""

    def __init__(self, path, arch, m):
        self.gguf = gguf.GGUFWriter(path, arch)
        self.matrix_type = m.matrix_type

    def add(self, name, param, rows=None, order=None):
        """rows: a slice of the parameter's; order: of its rows in the file."""
        data = param.data.numpy() if rows is None else param.data.numpy()[rows]
        if order is not None:
            data = data[order]
        # As llama.cpp's converter: convolutions stay of 16 bits, vectors and positions are F32.
        dtype = T.F32 if data.ndim == 1 or "position_embd" in name else T.F16 if data.ndim > 2 else self.matrix_type
        if data.ndim == 2 and data.shape[1] % 32:
            dtype = T.F16
        raw = gguf.quantize(np.ascontiguousarray(data), dtype)
        back = gguf.dequantize(raw, dtype).reshape(data.shape)
        if order is not None:
            back = back[np.argsort(order)]
        target = param.data if rows is None else param.data[rows]
        target.copy_(torch.from_numpy(np.array(back, dtype=np.float32)))
        self.gguf.add_tensor(name, raw, raw_dtype=dtype)

    def close(self):
        self.gguf.write_header_to_file()
        self.gguf.write_kv_data_to_file()
        self.gguf.write_tensors_to_file()
        self.gguf.close()


def write_text(path, m, model, tok):
    config = model.config.text_config
    out = Writer(path, m.arch, m)
    w = out.gguf
    w.add_type("model")
    w.add_name(f"Tenfold test model {m.name}")
    w.add_license("apache-2.0")
    w.add_block_count(config.num_hidden_layers)
    w.add_context_length(512)
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(config.num_attention_heads)
    w.add_head_count_kv(config.num_key_value_heads)
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])
    head_dim = config.hidden_size // config.num_attention_heads
    n_rot = int(head_dim * config.rope_parameters.get("partial_rotary_factor", 1.0))
    w.add_rope_dimension_count(n_rot)
    w.add_rope_dimension_sections([*config.rope_parameters["mrope_section"], 0])
    goldens.TEMPLATE = template(m)
    goldens.add_vocabulary(w, tok)
    # A head's rotated elements as the file has them: the even ones, then the odd ones.
    first = np.arange(n_rot).reshape(-1, 2).T.reshape(-1) if m.arch == "glm4" else np.arange(n_rot)
    head = np.concatenate([first, np.arange(n_rot, head_dim)])
    text, params = model.model.language_model, dict(model.named_parameters())
    out.add("token_embd.weight", text.embed_tokens.weight)
    out.add("output_norm.weight", text.norm.weight)
    out.add("output.weight", params["lm_head.weight"])
    for i, layer in enumerate(text.layers):
        blk = f"blk.{i}."
        attention = layer.self_attn
        for name, projection, heads in (("q", attention.q_proj, config.num_attention_heads),
                                        ("k", attention.k_proj, config.num_key_value_heads), ("v", attention.v_proj, 0)):
            order = np.concatenate([h * head_dim + head for h in range(heads)]) if heads else None
            out.add(f"{blk}attn_{name}.weight", projection.weight, order=order)
            if projection.bias is not None:
                out.add(f"{blk}attn_{name}.bias", projection.bias, order=order)
        out.add(f"{blk}attn_output.weight", attention.o_proj.weight)
        out.add(f"{blk}attn_norm.weight", layer.input_layernorm.weight)
        out.add(f"{blk}ffn_norm.weight", layer.post_attention_layernorm.weight)
        out.add(f"{blk}ffn_down.weight", layer.mlp.down_proj.weight)
        if m.arch == "glm4":
            out.add(f"{blk}post_attention_norm.weight", layer.post_self_attn_layernorm.weight)
            out.add(f"{blk}post_ffw_norm.weight", layer.post_mlp_layernorm.weight)
            out.add(f"{blk}ffn_up.weight", layer.mlp.gate_up_proj.weight)
        else:
            out.add(f"{blk}ffn_gate.weight", layer.mlp.gate_proj.weight)
            out.add(f"{blk}ffn_up.weight", layer.mlp.up_proj.weight)
    out.close()


def write_tower(path, m, model):
    config, visual = model.config.vision_config, model.model.visual
    out = Writer(path, "clip", m)
    w = out.gguf
    w.add_type("mmproj")
    w.add_name(f"Tenfold test model {m.name}")
    w.add_license("apache-2.0")
    w.add_clip_has_vision_encoder(True)
    w.add_clip_projector_type(m.projector)
    w.add_vision_projection_dim(config.out_hidden_size)
    w.add_vision_image_size(getattr(config, "image_size", 560))
    w.add_vision_patch_size(config.patch_size)
    w.add_vision_embedding_length(config.hidden_size)
    w.add_vision_feed_forward_length(config.intermediate_size)
    w.add_vision_block_count(config.depth)
    w.add_vision_head_count(config.num_heads)
    w.add_vision_image_mean(list(Glm4vImageProcessorPil.image_mean))
    w.add_vision_image_std(list(Glm4vImageProcessorPil.image_std))
    w.add_vision_use_silu(True)
    w.add_vision_attention_layernorm_eps(1e-5 if m.arch != QWEN.arch else 1e-6)
    patches = visual.patch_embed.proj.weight
    for frame, suffix in ((0, ""), (1, ".1")):
        frame_weights = torch.nn.Parameter(patches.data[:, :, frame].clone())
        out.add(f"v.patch_embd.weight{suffix}", frame_weights)
        patches.data[:, :, frame] = frame_weights.data
    dim = config.hidden_size
    for i, block in enumerate(visual.blocks):
        blk = f"v.blk.{i}."
        out.add(blk + "ln1.weight", block.norm1.weight)
        out.add(blk + "ln2.weight", block.norm2.weight)
        if m.arch == QWEN.arch:
            for j, name in enumerate("qkv"):
                out.add(f"{blk}attn_{name}.weight", block.attn.qkv.weight, rows=slice(j * dim, (j + 1) * dim))
                out.add(f"{blk}attn_{name}.bias", block.attn.qkv.bias, rows=slice(j * dim, (j + 1) * dim))
        else:
            out.add(blk + "attn_qkv.weight", block.attn.qkv.weight)
        for name, linear in (("attn_out", block.attn.proj), ("ffn_gate", block.mlp.gate_proj),
                             ("ffn_up", block.mlp.up_proj), ("ffn_down", block.mlp.down_proj)):
            out.add(f"{blk}{name}.weight", linear.weight)
            if linear.bias is not None:
                out.add(f"{blk}{name}.bias", linear.bias)
    if m.arch == QWEN.arch:
        w.add_vision_n_wa_pattern(config.fullatt_block_indexes[0] + 1)
        w.add_uint32("clip.vision.window_size", config.window_size)
        out.add("v.post_ln.weight", visual.merger.ln_q.weight)
        for i in (0, 2):
            out.add(f"mm.{i}.weight", visual.merger.mlp[i].weight)
            out.add(f"mm.{i}.bias", visual.merger.mlp[i].bias)
    else:
        out.add("v.patch_embd.bias", visual.patch_embed.proj.bias)
        out.add("v.norm_embd.weight", visual.post_conv_layernorm.weight)
        out.add("v.position_embd.weight", visual.embeddings.position_embedding.weight)
        out.add("v.post_ln.weight", visual.post_layernorm.weight)
        out.add("mm.patch_merger.weight", visual.downsample.weight)
        out.add("mm.patch_merger.bias", visual.downsample.bias)
        merger = visual.merger
        out.add("mm.model.fc.weight", merger.proj.weight)
        out.add("mm.post_norm.weight", merger.post_projection_norm.weight)
        out.add("mm.post_norm.bias", merger.post_projection_norm.bias)
        for name in ("gate", "up", "down"):
            out.add(f"mm.{name}.weight", getattr(merger, name + "_proj").weight)
    out.close()


def tower_rows(processor, model):
    inputs = [pixels(processor, [drawn_image(*size)]) for size in IMAGES]
    rows = [model.model.visual(i["pixel_values"], grid_thw=i["image_grid_thw"]).pooler_output.numpy() for i in inputs]
    return np.concatenate(rows).astype(np.float32)


def pixels(processor, images):
    return processor(images=[Image.fromarray(a) for a in images], do_resize=False, return_tensors="pt")


@torch.no_grad()
def make(m, model, processor, tok, out):
    families.set_random_weights(model, 11 if m.arch == "glm4" else 12)
    write_tower(out / f"{m.name}-mmproj.gguf", m, model)
    write_text(out / f"{m.name}.gguf", m, model, tok)
    rows = tower_rows(processor, model)
    np.save(out / f"{m.name}-rows.npy", rows)

    def ids(text):
        return tok.encode(text).ids

    image = [special(m.begin), special(m.placeholder), special(m.end)]
    prompt = (ids("The river turns before the mill") + image + ids("and the wheel stands still") + image +
              ids("until the evening") + image + ids("Where?"))
    tokens, kinds, n_seen = [], [], 0
    for token in prompt:  # each placeholder becomes as many as its image has tokens
        n = 1
        if token == special(m.placeholder):
            width, height = IMAGES[n_seen]
            n, n_seen = (width // 28) * (height // 28), n_seen + 1
        tokens += [token] * n
        kinds += [int(token == special(m.placeholder))] * n
    inputs = pixels(processor, [drawn_image(*size) for size in IMAGES])
    arguments = dict(input_ids=torch.tensor([tokens]), mm_token_type_ids=torch.tensor([kinds]),
                     image_grid_thw=inputs["image_grid_thw"])
    positions, _ = model.model.get_rope_index(**arguments)
    logits = model(pixel_values=inputs["pixel_values"], **arguments).logits[0].numpy()
    np.save(out / f"{m.name}-logits.npy", logits[-N_ROWS:].astype(np.float32))
    (out / f"{m.name}.json").write_text(json.dumps(
        {"pictures": IMAGES, "prompt": prompt, "placeholder": special(m.placeholder), "n_tokens": len(tokens),
         "positions": positions[:, 0].tolist()}) + "\n")
    print(f"{m.name:12} rows sd {rows.std():.2f}  logits sd {logits.std():.2f}  {len(tokens)} tokens")


@torch.no_grad()
def make_quantised(m, model, processor, out):
    m = replace(m, name=m.name + "-q8_0", matrix_type=T.Q8_0)
    write_tower(out / f"{m.name}-mmproj.gguf", m, model)
    np.save(out / f"{m.name}-rows.npy", tower_rows(processor, model))


@torch.no_grad()
def make_checkpoint_rows(data):
    for name, model_class, processor in (("glm4v", tf.Glm4vForConditionalGeneration, Glm4vImageProcessorPil),
                                         ("glm-ocr", tf.GlmOcrForConditionalGeneration, Glm4vImageProcessorPil),
                                         ("qwen2.5vl", tf.Qwen2_5_VLForConditionalGeneration, Qwen2VLImageProcessorPil)):
        model = model_class.from_pretrained(data / "checkpoints" / name, dtype=torch.float32).eval()
        rows = tower_rows(processor(), model)
        np.save(data / "vision" / f"checkpoint-{name}.npy", rows)
        print(f"{name:12} rows sd {rows.std():.2f}, of its checkpoint")


def make_sample(folder):
    """Edges, text-like stripes, noise and slopes."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = 97, 131
    y, x = np.mgrid[0:height, 0:width]
    a = np.stack([x * 255 // width, y * 255 // height, (x * x + y * y) // 40 % 256], -1)
    a[20:50, 10:60] = 255
    a[25:45, 15:55:4] = 0
    a[60:100, 30:90] = np.random.default_rng(1).integers(0, 256, (40, 60, 3))
    a[110] = 255
    image = Image.fromarray(a.astype(np.uint8))
    image.save(folder / "picture.png", optimize=True)
    for size in ((28, 84), (56, 28), (112, 84), (97, 30), (60, 131), (150, 200), (1, 1)):
        image.resize(size, Image.Resampling.BICUBIC).save(folder / f"picture-{size[0]}x{size[1]}.png", optimize=True)
    return image


def pixels_of(processor, image):
    values = processor(images=[image], return_tensors="np")["pixel_values"]
    frames = values.reshape(len(values), 3, 2, 14, 14)
    assert (frames[:, :, 0] == frames[:, :, 1]).all()
    return np.ascontiguousarray(frames[:, :, 0]).reshape(len(values), 588).astype(np.float32)


def make_sizes(out):
    def or_zero(size, *args, **kwargs):
        try:
            height, width = size(*args, **kwargs)
            return [width, height]
        except ValueError:
            return [0, 0]

    rng = np.random.default_rng(5)
    sides = np.exp(rng.uniform(0, np.log(9000), (300, 2))).astype(int)
    cases = [[1080, 2400], [1440, 3200], [28, 28], [42, 70], [14, 2800], [1, 200], [1, 201], *sides.tolist()]
    (out / "sizes.json").write_text(json.dumps([
        [w, h, *or_zero(glm_size, 2, h, w, min_pixels=MIN_PIXELS["glm4v"], max_pixels=MAX_PIXELS["glm4v"]),
         *or_zero(qwen_size, h, w, min_pixels=MIN_PIXELS["qwen2.5vl"], max_pixels=MAX_PIXELS["qwen2.5vl"])]
        for w, h in cases]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("tests/data"))
    args = parser.parse_args()
    out = args.data / "vision"
    out.mkdir(parents=True, exist_ok=True)
    processors = []
    image = make_sample(args.data / "images")
    make_sizes(out)
    goldens.SPECIALS[:] = families.SPECIALS
    tok = goldens.train_tokenizer(families.VOCAB)
    for m, make_model, processor in ((GLM, glm4v, Glm4vImageProcessorPil), (QWEN, qwen2_5_vl, Qwen2VLImageProcessorPil)):
        torch.manual_seed(1)
        limits = {"shortest_edge": MIN_PIXELS[m.name], "longest_edge": MAX_PIXELS[m.name]}
        processor = processor(size=limits)
        model = make_model().eval().float()
        make(m, model, processor, tok, out)
        if m is GLM:
            make_quantised(m, model, processor, out)
        processors.append(processor)
    make_checkpoint_rows(args.data)
    values = [pixels_of(processor, image) for processor in processors]
    assert (values[0] == values[1]).all()
    np.save(out / "pixels.npy", values[0])


if __name__ == "__main__":
    main()
