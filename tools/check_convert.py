#!/usr/bin/env python3
"""Compares `tenfold convert` with llama.cpp's converter: every tensor (name, shape, type, bytes) and every key.

  python3 -m venv V && V/bin/pip install numpy gguf torch transformers tokenizers safetensors sentencepiece
  V/bin/python tools/check_convert.py LLAMA_CPP_FOLDER [--tenfold build/release/tenfold] [--work FOLDER] [CASE ...]

Each case is a tiny random checkpoint (tools/make_family_checkpoints.py) with a tokenizer of its family's kind. The
reference looks up a tokenizer's pre-tokenizer by the hash of what it does to a text, and knows no tiny one: it is told
the name that Tenfold found. What may differ is listed in ALLOWED with the reason; anything else is printed and makes
the exit status 1.
"""
import argparse
import fnmatch
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

import make_family_checkpoints as families

ADDED = "added by Tenfold"      # a key that only Tenfold's file has
MISSING = "missing in Tenfold"  # one that only the reference's file has
OTHER = "other value"

# (cases, key, kind of difference, reason)
ALLOWED = [
    ("*", "general.size_label", MISSING, "for names of files; follows from the tensors"),
    ("*", "general.name", OTHER, "the folder's name as it is, without the reference's title case"),
    ("*", "general.basename", MISSING, "guessed from the folder's name"),
    ("*", "general.finetune", MISSING, "guessed from the folder's name"),
    ("*", "general.version", MISSING, "guessed from the folder's name"),
    ("*", "tokenizer.ggml.add_bos_token", ADDED, "said even where no file does: Hugging Face then adds none"),
    ("*", "tokenizer.ggml.add_eos_token", ADDED, "as add_bos_token"),
    ("*", "tokenizer.ggml.unknown_token_id", ADDED, "said even where it is what readers take anyway"),
    ("*", "tokenizer.ggml.normalizer.nfc", ADDED, "whether text is composed first; llama.cpp never does"),
    ("llama-merges", "tokenizer.ggml.scores", OTHER, "by the order of merges; the reference writes a placeholder"),
    ("llama-merges", "tokenizer.ggml.token_type", OTHER, "what is added as special is; the reference looks at roles"),
    ("llama-merges", "tokenizer.ggml.tokens", OTHER, "filled up to the embedding's rows"),
    ("gemma2", "gemma2.attention.scale", ADDED, "where it is another than the head's size says"),
    ("gemma2", "gemma2.rope.freq_base", ADDED, "said even where it is what readers take anyway"),
    ("mistral", "llama.attention.sliding_window", ADDED, "the model has a window; llama.cpp ignores it"),
    ("chatglm*", "chatglm.attention.*_length", ADDED, "said even where it is what readers take anyway"),
    ("chatglm*", "chatglm.context_length", OTHER, "the reference writes the embedding's length"),
    ("*glm*", "tokenizer.ggml.eom_token_id", ADDED, "<|observation|> ends a turn that waits for a tool's answer"),
    ("*glm*", "tokenizer.ggml.add_bos_token", OTHER,
     "two tokens begin a text, [gMASK] and <sop>, which only a template can say; llama.cpp ignores this BOS for glm4"),
    ("*glm*", "tokenizer.ggml.bos_token_id", OTHER, "as config.json says; the reference takes the template's first"),
    ("glm4moe*", "glm4moe.block_count", OTHER, "layers that the checkpoint holds; without its MTP layer it is no part"),
    ("glm4moe*", "glm4moe.nextn_predict_layers", MISSING, "as block_count"),
]


