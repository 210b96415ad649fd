"""Bad input gets one clear line on stderr and exit status 1, wrong usage 2. Nothing crashes."""

import os

import gguf_bytes
from program import expect, expect_equal

# A PNG's beginning: signature and header chunk.
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


def commands_with(program, path):
    """Every command that opens a model, on this one."""
    messages = program.file("messages.json", '[{"role": "user", "content": "hi"}]')
    return [
        ["run", "-m", path, "-p", "hi"],
        ["chat", "-m", path],
        ["tokenize", "-m", path],
        ["template", "-m", path, "--messages", messages],
        ["inspect", path],
        ["inspect", path, "--json"],
        ["logits", "-m", path, "--tokens", "1", "--out", str(program.folder / "never.npy")],
        ["bench", "-m", path],
        ["embed", "-m", path, "-p", "hi"],
    ]


def test_files_that_are_no_models(program):
    whole = open(program.model(), "rb").read()
    for path, part in [
        (str(program.folder / "missing.gguf"), "missing.gguf"),
        (str(program.folder), "director"),
        (program.file("picture.gguf", PNG), "GGUF"),
        (program.file("empty.gguf", b""), "empty.gguf"),
        (program.file("cut.gguf", whole[:9000]), "cut.gguf"),
        (program.file("short.gguf", whole[:-1000]), "short.gguf"),
        ("", "expected"),
    ]:
        for args in commands_with(program, path):
            program.expect_refusal(args, 1, part)
    expect(not os.path.exists(program.folder / "never.npy"), "logits: a file was written although the model is bad")


def test_models_that_cannot_run(program):
    alien = program.file("alien.gguf", gguf_bytes.gguf(gguf_bytes.vocabulary("martian")))
    bare = program.file("bare.gguf", gguf_bytes.gguf(gguf_bytes.vocabulary("llama")))
    keyless = program.file("keyless.gguf", gguf_bytes.gguf(gguf_bytes.vocabulary("llama"), [("x", (8,), 0, 0)], bytes(32)))
    for args in [["run", "-p", "ab"], ["chat"], ["bench"], ["logits", "--tokens", "1", "--out", "x.npy"], ["inspect", "--plan"]]:
        for path, part in [(alien, "martian"), (bare, "only a vocabulary"), (keyless, "llama.")]:
            program.expect_refusal([*args, "-m", path], 1, part)
            program.expect_refusal([*args, "-m", path], 1, os.path.basename(path))
    program.expect_refusal(["inspect", alien, "--plan"], 1, "martian")
    program.expect_refusal(["template", "-m", alien, "--messages", "x.json"], 1, "chat template")


def test_usage(program):
    model = program.model()
    run = ["run", "-m", model, "-p", "hi"]
    for args, part in [
        (["rnu"], "found rnu; did you mean run?"),
        (["tokenise", "-m", model], "found tokenise; did you mean tokenize?"),
        (["xyzzy"], "found xyzzy; try"),
        ([""], "empty"),
        (["--jsno"], "--jsno"),
        (["--verison"], "did you mean --version?"),
        ([*run, "--no-such-flag"], "unknown flag --no-such-flag; try"),
        ([*run, "--temperature=1"], "unknown flag --temperature; did you mean --temp?"),
        (["run", "--modle", model, "-p", "hi"], "unknown flag --modle; did you mean --model?"),
        ([*run, "stray"], "stray"),
        ([*run, "--" + "x" * 100000], "--xxx"),
        (["run", "-p", "hi"], "--model"),
        (["run", "-m"], "--model: expected one value, found none"),
        ([*run, "--temp", "1", "--temp", "2"], "--temp: expected one value, found more"),
        ([*run, "--json=x"], "--json: expected no value"),
        ([*run, "--file", "x"], "--file"),
        ([*run, "--temp", "warm"], "warm"),
        ([*run, "-n", "1x"], "1x"),
        ([*run, "-n", "-2"], " --max-tokens: expected a whole number, at least -1, found -2"),
        ([*run, "--seed", "-1"], " --seed: expected a whole number from 0 to 18446744073709551615, found -1"),
        ([*run, "--threads", "-1"], " --threads: expected a whole number, at least 0, found -1"),
        ([*run, "--top-k", "3000000000"], "from -2147483648 to 2147483647"),
        ([*run, "--threads", "two"], "two"),
        ([*run, "--ctx", "99999999999"], "99999999999"),
        ([*run, "--kv", "f8"], "q8_0"),
        ([*run, "--precision", "high"], "exact"),
        ([*run, "--logit-bias", "3"], "ID=BIAS"),
        ([*run, "--logit-bias", "x=1"], "ID=BIAS"),
        ([*run, "--var", "thinking"], "NAME=VALUE"),
        (["tokenize"], "--model"),
        (["tokenize", "-m", model, "--decode", "--add-special"], "--add-special"),
        (["template", "--messages", "x"], "--file"),
        (["template", "-m", model], "--messages"),
        (["inspect"], "required"),
        (["inspect", model, "-m", model], "expected one value, found more"),
        (["inspect", model, "--plan", "--json"], "--json"),
        (["logits", "-m", model, "--out", "x.npy"], "--tokens"),
        (["logits", "-m", model, "--out", "x.npy", "--tokens", "1 two 3"], "two"),
        (["logits", "-m", model, "--out", "x.npy", "--tokens", ""], "token"),
        (["logits", "-m", model, "--tokens", "1"], "--out"),
        (["bench", "-m", model, "--repeat", "0"], "--repeat"),
    ]:
        program.expect_refusal(args, 2, part)


