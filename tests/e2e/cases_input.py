"""Text that comes in by pipes and files: what is made of it, what waiting for it means, and how much of it is read."""

import fcntl
import os
import re
import resource
import subprocess
import time

from program import TIMEOUT_S, expect, expect_equal

ONCE = ["--raw", "-n", "1", "--temp", "0"]


def prompt_of(program, *args, stdin=b""):
    """The prompt's text, as tokens say it."""
    ids = " ".join(map(str, program.json("run", "-m", program.model(), *ONCE, *args, stdin=stdin)["prompt_tokens"]))
    return program.output("tokenize", "-m", program.model(), "--decode", stdin=ids.encode()).decode()


def test_what_is_piped_in_follows_the_prompt(program):
    path = program.file("task.txt", "Summarise:")
    for args in [["-p", "Summarise:"], ["--file", path]]:
        expect_equal(prompt_of(program, *args, stdin=b"water \n"), "Summarise:\n\nwater \n", f"prompt by {args} and a pipe")
        expect_equal(prompt_of(program, *args), "Summarise:", f"prompt by {args} and an empty pipe")
    expect_equal(prompt_of(program, "-p", "", stdin=b"water"), "water", "prompt by an empty -p and a pipe")
    lines = program.file("lines.txt", "one\ntwo\n")
    loop = 'while read -r line; do "$0" run -m "$1" --raw -n 0 -p "$line" --json %s; done <"$2"'
    for redirect, n_answers in [("</dev/null", 2), ("", 1)]:
        done = subprocess.run(["sh", "-c", loop % redirect, program.path, program.model(), lines], capture_output=True,
                              timeout=TIMEOUT_S)
        expect_equal(done.stdout.count(b"prompt_tokens"), n_answers, f"answers of a loop with {redirect!r}")