def sentencepiece_tokenizer(folder, with_json=True, with_model=True, prefix=True, only_special=False):
    """A tokenizer.model as Llama 2 has it, and the tokenizer.json that goes with it. Gemma's adds no blank to a text;
    all that Phi-3 adds is special."""
    import sentencepiece
    specials = [t for t in families.SPECIALS if t not in ("<unk>", "<s>", "</s>")]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(families.goldens.CORPUS.splitlines()), model_writer=model, model_type="bpe",
        vocab_size=families.VOCAB - len(specials) - 5, byte_fallback=True, character_coverage=1.0,
        normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2, hard_vocab_limit=True,
        user_defined_symbols=["\n\n"], add_dummy_prefix=prefix)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [processor.id_to_piece(i) for i in range(processor.vocab_size())]
    added = [{"id": i, "content": t, "special": True} for i, t in enumerate(("<unk>", "<s>", "</s>"))]
    added += [{"id": len(pieces) + i, "content": t, "special": i % 2 == 0} for i, t in enumerate(specials)]
    added.append({"id": len(pieces) + len(specials), "content": "\u2581\u2581word", "special": False})
    if only_special:
        added.pop()
    for token in added:
        token["special"] = token["special"] or only_special
        token.update(single_word=False, lstrip=False, rstrip=False, normalized=False)
    if with_model:
        (folder / "tokenizer.model").write_bytes(model.getvalue())
    if with_json:
        vocab = {p: i for i, p in enumerate(pieces)}
        pairs = [(p[:n], p[n:]) for p in pieces if not p.startswith("<0x") for n in range(1, len(p))]
        merges = sorted(((l, r) for l, r in pairs if l in vocab and r in vocab), key=lambda m: vocab[m[0] + m[1]])
        (folder / "tokenizer.json").write_text(json.dumps({
            "version": "1.0", "added_tokens": added,
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}][:prefix] + [
                {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
            "pre_tokenizer": None,
            "post_processor": {"type": "TemplateProcessing",
                               "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                          {"Sequence": {"id": "A", "type_id": 0}}],
                               "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                        {"Sequence": {"id": "A", "type_id": 0}},
                                        {"Sequence": {"id": "B", "type_id": 0}}],
                               "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}]},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True,
                      "ignore_merges": False, "vocab": vocab, "merges": [list(m) for m in merges]}}))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
                "unk_token": "<unk>", "add_bos_token": True,
                "added_tokens_decoder": {str(t.pop("id")): t for t in added}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def edit_json(path, edit):
    value = json.loads(path.read_text())
    edit(value)
    path.write_text(json.dumps(value))