def test_sampling_values(program):
    for flag, values in {
        "--temp": ["-1", "-0.001", "nan", "inf"],
        "--top-k": ["-1"],
        "--top-p": ["-0.1", "1.5", "nan"],
        "--min-p": ["-0.1", "1.5", "nan"],
        "--typical": ["-0.1", "1.5", "nan"],
        "--repeat-penalty": ["0", "-1", "nan", "inf"],
        "--frequency-penalty": ["nan", "-2.5", "2.5"],
        "--presence-penalty": ["nan", "-2.5", "2.5"],
        "--logit-bias": ["3=nan", "320=1", "-1=1"],
    }.items():
        for value in values:
            program.expect_refusal(["run", "-m", program.model(), "-p", "hi", flag, value], 1, "expected")


def test_prompts_that_do_not_fit(program):
    model = program.model()
    long = "water and the mill " * 200
    program.expect_refusal(["run", "-m", model, "-p", long], 1, "context")
    program.expect_refusal(["run", "-m", model, "--raw", "-p", long], 1, "context")
    program.expect_refusal(["run", "-m", model, "--json"], 1, "context", stdin=long.encode())
    program.expect_refusal(["run", "-m", model, "--ctx", "8", "-p", "water and the mill"], 1, "context")
    program.expect_refusal(["chat", "-m", model], 1, "context", stdin=long.encode())
    program.expect_refusal(["run", "-m", model, "--raw", "-p", ""], 1, "prompt")
    program.expect_refusal(["run", "-m", model, "--file", str(program.folder / "none.txt")], 1, "none.txt")
    program.expect_refusal(["run", "-m", model, "--file", ""], 1, "empty", stdin=b"water")
    program.expect_refusal(["run", "-m", model, "--file", str(program.folder)], 1, "director")
    program.expect_refusal(["run", "-m", model, "--raw", "--system", "Be kind", "-p", "hi"], 1, "--system")
    program.expect_refusal(["bench", "-m", model, "--prompt-tokens", "9999"], 1, "context")
    for depth, tokens in [("300", "8"), ("0", "300"), ("200", "100"), ("2147483647", "2147483647")]:
        bench = ["bench", "-m", model, "--prompt-tokens", "8", "--depth", depth, "--gen-tokens", tokens]
        program.expect_refusal(bench, 1, "--depth")
    program.expect_refusal(["bench", "-m", model, "--batch", "2"], 1, "--batch")


def test_logits_that_cannot_be(program):
    out = str(program.folder / "never.npy")
    for tokens in ["320", "-1", "1 2 2147483647"]:
        program.expect_refusal(["logits", "-m", program.model(), "--tokens", tokens, "--out", out], 1, "token")
    many = " ".join(["5"] * 300)
    program.expect_refusal(["logits", "-m", program.model(), "--tokens", many, "--out", out], 1, "context")
    nowhere = str(program.folder / "no" / "such" / "folder.npy")
    program.expect_refusal(["logits", "-m", program.model(), "--tokens", "1", "--out", nowhere], 1, "folder.npy")
    program.expect_refusal(["logits", "-m", program.model(), "--tokens", "1", "--out", str(program.folder)], 1, "director")
    program.expect_refusal(["logits", "-m", program.model(), "--tokens", "1", "--out", ""], 1, "empty")
    expect_equal([name for name in os.listdir(program.folder) if "npy" in name], [], "files left behind")


def test_ids_that_are_none(program):
    for ids in [b"1 2 x", b"1.5", b"-1", b"320", b"99999999999999999999", b"1 \x00"]:
        program.expect_refusal(["tokenize", "-m", program.model(), "--decode"], 1, "expected", stdin=ids)


def test_templates_that_fail(program):
    good = program.file("good.json", '[{"role": "user", "content": "hi"}]')
    for name, content, part in [
        ("not.json", "[{'role': 1}]", "JSON"),
        ("object.json", '{"role": "user"}', "array"),
        ("deep.json", "[" * 5000, "JSON"),
        ("bytes.json", b'["\xff"]', "JSON"),
    ]:
        path = program.file(name, content)
        program.expect_refusal(["template", "-m", program.model(), "--messages", path], 1, part)
        program.expect_refusal(["template", "-m", program.model(), "--messages", good, "--tools", path], 1, part)
    for name, source, part in [
        ("syntax.jinja", "{% for x in %}", "line"),
        ("raise.jinja", "{{ raise_exception('No, never.') }}", "No, never."),
        ("endless.jinja", "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "steps"),
    ]:
        path = program.file(name, source)
        program.expect_refusal(["template", "--file", path, "--messages", good], 1, part)
    missing = str(program.folder / "none.json")
    program.expect_refusal(["template", "-m", program.model(), "--messages", missing], 1, "none.json")
