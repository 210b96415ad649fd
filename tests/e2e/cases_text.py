"""tokenize, template and inspect: the commands that need no running model."""

import gguf_bytes
from program import expect, expect_equal

CHAT = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"


def test_ids_are_those_of_the_goldens(program):
    golden = program.golden("llama-q4_0")
    line = program.output("tokenize", "-m", program.model(), stdin=golden["prompt_text"].encode())
    expect_equal(line, (" ".join(map(str, golden["prompt"])) + "\n").encode(), "ids")


def test_round_trip(program):
    for text in ["", "water", "  two  spaces ", "line\nline\r\n\n", "Zürich – 東京 🙂", "tab\tnul\x00end", "<|im_start|>user"]:
        ids = program.output("tokenize", "-m", program.model(), stdin=text.encode())
        expect(ids.endswith(b"\n") and ids.count(b"\n") == 1 and b"  " not in ids, f"{text!r}: expected one line, found {ids}")
        back = program.output("tokenize", "-m", program.model(), "--decode", stdin=ids)
        expect_equal(back, text.encode(), "text there and back")


def test_special_tokens_only_on_demand(program):
    tokenize = ["tokenize", "-m", program.model()]
    plain = program.output(*tokenize, stdin=CHAT.encode()).split()
    expect(b"1" not in plain and b"2" not in plain, f"expected no control tokens, found {plain}")
    parsed = program.output(*tokenize, "--parse-special", stdin=CHAT.encode())
    expect_equal(parsed.split().count(b"1"), 2, "<|im_start|> tokens")
    expect_equal(program.output(*tokenize, "--decode", "--parse-special", stdin=parsed), CHAT.encode(), "spelled out")
    expect_equal(program.output(*tokenize, "--decode", stdin=parsed), b"user\nhi\nassistant\n", "without control tokens")


def test_any_well_formed_file_will_do(program):
    tensors = [("x", (64,), 0, 0), ("odd", (32, 2), 4242, 256)]  # F32, and a type that nobody knows
    path = program.file("odd.gguf", gguf_bytes.gguf(gguf_bytes.vocabulary("martian"), tensors, bytes(512)))
    expect_equal(program.output("tokenize", "-m", path, stdin=b"abba"), b"2 1 0\n", "ids")
    expect_equal(program.output("tokenize", "-m", path, "--decode", stdin=b"2 1 0"), b"abba", "text")
    text = program.output("inspect", path).decode()
    for part in ["martian", "tokenizer.ggml.merges", "4242"]:
        expect(part in text, f"inspect: expected {part!r} in {text}")
    expect("odd" in program.output("inspect", path, "--tensors").decode(), "inspect --tensors: expected the tensor's name")
    # An unknown pre-tokenizer is refused by name, but can still be inspected.
    path = program.file("pre.gguf", gguf_bytes.gguf(gguf_bytes.vocabulary(pre="klingon")))
    program.expect_refusal(["tokenize", "-m", path], 1, "klingon", stdin=b"ab")
    expect("klingon" in program.output("inspect", path).decode(), "inspect: expected the pre-tokenizer's name")


def test_inspect_json(program):
    report = program.json("inspect", program.model())
    expect_equal(report["architecture"], "llama", "architecture")
    expect_equal(report["metadata"]["llama.context_length"], 256, "llama.context_length")
    expect_equal(report["metadata"]["tokenizer.ggml.tokens"]["length"], 320, "length of the vocabulary")
    expect_equal(report["sizes"]["block_count"], 2, "block_count")
    expect_equal(sum(t["tensors"] for t in report["types"].values()), len(report["tensors"]), "tensors by type")
    expect_equal(sum(t["bytes"] for t in report["tensors"]), report["tensor_bytes"], "tensor bytes")
    embedding = next(t for t in report["tensors"] if t["name"] == "token_embd.weight")
    expect_equal((embedding["type"], embedding["shape"], embedding["bytes"]), ("q4_0", [64, 320], 64 * 320 // 32 * 18), "embedding")


def test_plan(program):
    for precision in ["fast", "exact"]:
        plan = program.output("inspect", program.model(), "--plan", "--precision", precision).decode()
        expect(plan.startswith(tuple("123456789")) and precision in plan and len(plan.splitlines()) > 5, f"plan: found {plan}")


def test_template(program):
    messages = program.file("messages.json", '[{"role": "user", "content": "hi"}]')
    render = ["template", "-m", program.model(), "--messages", messages]
    expect_equal(program.output(*render).decode(), CHAT, "rendered text")
    expect_equal(program.output(*render, "--no-generation-prompt").decode(), CHAT.split("<|im_start|>assistant")[0], "without prompt")
    source = "{{ bos_token }}|{{ eos_token }}|{{ messages[0].content }}|{{ tools is none }}|{{ depth }}|{{ name }}"
    render = ["template", "--file", program.file("t.jinja", source), "--messages", messages]
    expect_equal(program.output(*render).decode(), "||hi|True||", "own template")
    found = program.output(*render, "--bos", "<s>", "--eos", "</s>", "--var", "depth=3", "--var", "name=Ada").decode()
    expect_equal(found, "<s>|</s>|hi|True|3|Ada", "own template with values")
    tools = program.file("tools.json", '[{"type": "function"}]')
    expect_equal(program.output(*render, "--tools", tools).decode(), "||hi|False||", "own template with tools")


def test_template_shows_every_message(program):
    parts = "{% for m in messages %}<{{ m.role }}>{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}"
    texts = "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    call = ("{% for m in messages %}{% if m.content is none %}<call>{{ m.tool_calls[0].function.name }}"
            "{{ m.tool_calls[0].function.arguments }}{% else %}<{{ m.role }}>{{ m.content }}{% endif %}{% endfor %}")
    hi = '{"role": "user", "content": "hi"}'
    listed = '{"role": "user", "content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]}'
    system = '{"role": "system", "content": "Be brief."}'
    calling = '{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "look"}}]}'
    for source, messages, expected in [
        (parts, hi, "<user>hi"), (texts, listed, "<user>hi"), (texts, f"{system}, {hi}", "<user>Be brief.\n\nhi"),
        (call, f"{hi}, {calling}", "<user>hi<call>look"),
        ("chatml", hi, "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"),
    ]:
        render = ["template", "--file", program.file("t.jinja", source), "--messages", program.file("m.json", f"[{messages}]")]
        expect_equal(program.output(*render).decode(), expected, f"text of {source}")
    found = program.json(*render)
    expect_equal(found["given"], [[17, 19]], "parts that were given")
    as_is = ["template", "--file", program.file("t.jinja", parts), "--messages", program.file("m.json", f"[{hi}]"), "--as-is"]
    expect_equal(program.output(*as_is).decode(), "<user>", "messages as they are")
    program.expect_refusal(["template", "--file", program.file("t.jinja", texts), "--messages",
                            program.file("m.json", f"[{system}]")], 1, "expected a user's message")