def glm_tokenizer(folder):
    """As GLM-4's: words that are tokens ignore the merges, and the template begins with two tokens."""
    pattern = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
               r"|\s+(?!\S)|\s+")

    def edit(tokenizer):
        tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}
        tokenizer["model"]["ignore_merges"] = True
        top = max(tokenizer["model"]["vocab"].values())
        for i, text in enumerate(("[gMASK]", "<sop>")):
            # Takes the place of the last two ordinary tokens.
            victim = next(t for t, n in tokenizer["model"]["vocab"].items() if n == top - 1 + i)
            del tokenizer["model"]["vocab"][victim]
            tokenizer["model"]["merges"] = [m for m in tokenizer["model"]["merges"] if "".join(m) != victim
                                            and victim not in m]
            tokenizer["added_tokens"].append({"id": top - 1 + i, "content": text, "single_word": False, "lstrip": False,
                                              "rstrip": False, "normalized": False, "special": True})
        start = [{"SpecialToken": {"id": t, "type_id": 0}} for t in ("[gMASK]", "<sop>")]
        tokenizer["post_processor"] = {"type": "Sequence", "processors": [
            {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
            {"type": "TemplateProcessing", "single": start + [{"Sequence": {"id": "A", "type_id": 0}}],
             "pair": start + [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {t: {"id": t, "ids": [top - 1 + i], "tokens": [t]}
                                for i, t in enumerate(("[gMASK]", "<sop>"))}}]}

    edit_json(folder / "tokenizer.json", edit)
    edit_json(folder / "tokenizer_config.json",
              lambda c: c.update(eos_token="<|endoftext|>", pad_token="<|endoftext|>") or c.pop("bos_token"))


def as_transformers_4(config):
    """rope_parameters as config.json had them before."""
    rope = config.pop("rope_parameters")
    if "full_attention" in rope:
        config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        rope = rope["full_attention"]
    config["rope_theta"] = rope.pop("rope_theta")
    if "partial_rotary_factor" in rope:
        config["partial_rotary_factor"] = rope.pop("partial_rotary_factor")
    config["rope_scaling"] = None if rope.get("rope_type") == "default" and len(rope) == 1 else rope
    for key in ("layer_types", "dtype"):
        config.pop(key, None)


def text_config_of(config):
    return config.get("text_config", config)


PROCESSOR = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
             "patch_size": 14, "merge_size": 2}


class Case:
    def __init__(self, name, family=None, tokenizer=None, edit=None, mmproj=False, types=("auto",), dtype="float16"):
        self.name, self.family, self.tokenizer = name, family or name, tokenizer
        self.edit, self.mmproj, self.types, self.dtype = edit, mmproj, types, dtype


def pieces_only(folder):
    sentencepiece_tokenizer(folder, with_json=False)
    (folder / "tokenizer.json").unlink()


def old_config(folder):
    edit_json(folder / "config.json", lambda c: as_transformers_4(text_config_of(c)))


def yarn(folder):
    edit_json(folder / "config.json", lambda c: c.update(rope_parameters={
        "rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 64,
        "beta_fast": 31.0}))


def adjusted_ffn(folder):
    """As the first checkpoints of LFM2 name its size and its layers: 72 is 48 once it is brought down."""
    def edit(config):
        layers = config.pop("layer_types")
        config.pop("intermediate_size")
        config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
        config.update(block_ff_dim=72, block_auto_adjust_ff_dim=True, block_multiple_of=16, block_ffn_dim_multiplier=1.0,
                      full_attn_idxs=[i for i, kind in enumerate(layers) if kind == "full_attention"])
    edit_json(folder / "config.json", edit)


def gemma_tokenizer(folder):
    sentencepiece_tokenizer(folder, prefix=False)


def phi3_tokenizer(folder):
    sentencepiece_tokenizer(folder, only_special=True)


def merges_only(folder):
    """Pieces without their tokenizer.model, as transformers 5 saves them."""
    sentencepiece_tokenizer(folder, with_model=False, only_special=True)


def next_token_layer(folder):
    """A layer behind the last that predicts the token after next, as the published checkpoints have it."""
    import torch
    from safetensors.torch import load_file, save_file
    tensors = load_file(folder / "model.safetensors")
    nested = "model.language_model." if any(n.startswith("model.language_model.") for n in tensors) else "model."
    n = 1 + max(int(name[len(nested):].split(".")[1]) for name in tensors if name.startswith(nested + "layers."))
    new = {name.replace(f"layers.{n - 1}.", f"layers.{n}."): t.clone() for name, t in tensors.items()
           if name.startswith(f"{nested}layers.{n - 1}.")}
    dim = families.SIZES["hidden_size"]
    generator = torch.Generator().manual_seed(1)
    for part, shape in (("eh_proj", (dim, 2 * dim)), ("enorm", (dim,)), ("hnorm", (dim,)), ("shared_head.norm", (dim,)),
                        ("shared_head.head", (families.VOCAB, dim)), ("embed_tokens", (families.VOCAB, dim))):
        new[f"{nested}layers.{n}.{part}.weight"] = torch.randn(shape, generator=generator).to(torch.float16)
    save_file({**tensors, **new}, folder / "model.safetensors", metadata={"format": "pt"})
    edit_json(folder / "config.json", lambda c: text_config_of(c).update(num_nextn_predict_layers=1))


def ends(folder):
    """GLM's three ends of an answer."""
    edit_json(folder / "generation_config.json", lambda c: c.update(
        eos_token_id=[0, families.special("<|user|>"), families.special("<|observation|>")], top_p=0.8,
        temperature=0.75, top_k=20))


def qwen2_5_vl():
    """Deeper than the other checkpoints: the reference knows mm.2 only where there are three blocks."""
    model = families.qwen2_5_vl()
    model.config.vision_config.depth = 4
    model.config.vision_config.fullatt_block_indexes = [1, 3]
    return type(model)(model.config)


def qwen2_vl():
    """The older tower, by the older names."""
    tf = families.tf
    text = {**families.SIZES, **families.rope(mrope_section=[2, 3, 3])}
    vision = dict(depth=3, embed_dim=32, hidden_size=64, num_heads=4, mlp_ratio=2, patch_size=14, spatial_merge_size=2,
                  temporal_patch_size=2)
    ids = {f"{n}_token_id": families.special(f"<|{n}_pad|>") for n in ("image", "video")}
    ids.update({f"vision_{n}_token_id": families.special(f"<|vision_{n}|>") for n in ("start", "end")})
    return tf.Qwen2VLForConditionalGeneration(tf.Qwen2VLConfig(text_config=text, vision_config=vision, **ids,
                                                               tie_word_embeddings=False))


def gemma3_vl():
    """A text model inside one that sees, by the names of the published checkpoints."""
    tf = families.tf
    text = families.gemma3().config.to_dict()
    vision = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2, image_size=28,
                  patch_size=14)
    return tf.Gemma3ForConditionalGeneration(tf.Gemma3Config(text_config=text, vision_config=vision,
                                                             mm_tokens_per_image=1, image_token_index=5))


families.FAMILIES.update({"qwen2.5vl-deep": qwen2_5_vl, "qwen2vl": qwen2_vl, "gemma3-vl": gemma3_vl})

