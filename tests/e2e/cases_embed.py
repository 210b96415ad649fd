"""tenfold embed: texts to vectors."""

import json
import math
import shutil

from npy import nmse, read_f32
from program import expect, expect_equal


def rows_of(text):
    return [[float(word) for word in line.split(b" ")] for line in text.splitlines()]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def test_the_mean_of_what_transformers_computes(program):
    golden = program.golden("bert-f32")
    (n, dim), rows = read_f32(program.models / "bert-f32.npy")
    expected = [sum(rows[t * dim + i] for t in range(n)) / n for i in range(dim)]
    embed = ["embed", "-m", program.model("bert-f32"), "--precision", "exact", "-p", golden["prompt_text"]]
    (raw,) = rows_of(program.output(*embed, "--no-normalize"))
    expect(nmse(raw, expected) < 1e-9, f"expected the mean of all rows, found {raw[:4]} instead of {expected[:4]}")
    (unit,) = rows_of(program.output(*embed))
    expect(abs(math.sqrt(dot(unit, unit)) - 1) < 1e-6, f"expected length 1, found {dot(unit, unit)}")
    (first,) = rows_of(program.output(*embed, "--no-normalize", "--pooling", "cls"))
    expect(nmse(first, rows[:dim]) < 1e-9, "expected the first row with --pooling cls")


def test_a_line_a_text(program):
    model = ["embed", "-m", program.model("bert-f32")]
    texts = ["The river turns.", "", "Is there another river?"]
    many = program.output(*model, stdin="\r\n".join(texts).encode())
    for line, text in zip(many.splitlines(keepends=True), texts, strict=True):
        expect_equal(program.output(*model, "-p", text), line, f"vector of {text!r}")
    path = program.file("text.txt", texts[0])
    expect_equal(program.output(*model, "--file", path), many.splitlines(keepends=True)[0], "vector of a file")
    expect_equal(program.output(*model), b"", "vectors of nothing")


def test_json(program):
    model = program.model("bert-f32")
    report = program.json("embed", "-m", model, stdin=b"one river\nanother river\n")
    expect_equal({key: report[key] for key in ["dim", "pooling", "normalized"]},
                 {"dim": 64, "pooling": "mean", "normalized": True}, "report")
    text = program.output("embed", "-m", model, stdin=b"one river\nanother river\n")
    expect_equal(report["embeddings"], rows_of(text), "embeddings as text and as JSON")


def test_models_that_answer_make_vectors_too(program):
    report = program.json("embed", "-m", program.model(), "-p", "the river")
    expect_equal((report["pooling"], report["dim"], len(report["embeddings"])), ("last", 64, 1), "report")


def test_encoders_do_not_answer(program):
    model = program.model("bert-f32")
    for args in [["run", "-p", "hi"], ["chat"], ["bench"], ["logits", "--tokens", "1", "--out", str(program.folder / "x.npy")]]:
        program.expect_refusal([*args, "-m", model], 1, "use tenfold embed")


def test_texts_that_cannot_be(program):
    embed = ["embed", "-m", program.model("bert-f32")]
    long = "river " * 100
    program.expect_refusal([*embed, "-p", long], 1, "at most 96 tokens, found 102")
    program.expect_refusal([*embed, "-p", "x", "--prompt-name", "query"], 1, "expected none, as the model's file has no prompts")
    program.expect_refusal([*embed, "-p", "x", "--ctx", "97"], 1, "96")
    program.expect_refusal([*embed, "-p", "x", "--file", "y"], 2, "--file")
    program.expect_refusal([*embed, "-p", "x", "--pooling", "max"], 2, "mean, last or cls")
    program.expect_refusal([*embed, "--file", str(program.folder / "none.txt")], 1, "none.txt")
    program.expect_refusal(["embed", "-m", program.model(), "-p", ""], 1, "at least one token")


def test_a_line_that_cannot_be_does_not_end_the_others(program):
    embed = ["embed", "-m", program.model("bert-f32")]
    first, last = (program.output(*embed, "-p", text) for text in ["one river", "another river"])
    lines = b"one river\n" + b"river " * 100 + b"\nanother river\n"
    done = program.run(*embed, stdin=lines)
    expect_equal((done.returncode, done.stdout), (1, first + b"\n" + last), "status and vectors")
    expect(b"line 2: text: expected at most 96 tokens, found 102" in done.stderr, f"stderr: {done.stderr}")
    done = program.run(*embed, "--json", stdin=lines)
    rows = json.loads(done.stdout)["embeddings"]
    expect_equal((done.returncode, rows[0], rows[2]), (1, *rows_of(first + last)), "status and rows")
    expect("expected at most 96 tokens" in rows[1]["error"], f"the second: {rows[1]}")


def test_long_texts_are_cut_if_asked_to(program):
    embed = ["embed", "-m", program.model("bert-f32"), "--truncate"]
    done = program.run(*embed, stdin=b"river " * 100 + b"\nriver\n")
    expect_equal(done.returncode, 0, "status")
    expect(b"1 text was cut to 96 tokens, of 102" in done.stderr, f"stderr: {done.stderr}")
    expect_equal(done.stdout.splitlines(keepends=True)[0], program.output(*embed, "-p", "river " * 94), "vector of what is left")


def test_special_tokens_in_a_text(program):
    embed = ["embed", "-m", program.model("bert-f32"), "-p", "hello [SEP] world"]
    expect(program.output(*embed) != program.output(*embed, "--parse-special"), "expected another vector")


def test_a_folder_of_sentence_transformers(program):
    data = program.models.parent / "encoders"
    folder = program.folder / "sentence"
    shutil.copytree(data / "bert", folder)
    shutil.copytree(data / "sentence", folder, dirs_exist_ok=True)
    model = str(program.folder / "sentence.gguf")
    program.output("convert", str(folder), model, "--type", "f32")
    embed = ["embed", "-m", model, "--precision", "exact"]
    for golden in json.loads((data / "sentence" / "goldens.json").read_text()):
        prompt = [] if golden["prompt_name"] is None else ["--prompt-name", golden["prompt_name"]]
        done = program.run(*embed, *prompt, "-p", golden["text"])
        (row,) = rows_of(done.stdout)
        expect(nmse(row, golden["vector"]) < 1e-9, f"{golden['text']!r} {prompt}: expected {golden['vector']}, found {row}")
        expect_equal(b"cut to 16 tokens" in done.stderr, len(golden["text"]) > 100, f"notice in {done.stderr}")
    expect_equal(program.json(*embed, "-p", "x")["dim"], 8, "dim")
    expect_equal(program.output(*embed, "--prompt-name", "", "-p", "x"),
                 program.output(*embed, "--prompt-name", "document", "-p", "x"), "no prompt and an empty one")
    program.expect_refusal([*embed, "--prompt-name", "passage", "-p", "x"], 1, "expected document, query, found passage")


def test_plan_and_inspect(program):
    plan = program.output("inspect", program.model("bert-q8_0"), "--plan").decode()
    for part in ["layer_norm", "gelu", "add_positions f32 [96, 64]", "-> final"]:
        expect(part in plan, f"plan: expected {part!r} in {plan}")
    expect_equal(json.loads(program.output("inspect", program.model("bert-q8_0"), "--json"))["architecture"], "bert", "architecture")