def test_a_pipe_that_says_nothing_is_told(program):
    run = subprocess.Popen([program.path, "run", "-m", program.model(), *ONCE, "-p", "water", "--json"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    notice = run.stderr.readline()
    expect(b"waiting" in notice and b"</dev/null" in notice, f"expected a notice about waiting, found {notice}")
    stdout, _ = run.communicate(b" late", timeout=TIMEOUT_S)
    expect_equal(run.returncode, 0, "exit status")
    late = program.json("run", "-m", program.model(), *ONCE, "-p", "water\n\n late")
    expect(str(late["prompt_tokens"]).replace(" ", "").encode() in stdout, f"expected what came late, found {stdout}")


def non_blocking_run(program, args, pieces):
    """Standard input does not block, and its pieces come one after the other."""
    read, write = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETFL, os.O_NONBLOCK)
    run = subprocess.Popen([program.path, *args], stdin=read, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(read)
    for piece in pieces:
        time.sleep(0.3)
        os.write(write, piece)
    os.close(write)
    stdout, stderr = run.communicate(timeout=TIMEOUT_S)
    expect_equal(run.returncode, 0, f"exit status of {args[0]} ({stderr})")
    return stdout, stderr


def test_waiting_is_not_the_end(program):
    stdout, _ = non_blocking_run(program, ["tokenize", "-m", program.model()], [b"the wa", b"ter"])
    expect_equal(stdout, program.output("tokenize", "-m", program.model(), stdin=b"the water"), "tokens")
    stdout, _ = non_blocking_run(program, ["embed", "-m", program.model("bert-f32")], [b"one river\nan", b"other\n"])
    expect_equal(stdout, program.output("embed", "-m", program.model("bert-f32"), stdin=b"one river\nanother\n"), "vectors")
    chat = ["chat", "-m", program.model(), "-n", "3", "--temp", "0"]
    _, stderr = non_blocking_run(program, chat, [b"wa", b"ter\nmi", b"ll\n", b"last"])
    expect_equal(stderr.count(b"first token"), 3, f"answers in {stderr}")
    stdout, _ = non_blocking_run(program, ["run", "-m", program.model(), *ONCE, "--json"], [b"the wa", b"ter"])
    whole = program.json("run", "-m", program.model(), *ONCE, stdin=b"the water")
    expect(str(whole["prompt_tokens"]).replace(" ", "").encode() in stdout, f"expected the whole prompt, found {stdout}")


class Flood:
    """A pipe that always has more: text without an end, as far as a program cares to read."""

    def __init__(self, program, args, max_memory=None):
        limit = (lambda: resource.setrlimit(resource.RLIMIT_AS, (max_memory, max_memory))) if max_memory else None
        run = subprocess.Popen([program.path, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, preexec_fn=limit)
        self.n_written = 0
        try:
            while self.n_written < 400 << 20:
                self.n_written += run.stdin.write(b"a" * (1 << 20))
                run.stdin.flush()
        except BrokenPipeError:
            pass
        try:
            run.stdin.close()
        except BrokenPipeError:
            pass
        run.stdin = None
        self.stdout, self.stderr = run.communicate(timeout=TIMEOUT_S)
        self.status = run.returncode


def test_no_more_is_read_than_can_fit(program):
    model = program.model()
    path = program.file("endless.txt", b"a" * (40 << 20))
    for args in [["run", "-m", model], ["run", "-m", model, "-p", "x"], ["chat", "-m", model]]:
        flood = Flood(program, args)
        expect_equal(flood.status, 1, f"exit status of {args} ({flood.stderr})")
        expect(flood.n_written < 8 << 20, f"{args}: expected to read a few MB, found {flood.n_written}")
        message = flood.stderr.decode()
        expect(re.search(r"expected at most \d+ bytes \(the context has \d+ tokens, the longest is \d+ bytes\), found more",
                         message), f"{args}: expected both numbers, found {message}")
    program.expect_refusal(["run", "-m", model, "--file", path], 1, "expected at most")
    program.expect_refusal(["embed", "-m", program.model("bert-f32"), "--file", path], 1, "expected at most")
    messages = program.file("messages.json", '[{"role": "user", "content": "hi"}]')
    program.expect_refusal(["template", "--file", path, "--messages", messages], 1, "expected at most 1048576 bytes")
    program.expect_refusal(["template", "-m", model, "--messages", path], 1, "expected at most")


def test_little_memory_is_an_error(program):
    for args in [["run", "-m", program.model()], ["chat", "-m", program.model()], ["tokenize", "-m", program.model()]]:
        flood = Flood(program, args, max_memory=500 << 20)
        expect_equal((flood.status, flood.stdout), (1, b""), f"exit status and output of {args} ({flood.stderr})")
        expect(flood.stderr.startswith(b"tenfold: "), f"{args}: expected an error, found {flood.stderr}")


def test_the_speed_line_says_what_cut_an_answer(program):
    def line(*args):
        return program.run("run", "-m", program.model(), "-p", "water", "--temp", "0", *args).stderr.decode()

    limited = line("-n", "5", "--ignore-eos")
    expect("cut at the limit of 5 tokens (-n)" in limited, f"expected to be told of the limit, found {limited}")
    full = line("--ctx", "64", "--ignore-eos")
    expect("cut: the context of 64 tokens is full (--ctx)" in full, f"expected to be told of the context, found {full}")
    ended = line("--logit-bias", "2=1000")
    expect("cut" not in ended, f"expected an answer that ended by itself, found {ended}")
    chat = program.run("chat", "-m", program.model(), "-n", "4", "--ignore-eos", stdin=b"water\n")
    expect(b"cut at the limit of 4 tokens" in chat.stderr, f"expected to be told in chat, found {chat.stderr}")


def test_a_full_conversation_is_seldom_read_again(program):
    question = "the water and the mill"
    args = ["--ctx", "1024", "-n", "12", "--temp", "0", "--ignore-eos", "--system", "be brief"]
    done = program.run("chat", "-m", program.model(), *args, stdin=f"{question}\n".encode() * 80)
    expect_equal(done.returncode, 0, f"exit status ({done.stderr[-300:]})")
    turns = re.findall(r"\[(\d+) prompt tokens(?: \((\d+) reused\))?", done.stderr.decode())
    expect_equal(len(turns), 80, "answers")
    reread = [i for i, (n_prompt, n_reused) in enumerate(turns) if i > 1 and int(n_reused or 0) < int(n_prompt) / 2]
    expect(len(reread) >= 3, f"expected a conversation longer than the context, found {turns}")
    expect_equal(done.stderr.decode().count("is full: dropped the"), len(reread), "notices")
    for before, after in zip(reread, reread[1:]):
        expect(after - before >= 8, f"expected to read again at most once in eight turns, found turns {reread}")