CASES = [
    Case("llama", types=("auto", "f32", "bf16", "q8_0")),
    Case("llama-v4", "llama", edit=old_config),
    Case("llama-bf16", "llama", dtype="bfloat16", types=("auto", "f16")),
    Case("llama-pieces", "llama", tokenizer=sentencepiece_tokenizer),
    Case("llama-merges", "llama", tokenizer=merges_only),
    Case("mistral", tokenizer=pieces_only),
    Case("smollm3"),
    Case("qwen2"),
    Case("qwen2-yarn", "qwen2", edit=yarn),
    Case("qwen3", types=("auto", "q8_0")),
    Case("qwen3moe", types=("auto", "q8_0")),
    Case("gemma2", tokenizer=gemma_tokenizer, dtype="bfloat16"),
    Case("gemma3", tokenizer=gemma_tokenizer, dtype="bfloat16", types=("auto", "q8_0")),
    Case("gemma3-v4", "gemma3", edit=old_config, dtype="bfloat16"),
    Case("gemma3-vl", tokenizer=gemma_tokenizer, dtype="bfloat16"),
    Case("lfm2", types=("auto", "q8_0")),
    Case("lfm2-v4", "lfm2", edit=adjusted_ffn, dtype="bfloat16"),
    Case("phi3", tokenizer=phi3_tokenizer),
    Case("phi3-long", tokenizer=phi3_tokenizer),
    Case("phi3-long-v4", "phi3-long", tokenizer=phi3_tokenizer, edit=old_config),
    Case("chatglm", tokenizer=glm_tokenizer, edit=ends),
    Case("chatglm-edge", tokenizer=glm_tokenizer),
    Case("glm4", tokenizer=glm_tokenizer, edit=ends),
    Case("glm4v", tokenizer=glm_tokenizer, mmproj=True, types=("auto", "f32", "q8_0")),
    Case("glm4v-v4", "glm4v", tokenizer=glm_tokenizer, edit=old_config),
    Case("glm-ocr", tokenizer=glm_tokenizer, mmproj=True),
    Case("glm-ocr-mtp", "glm-ocr", tokenizer=glm_tokenizer, edit=next_token_layer),
    Case("glm4moe", tokenizer=glm_tokenizer, types=("auto", "q8_0")),
    Case("glm4moe-qk-norm", tokenizer=glm_tokenizer),
    Case("glm4moe-mtp", "glm4moe", tokenizer=glm_tokenizer, edit=next_token_layer),
    Case("qwen2.5vl", "qwen2.5vl-deep", mmproj=True, types=("auto", "f32", "q8_0")),
    Case("qwen2vl", mmproj=True),
]


