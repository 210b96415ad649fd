"""Memory from outside: what a file, a prompt or a flag asks for is refused before it is taken, with the sum.

Programs run under RLIMIT_AS, which needs no control group: what they would take beyond it is refused by the guard, and
never ends in a signal. Files have holes, so that they claim much and are small.
"""

import json
import os
import struct
import subprocess

import gguf_bytes
import npy
from gguf_bytes import ARRAY, I32, STRING, U32
from program import TIMEOUT_S, expect, expect_equal

MB = 1 << 20


def run_within(program, n_bytes, *args, stdin=b""):
    """A run that may map n_bytes of address space."""
    command = ["sh", "-c", f'ulimit -v {n_bytes // 1024}; exec "$@"', "sh", program.path, *args]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_S)


def expect_refusal_within(program, n_bytes, args, part="memory", stdin=b""):
    done = run_within(program, n_bytes, *args, stdin=stdin)
    lines = done.stderr.decode("utf-8").splitlines()
    expect_equal(done.returncode, 1, f"{args}: exit status (stderr: {lines})")
    expect_equal(len(lines), 1, f"{args}: lines on stderr, which were {lines}")
    expect(part in lines[0], f"{args}: expected {part!r} in {lines[0]!r}")
    expect("expected" in lines[0], f"{args}: expected a limit in {lines[0]!r}")


def with_hole(program, name, head, n_bytes):
    """A file of n_bytes that begins with `head`; the rest takes no place on the disk."""
    path = program.file(name, head)
    os.truncate(path, n_bytes)
    expect(os.stat(path).st_blocks * 512 < 1 * MB, f"{name}: expected holes, found a file on the disk")
    return path


def array_in_hole(program, name, key, element_type, count, entries=()):
    """A file of the given entries and one array whose elements are all zero bytes."""
    kept = gguf_bytes.gguf(entries)[: 24 + sum(len(gguf_bytes._entry(*entry)) for entry in entries)]
    head = kept[:16] + struct.pack("<Q", len(entries) + 1) + kept[24:]
    head += struct.pack("<Q", len(key)) + key.encode() + struct.pack("<IIQ", ARRAY, element_type, count)
    size = {0: 1, I32: 4, STRING: 8}[element_type]
    return with_hole(program, name, head, len(head) + count * size)


def test_arrays_that_nobody_asks_for_cost_nothing(program):
    vocabulary = gguf_bytes.vocabulary("martian")
    for name, kind, count in [("bytes", 0, 120 * MB), ("texts", STRING, 15 * MB)]:
        path = array_in_hole(program, f"{name}.gguf", f"general.{name}", kind, count, vocabulary)
        ids = run_within(program, 64 * MB, "tokenize", "-m", path, stdin=b"ab")
        expect_equal((ids.returncode, ids.stdout), (0, b"2\n"), f"tokenize with {count} {name}")
        for args in [["inspect", path], ["inspect", path, "--json"]]:
            done = run_within(program, 64 * MB, *args)
            expect_equal(done.returncode, 0, f"{args} ({done.stderr.decode()})")
            expect(str(count).encode() in done.stdout, f"{args}: expected {count} in {done.stdout[:1000]!r}")


def test_arrays_of_the_vocabulary_are_bounded(program):
    bare = gguf_bytes.vocabulary("martian")
    for key, kind, count, part in [
        ("tokenizer.ggml.token_type", 0, 120 * MB, "for each of 4 tokens, found 125829120"),
        ("tokenizer.ggml.token_type", I32, 30 * MB, "for each of 4 tokens"),
        ("tokenizer.ggml.scores", 0, 120 * MB, "for each of 4 tokens"),
        ("tokenizer.ggml.tokens", STRING, 15 * MB, "expected at most 2097152 elements, found 15728640"),
        ("tokenizer.ggml.merges", STRING, 15 * MB, "expected at most 2097152 elements, found 15728640"),
    ]:
        entries = [entry for entry in bare if entry[0] != key]
        path = array_in_hole(program, "hole.gguf", key, kind, count, entries)
        expect_refusal_within(program, 64 * MB, ["tokenize", "-m", path], part, b"ab")


def test_a_vocabulary_that_does_not_fit(program):
    entries = [entry for entry in gguf_bytes.vocabulary("martian") if "token_type" not in entry[0]]
    tokens = array_in_hole(program, "tokens.gguf", "tokenizer.ggml.tokens", STRING, 2 * MB,
                           [entry for entry in entries if entry[0] != "tokenizer.ggml.tokens"])
    expect_refusal_within(program, 160 * MB, ["tokenize", "-m", tokens], "memory: the vocabulary: ", b"ab")
    expect_refusal_within(program, 48 * MB, ["tokenize", "-m", tokens], "memory: an array of texts: ", b"ab")
    special = [("tokenizer.ggml.tokens", (ARRAY, STRING), [f"{i:04}" + "x" * 4000 for i in range(1200)]),
               ("tokenizer.ggml.token_type", (ARRAY, I32), [3] * 1200)]
    others = [entry for entry in entries if entry[0] != "tokenizer.ggml.tokens"]
    path = program.file("special.gguf", gguf_bytes.gguf(others + special))
    expect_refusal_within(program, 256 * MB, ["tokenize", "-m", path], "special tokens of at most 4194304 bytes", b"ab")
    special[0][2][900:] = ["y"] * 300
    path = program.file("special.gguf", gguf_bytes.gguf(others + special))
    expect_refusal_within(program, 128 * MB, ["tokenize", "-m", path], "memory: the vocabulary: ", b"ab")


