"""tenfold, --help and --version."""

from program import expect, expect_equal

SAMPLING = ["--temp", "--top-k", "--top-p", "--min-p", "--typical", "--repeat-penalty", "--frequency-penalty",
            "--presence-penalty", "--logit-bias", "--seed"]
ANSWER = ["--model", "--system", "--var", "--max-tokens", "--stop", "--special", "--no-speculation", "--draft", "--ctx", "--kv", "--threads", "--precision", "--memory-limit", *SAMPLING]
FLAGS = {
    "run": ["--prompt", "--file", "--raw", "--json", "--parse-special", *ANSWER],
    "chat": ["/reset", "/exit", "--parse-special", *ANSWER],
    "tokenize": ["--model", "--add-special", "--parse-special", "--decode"],
    "template": ["--model", "--file", "--messages", "--tools", "--no-generation-prompt", "--bos", "--eos", "--var", "--as-is", "--json"],
    "embed": ["--model", "--prompt", "--file", "--pooling", "--no-normalize", "--json", "--ctx", "--threads", "--precision", "--memory-limit"],
    "inspect": ["--plan", "--tensors", "--json"],
    "logits": ["--model", "--tokens", "--all", "--out", "--precision", "--memory-limit"],
    "bench": ["--model", "--prompt-tokens", "--gen-tokens", "--depth", "--batch", "--kv", "--threads", "--repeat",
              "--precision", "--memory-limit", "--where", "--machine", "--waterfall", "--json"],
}


def test_every_command_explains_its_flags(program):
    for command, flags in FLAGS.items():
        done = program.run(command, "--help")
        text = done.stdout.decode()
        expect_equal((done.returncode, done.stderr), (0, b""), f"{command} --help")
        missing = [flag for flag in [*flags, "Examples:", f"tenfold {command}"] if flag not in text]
        expect_equal(missing, [], f"{command} --help: what is not mentioned")


def test_a_file_by_place_or_by_flag(program):
    text = program.output("inspect", "--help").decode()
    expect("FILE FILE" not in text, f"expected FILE to be named once, found {text}")
    expect_equal(text.count("(required)"), 1, f"arguments that are required, in {text}")
    for args in [[program.model()], ["-m", program.model()], ["--model", program.model()]]:
        expect(b"architecture" in program.output("inspect", *args), f"inspect {args}: expected its summary")


def test_help_names_defaults(program):
    text = program.output("run", "--help").decode()
    for default in ["(default 0.8)", "(default 40)", "(default 0.95)", "(default f16)", "(default fast)"]:
        expect(default in text, f"run --help: expected {default!r} in {text}")


def test_alone_it_gives_an_overview(program):
    for args in [[], ["--help"]]:
        text = program.output(*args).decode()
        missing = [command for command in FLAGS if f"tenfold {command}" not in text]
        expect_equal(missing, [], f"overview of {args}: commands that are not mentioned")


def test_version(program):
    text = program.output("--version").decode()
    expect(text.startswith("tenfold ") and text.count("\n") == 1 and text[8].isdigit(), f"--version: found {text!r}")