def make_checkpoint(case, work):
    """A folder of its own for the case, with no links."""
    source = work / "checkpoints"
    if not (source / case.family).exists():
        tokenizer = families.write_tokenizer(source / "tokenizer")
        families.make(case.family, tokenizer, source)
    folder = work / case.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source / case.family, folder)
    if case.dtype != "float16":
        convert_weights(folder, case.dtype)
    if case.mmproj:
        (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    if case.tokenizer:
        case.tokenizer(folder)
    if case.edit:
        case.edit(folder)
    return folder


def convert_weights(folder, dtype):
    import torch
    from safetensors.torch import load_file, save_file
    tensors = load_file(folder / "model.safetensors")
    save_file({n: t.to(getattr(torch, dtype)) for n, t in tensors.items()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    edit_json(folder / "config.json", lambda c: c.update(dtype=dtype))


def run_tenfold(program, folder, out, mmproj, type_name):
    command = [program, "convert", str(folder), str(out)]
    if mmproj:
        command += ["--mmproj", str(mmproj)]
    if type_name != "auto":
        command += ["--type", type_name]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"tenfold convert: {done.stderr.strip()}")


class Reference:
    def __init__(self, llama_cpp):
        for module in [m for m in sys.modules if m.partition(".")[0] == "gguf"]:
            del sys.modules[module]  # the released package is older than the converter
        sys.path.insert(0, str(llama_cpp / "gguf-py"))
        sys.path.insert(0, str(llama_cpp))
        import conversion
        import gguf
        import torch
        from conversion.base import ModelBase, ModelType, TextModel, get_model_architecture
        self.conversion, self.gguf, self.torch = conversion, gguf, torch
        self.base, self.kind, self.architecture = ModelBase, ModelType, get_model_architecture
        TextModel.get_vocab_base_pre = lambda model, tokenizer: self.pre

    def convert(self, folder, out, mmproj, type_name, pre):
        self.pre = pre
        types = {"auto": "GUESSED", "f32": "ALL_F32", "f16": "MOSTLY_F16", "bf16": "MOSTLY_BF16", "q8_0": "MOSTLY_Q8_0"}
        with self.torch.inference_mode():
            hparams = self.base.load_hparams(folder, False)
            name = self.architecture(hparams, self.kind.MMPROJ if mmproj else self.kind.TEXT)
            model = self.conversion.get_model_class(name, mmproj=mmproj)
            model(folder, self.gguf.LlamaFileType[types[type_name]], out).write()

    def read(self, path):
        """→ ({key: (type, value)}, {tensor: (shape, type, bytes)})"""
        reader = self.gguf.GGUFReader(path)
        keys = {}
        for field in reader.fields.values():
            if field.name.startswith("GGUF."):
                continue
            keys[field.name] = ([t.name for t in field.types], field.contents())
        tensors = {t.name: ([int(n) for n in t.shape], t.tensor_type.name, np.ascontiguousarray(t.data).tobytes())
                   for t in reader.tensors}
        return keys, tensors


def shown(value):
    text = repr(value)
    return text if len(text) < 100 else text[:97] + "..."


def differences(ours, theirs):
    """(key or tensor, kind, text)"""
    for key in sorted(ours[0].keys() | theirs[0].keys()):
        if key not in theirs[0]:
            yield key, ADDED, shown(ours[0][key])
        elif key not in ours[0]:
            yield key, MISSING, shown(theirs[0][key])
        elif ours[0][key] != theirs[0][key]:
            yield key, OTHER, f"{shown(ours[0][key])}, not {shown(theirs[0][key])}"
    for name in sorted(ours[1].keys() | theirs[1].keys()):
        if name not in theirs[1]:
            yield "tensor " + name, ADDED, shown(ours[1][name][:2])
        elif name not in ours[1]:
            yield "tensor " + name, MISSING, shown(theirs[1][name][:2])
        elif ours[1][name] != theirs[1][name]:
            yield "tensor " + name, OTHER, f"{shown(ours[1][name])}, not {shown(theirs[1][name])}"


def allowed(case, key, kind):
    return next((reason for cases, pattern, of_kind, reason in ALLOWED
                 if of_kind == kind and fnmatch.fnmatch(case, cases) and fnmatch.fnmatch(key, pattern)), None)


def compare(case, label, ours, theirs, used):
    n_unexplained = 0
    for key, kind, text in differences(ours, theirs):
        reason = allowed(case.name, key, kind)
        if reason:
            used.setdefault((key, kind, reason), []).append(case.name)
            continue
        n_unexplained += 1
        print(f"  {label}: {key}: {kind}: {text}")
    return n_unexplained


def check(case, args, reference, used):
    folder = make_checkpoint(case, args.work)
    n_unexplained = n_tensors = 0
    for type_name in case.types:
        ours, theirs = args.work / "ours.gguf", args.work / "theirs.gguf"
        mmproj = args.work / "ours-mmproj.gguf" if case.mmproj else None
        run_tenfold(args.tenfold, folder, ours, mmproj, type_name)
        found = reference.read(ours)
        reference.convert(folder, theirs, False, type_name, found[0]["tokenizer.ggml.pre"][1])
        n_unexplained += compare(case, type_name, found, reference.read(theirs), used)
        n_tensors += len(found[1])
        if mmproj:
            reference.convert(folder, theirs, True, type_name, "")
            found = reference.read(mmproj)
            n_unexplained += compare(case, type_name + " mmproj", found, reference.read(theirs), used)
            n_tensors += len(found[1])
    print(f"{case.name:16} {' '.join(case.types):18} {n_tensors:4} tensors, {n_unexplained} unexplained differences",
          flush=True)
    return n_unexplained


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("llama_cpp", type=pathlib.Path, help="llama.cpp's sources, with conversion/ and gguf-py/")
    parser.add_argument("--tenfold", default="build/release/tenfold")
    parser.add_argument("--work", type=pathlib.Path, help="where checkpoints are made (default: a temporary folder)")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        args.work = args.work or pathlib.Path(temporary)
        args.work.mkdir(parents=True, exist_ok=True)
        reference = Reference(args.llama_cpp)
        used = {}
        n = 0
        for case in CASES:
            if args.cases and case.name not in args.cases:
                continue
            try:
                n += check(case, args, reference, used)
            except Exception as error:  # the next family may do better
                print(f"{case.name:16} {type(error).__name__}: {error}", flush=True)
                n += 1
    print("\nallowed differences:")
    for (key, kind, reason), cases in sorted(used.items()):
        print(f"  {key}: {kind} ({len(set(cases))} cases): {reason}")
    return 1 if n else 0


if __name__ == "__main__":
    sys.exit(main())