def test_texts_of_the_header_are_bounded(program):
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)
    key = b"tokenizer.chat_template"
    head += struct.pack("<Q", len(key)) + key + struct.pack("<IQ", STRING, 120 * MB)
    path = with_hole(program, "template.gguf", head, len(head) + 120 * MB)
    messages = program.file("messages.json", '[{"role": "user", "content": "hi"}]')
    expect_refusal_within(program, 64 * MB, ["template", "-m", path, "--messages", messages],
                          "expected a text of at most 4194304 bytes, found 125829120")
    expect_equal(run_within(program, 64 * MB, "inspect", path).returncode, 0, "inspect of a long template")


def test_names_are_bounded_before_they_are_read(program):
    for n_tensors, n_keys, part in [(1, 0, "a name of 1…63 bytes"), (0, 1, "a key of 1…65535 bytes")]:
        head = b"GGUF" + struct.pack("<IQQQ", 3, n_tensors, n_keys, 120 * MB)
        path = with_hole(program, "name.gguf", head, 128 * MB)
        expect_refusal_within(program, 64 * MB, ["inspect", path], part)


def test_a_context_is_refused_with_the_sum(program):
    run = ["run", "-m", program.model(), "--raw", "-p", "a", "-n", "1", "-t", "1", "--no-cache"]
    for limit in ["1", "1KB", "0.5 MB", "500kB"]:
        program.expect_refusal([*run, "--memory-limit", limit], 1, "to work in make ")
    for limit in ["", "x", "-1", "5 MiB", "1e3", "nan", "99999999999999999999GB"]:
        program.expect_refusal([*run, "--memory-limit", limit], 2, "--memory-limit")
    program.output(*run, "--memory-limit", "1GB")
    program.expect_refusal([*run, "--ctx", "4000000", "--memory-limit", "1GB"], 1, "expected at most 1000000000")
    expect_refusal_within(program, 512 * MB, [*run, "--ctx", "4000000"], "to work in make ")
    expect_equal(run_within(program, 512 * MB, *run).returncode, 0, "a run that fits")


def test_logits_of_a_long_text_take_little(program):
    """Rows go to the file as they are made: 4,000 of 320 numbers are 5 MB, and 2 MB must do."""
    out = str(program.folder / "all.npy")
    command = ["logits", "-m", program.model(), "--all", "--out", out, "-t", "1", "--no-cache", "--ctx", "4096",
               "--tokens", " ".join(["5"] * 4000), "--memory-limit"]
    refusal = program.run(*command, "1").stderr.decode()
    expect(" make " in refusal, f"expected a sum, found {refusal!r}")
    needed = int(refusal.split(" make ")[1].split(",")[0])
    program.output(*command, str(needed + 2 * MB))
    shape, _ = npy.read_f32(out)
    expect_equal(shape, (4000, 320), "the array's shape")


def test_prompts_are_refused_by_their_bytes(program):
    path = program.file("long.txt", b"a" * (3 * MB))
    run = ["run", "-m", program.model(), "--raw", "-t", "1", "--no-cache"]
    expect_refusal_within(program, 512 * MB, [*run, "--file", path], "long.txt: expected at most 1048576 bytes")
    expect_refusal_within(program, 512 * MB, run, "standard input: expected at most 1048576 bytes", stdin=b"a" * (3 * MB))
    expect_refusal_within(program, 512 * MB, ["run", "-m", program.model(), "--file", path, "--no-cache"], "expected at most 1048576 bytes")


def test_conversations_are_refused_by_their_sum(program):
    template = program.file("count.jinja", b"{{ messages|length }}{{ tools|length }}")
    nested = program.file("nested.json", b"[" + (b"[" * 61 + b"]" * 61 + b",") * 9000 + b"0]")  # 1.1 MB
    render = ["template", "--file", template, "--messages", nested, "--as-is"]
    expect_equal(run_within(program, 512 * MB, *render, "--tools", program.file("none.json", b"[]")).stdout, b"90010", "one")
    expect_refusal_within(program, 512 * MB, [*render, "--tools", nested], "memory: messages, tools and variables: ")
    expect_refusal_within(program, 256 * MB, render, "half of what is left")


def test_vectors_of_many_texts_are_not_kept(program):
    bert = program.model("bert-f32")
    lines = b"a\n" * 20000
    done = run_within(program, 192 * MB, "embed", "-m", bert, "--json", "-t", "1", "--no-cache", stdin=lines)
    expect_equal(done.returncode, 0, f"exit status ({done.stderr.decode()[:500]})")
    expect_equal(len(json.loads(done.stdout)["embeddings"]), 20000, "vectors")


def test_checkpoints_that_claim_much(program):
    folder = program.folder / "checkpoint"
    folder.mkdir()
    convert = ["convert", str(folder), str(program.folder / "out.gguf")]
    (folder / "config.json").write_bytes(b"[" + b"[]," * (7 * MB) + b"0]")
    expect_refusal_within(program, 256 * MB, convert, "memory: config.json: ")
    (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 99_000_000) + b"{")
    os.truncate(folder / "model.safetensors", 100_000_000)
    expect_refusal_within(program, 256 * MB, convert, "memory: header: ")
