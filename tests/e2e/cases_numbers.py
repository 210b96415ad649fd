"""Models whose numbers are not finite, or are not there: one line that names the tensor, from every command that computes."""

import os

from program import expect_equal


def computing(program, path):
    return [
        ["run", "-m", path, "-p", "hi", "-n", "2"],
        ["run", "-m", path, "-p", "hi", "-n", "2", "--temp", "0", "--precision", "exact"],
        ["chat", "-m", path],
        ["embed", "-m", path, "-p", "hi"],
        ["logits", "-m", path, "--tokens", "1 2", "--out", str(program.folder / "never.npy")],
        ["bench", "-m", path, "--prompt-tokens", "16", "--gen-tokens", "2", "--repeat", "1"],
    ]


def test_damaged_weights_are_named(program):
    whole = open(program.model(), "rb").read()
    nan = program.file("nan.gguf", whole[:-64] + b"\xff" * 64)  # NaN of every type of floats
    cut = program.file("cut.gguf", whole[: 2 * len(whole) // 3] + bytes(len(whole) - 2 * len(whole) // 3))
    for path, part in [(nan, "expected finite numbers, found NaN or infinity"), (cut, "found nothing but zeros")]:
        for args in computing(program, path):
            program.expect_refusal(args, 1, part)
            program.expect_refusal(args, 1, os.path.basename(path) + ": tensor ")
    expect_equal(os.path.exists(program.folder / "never.npy"), False, "a file of logits")


def test_a_waterfall_of_a_prompt_in_many_chunks(program):
    folder = program.folder / "waterfall"
    folder.mkdir()
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        report = program.json("bench", "-m", program.model(), "--waterfall", "--prompt-tokens", "600", "--gen-tokens", "8",
                              "--ctx", "1024", "--repeat", "1")
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
    expect_equal(len(report["bars"]), 7, "bars")
    expect_equal(os.listdir(folder), [], "temporary files left")
