"""What the program writes: never over an input, never half, for nobody else to write to."""

import os
import resource
import subprocess

from program import expect, expect_equal


def test_outputs_never_take_the_place_of_inputs(program):
    model = program.file("model.gguf", open(program.model(), "rb").read())
    whole = open(model, "rb").read()
    program.expect_refusal(["logits", "-m", model, "--tokens", "1", "--out", model], 1, "expected to replace a NumPy file")
    expect_equal(open(model, "rb").read() == whole, True, "the model after its logits were to be written over it")

    folder = program.folder / "checkpoint"
    folder.mkdir()
    for name in ["model.safetensors", "config.json", "tokenizer.json"]:
        (folder / name).write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
        out = str(folder / name)
        program.expect_refusal(["convert", str(folder), out], 1, "expected to replace a GGUF file")
        program.expect_refusal(["convert", str(folder), str(folder / "new.gguf"), "--mmproj", out], 1, "expected to replace")
        expect_equal((folder / name).stat().st_size, 16, f"{name} after it was to be written over")
    os.symlink("model.safetensors", folder / "link.gguf")
    program.expect_refusal(["convert", str(folder), str(folder / "link.gguf")], 1, "expected to replace a GGUF file")


def test_two_outputs_are_two_files(program):
    folder = program.folder / "twice"
    folder.mkdir()
    for other in ["./out.gguf", "../twice/out.gguf", "sub/../out.gguf"]:
        args = ["convert", str(folder), str(folder / "out.gguf"), "--mmproj", f"{folder}/{other}"]
        program.expect_refusal(args, 1, "expected another file than the model's")
    for out, other in [("out.gguf", "./out.gguf"), ("./out.gguf", f"{os.getcwd()}/out.gguf"), ("sub/../out.gguf", "out.gguf")]:
        program.expect_refusal(["convert", str(folder), out, "--mmproj", other], 1, "expected another file than the model's")


def test_a_limit_on_the_size_of_files_is_an_error(program):
    out = str(program.folder / "limited.npy")
    args = [program.path, "logits", "-m", program.model(), "--tokens", "1 2 3", "--all", "--out", out]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
    done = subprocess.run(args, capture_output=True, preexec_fn=limit, timeout=60)
    expect_equal(done.returncode, 1, "exit status of a run that may write only 512 bytes")
    expect(b"limited.npy: cannot write: File too large" in done.stderr, f"unexpected message {done.stderr!r}")
    expect_equal([name for name in os.listdir(program.folder) if "limited" in name], [], "files left")


def test_what_is_written_is_for_nobody_else_to_write(program):
    out = program.folder / "mine.npy"
    args = [program.path, "logits", "-m", program.model(), "--tokens", "1", "--out", str(out)]
    subprocess.run(args, check=True, capture_output=True, preexec_fn=lambda: os.umask(0), timeout=60)
    expect_equal(oct(out.stat().st_mode & 0o777), "0o644", "mode of an output under umask 0")
