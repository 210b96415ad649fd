"""What only a terminal shows: the progress bar, prompts, and Ctrl-C."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from gguf_bytes import STRING, gguf
from program import TIMEOUT_S, expect, expect_equal

ENDLESS = ["--ignore-eos", "--ctx", "2000000", "--temp", "0"]


class Terminal:
    """The program as the only process of a terminal of its own."""

    def __init__(self, program, *args, columns=80, shell=None, **environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
            state = {"XDG_STATE_HOME": str(program.folder / "state")}
            path = shell or program.path
            os.execve(path, [path, *args], {**os.environ, "TERM": "xterm", **state, **environment})
        self.modes = termios.tcgetattr(self.fd)
        self.text = b""

    def type(self, keys):
        os.write(self.fd, keys)

    def wait_for(self, pattern):
        """Reads until the text not yet waited for matches, and takes that off."""
        deadline = time.monotonic() + TIMEOUT_S
        while not (found := re.search(pattern, self.text, re.DOTALL)):
            expect(time.monotonic() < deadline, f"expected {pattern} on the terminal, found {self.text[-500:]}")
            expect(self._read(1), f"expected {pattern} on the terminal, found its end after {self.text[-500:]}")
        self.text = self.text[found.end() :]
        return found.group()

    def _read(self, seconds):
        """False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += data
        return data != b""

    def finish(self):
        """The exit status, once all is read; the terminal's modes must be what they were."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline and self._read(1):
            pass
        modes = termios.tcgetattr(self.fd)
        os.close(self.fd)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        expect_equal(modes, self.modes, "terminal modes at the end")
        return status


def wait_until_listening(pid):
    """Until the process has a handler for Ctrl-C."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        caught = re.search(r"^SigCgt:\s*(\w+)", open(f"/proc/{pid}/status").read(), re.MULTILINE)
        if int(caught.group(1), 16) >> (signal.SIGINT - 1) & 1:
            return
        time.sleep(0.01)


def test_progress_bar(program):
    terminal = Terminal(program, "run", "-m", program.model(), "-p", "water", "-n", "3")
    terminal.wait_for(rb"loading \[.*\] \d+ %\x1b\[K.*\r\x1b\[K")
    terminal.wait_for(rb"tok/s.*\]\r\n")
    expect_equal(terminal.finish(), 0, "exit status")


def test_progress_bar_fits_the_terminal(program):
    for columns in [50, 30, 20, 16]:
        terminal = Terminal(program, "run", "-m", program.model(), "-p", "water", "-n", "1", columns=columns)
        bar = terminal.wait_for(rb"loading .*?\x1b\[K").decode().removesuffix("\x1b[K")
        expect(len(bar) < columns, f"expected a line of less than {columns} columns, found {bar!r}")
        expect_equal(terminal.finish(), 0, "exit status")


def test_progress_bar_of_many_texts(program):
    vectors = program.folder / "vectors.json"
    command = f"{program.path} embed -m {program.model('bert-f32')} --json > {vectors}"
    terminal = Terminal(program, "-c", command, shell="/bin/sh")
    terminal.type(b"one river\nanother river\n\x04")
    terminal.wait_for(rb"embedding \[.*\] \d+ %\x1b\[K.*\r\x1b\[K")
    expect_equal(terminal.finish(), 0, "exit status")
    expect_equal(len(json.loads(vectors.read_text())["embeddings"]), 2, "vectors")


def test_no_progress_bar_where_it_cannot_be_wiped(program):
    terminal = Terminal(program, "run", "-m", program.model(), "-p", "water", "-n", "1", TERM="dumb")
    shown = terminal.wait_for(rb".*first token.*\]\r\n")
    expect(b"loading" not in shown and b"\x1b" not in shown, f"expected only the answer, found {shown}")
    expect_equal(terminal.finish(), 0, "exit status")


def test_ctrl_c_stops_an_answer(program):
    terminal = Terminal(program, "run", "-m", program.model(), "-p", "water", *ENDLESS)
    terminal.wait_for(rb"\r\x1b\[K.{200}")
    terminal.type(b"\x03")
    terminal.wait_for(rb"\[\d+ prompt tokens.* tok/s.*\]\r\n")
    expect_equal(terminal.finish(), 130, "exit status")


def test_ctrl_c_with_json_ends_well(program):
    run = subprocess.Popen([program.path, "run", "-m", program.model(), "-p", "water", "--json", *ENDLESS],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until_listening(run.pid)
    time.sleep(1)  # time to load the model and begin
    run.send_signal(signal.SIGINT)
    stdout, stderr = run.communicate(timeout=TIMEOUT_S)
    expect_equal(run.returncode, 0, f"exit status ({stderr})")
    expect(b'"finish_reason":"cancelled"' in stdout, f"expected a cancelled answer, found {stdout[-300:]}")


def test_chat(program):
    terminal = Terminal(program, "chat", "-m", program.model(), *ENDLESS)
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"water\n")
    terminal.wait_for(rb"water\r\n.{200}")
    terminal.type(b"\x03")
    terminal.wait_for(rb"tok/s.*\]\r\n> ")
    terminal.type(b"one\\\n")
    terminal.wait_for("… ".encode())
    terminal.type(b"two\n")
    terminal.wait_for(rb"two\r\n.{200}")
    terminal.type(b"\x03")
    terminal.wait_for(rb"tok/s.*\]\r\n> ")
    terminal.type(b"half")
    terminal.wait_for(b"half")
    terminal.type(b"\x03")  # drops what is typed
    terminal.wait_for(b"> ")
    terminal.type(b"\x03")  # where nothing is: leave
    expect_equal(terminal.finish(), 130, "exit status")


def test_chat_without_an_editor(program):
    terminal = Terminal(program, "chat", "-m", program.model(), "-n", "3", TERM="dumb")
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"one\\\n")
    terminal.wait_for("… ".encode())
    terminal.type(b"two\n")
    shown = terminal.wait_for(rb"two\r\n.*tok/s.*\]\r\n> ")
    expect(b"\x1b" not in shown, f"expected no sequences on a dumb terminal, found {shown}")
    terminal.type(b"\x03")
    expect_equal(terminal.finish(), 130, "exit status")


def cpu_seconds(pid):
    """What the process has used so far."""
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_busy(pid):
    """Until it has computed for a third of a second from now on."""
    before = cpu_seconds(pid)
    deadline = time.monotonic() + TIMEOUT_S
    while cpu_seconds(pid) < before + 0.3:
        expect(time.monotonic() < deadline, "expected the program to compute")
        time.sleep(0.01)


def test_ctrl_c_before_an_answer_takes_the_message_back(program):
    args = ["--ctx", "2000000", "--temp", "0", "-n", "3", "--threads", "1"]
    terminal = Terminal(program, "chat", "-m", program.model(), *args, TENFOLD_FORCE_ISA="scalar", TERM="dumb")
    terminal.wait_for(rb"/reset.*> ")
    for _ in range(60):  # a prompt that takes minutes
        terminal.type(b"water and the mill " * 200 + b"\\\n")
        terminal.wait_for("… ".encode())
    terminal.type(b"end\n")
    wait_until_busy(terminal.pid)
    terminal.type(b"\x03")
    terminal.wait_for(rb"tenfold: stopped before the answer began[^\n]*\n> ")
    terminal.type(b"water\n")
    line = terminal.wait_for(rb"\[\d+ prompt tokens.*\]\r\n> ")
    expect(int(re.search(rb"\[(\d+) prompt", line).group(1)) < 100, f"expected a short prompt, found {line}")
    terminal.type(b"\x04")
    expect_equal(terminal.finish(), 0, "exit status")


def test_ctrl_c_ends_a_chat_through_pipes(program):
    run = subprocess.Popen([program.path, "chat", "-m", program.model(), *ENDLESS],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdin.write(b"water\nwater\n")
    run.stdin.flush()
    expect(os.read(run.stdout.fileno(), 1) != b"", "expected the beginning of an answer")
    run.send_signal(signal.SIGINT)
    try:
        _, stderr = run.communicate(timeout=TIMEOUT_S)
    finally:
        run.kill()
    expect_equal((run.returncode, stderr.count(b"first token")), (130, 1), f"exit status and answers of {stderr}")


def test_ctrl_c_stops_what_takes_long(program):
    long = ["--ctx", "2000000", "--threads", "1"]
    for args, seen in [(["bench", "--prompt-tokens", "1000000"], rb"measuring \[.*\] 0 %"),
                       (["logits", "--tokens", "5 " * 60000, "--out", str(program.folder / "never.npy")], rb"loading .*\x1b\[K")]:
        terminal = Terminal(program, *args, "-m", program.model(), *long, TENFOLD_FORCE_ISA="scalar")
        terminal.wait_for(seen)
        wait_until_busy(terminal.pid)
        terminal.type(b"\x03")
        terminal.wait_for(rb"tenfold: %s: stopped before [^\n]*\n" % args[0].encode())
        expect_equal(terminal.finish(), 130, "exit status")
    expect(not os.path.exists(program.folder / "never.npy"), "logits: expected no file")


def test_a_line_too_long_for_a_terminal_is_told(program):
    terminal = Terminal(program, "chat", "-m", program.model(), TERM="dumb")
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"a" * 4000 + b"\n")
    shown = terminal.wait_for(rb"context[^\n]*\n> ")
    expect(b"4095" not in shown, f"expected no notice yet, found {shown[-500:]}")
    terminal.type(b"a" * 5000 + b"\n")
    terminal.wait_for(rb"only the first 4095 bytes.*context[^\n]*\n> ")
    terminal.type(b"\x04")
    expect_equal(terminal.finish(), 0, "exit status")


def test_chat_ends_with_its_input(program):
    terminal = Terminal(program, "chat", "-m", program.model())
    terminal.wait_for(rb"> ")
    terminal.type(b"\x04")
    expect_equal(terminal.finish(), 0, "exit status")


CHAT_ONCE = ["-n", "3", "--temp", "0"]


def prompt_tokens(line):
    return int(re.search(rb"\[(\d+) prompt", line).group(1))


def ask(terminal, keys):
    """Types a message and returns how many prompt tokens it and what was before it made."""
    terminal.type(keys)
    return prompt_tokens(terminal.wait_for(rb"\[\d+ prompt tokens[^\n]*\n.*> "))


def test_editing(program):
    counts = []
    for keys in [b"the water and the mill\r",
                 b"the waxter and mill\x1b[D\x1b[D\x1b[D\x1b[Dthe \x01\x06\x06\x06\x06\x06\x06\x1b[3~\r"]:
        terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
        terminal.wait_for(rb"/reset.*> ")
        counts.append(ask(terminal, keys))
        terminal.type(b"\x04")
        expect_equal(terminal.finish(), 0, "exit status")
    expect_equal(counts[1], counts[0], "prompt tokens of the edited message")


def test_backspace_takes_a_whole_character(program):
    for wide in ["日本", "e\u0301", "👩\u200d👧"]:
        counts = []
        for keys in ["water\r", f"water{wide}" + "\x7f" * (2 if wide == "日本" else 1) + "\r"]:
            terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
            terminal.wait_for(rb"/reset.*> ")
            counts.append(ask(terminal, keys.encode()))
            terminal.type(b"\x04")
            expect_equal(terminal.finish(), 0, "exit status")
        expect_equal(counts[1], counts[0], f"prompt tokens without {wide}")


def test_a_paste_is_one_message(program):
    terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
    terminal.wait_for(rb"\x1b\[\?2004h.*/reset.*> ")
    terminal.type(b"\x1b[200~one\rtwo\rthree\r\x1b[201~")
    shown = terminal.wait_for("> one.*… two.*… three".encode())
    expect(b"tok/s" not in shown, f"expected to wait for Enter, found {shown}")
    terminal.type(b"\r")
    terminal.wait_for(rb"\[\d+ prompt tokens[^\n]*\n.*> ")
    terminal.type(b"\x04")
    rest = terminal.text
    expect_equal(terminal.finish(), 0, "exit status")
    expect(b"tok/s" not in rest, "expected one answer")
    expect(b"\x1b[?2004l" in terminal.text, f"expected pastes to be as before at the end, found {terminal.text}")


def test_history_is_there_at_the_next_start(program):
    first = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
    first.wait_for(rb"/reset.*> ")
    first.type(b"the mill by the river\r")
    first.wait_for(rb"tok/s[^\n]*\n.*> ")
    first.type(b"\x04")
    expect_equal(first.finish(), 0, "exit status")
    history = program.folder / "state" / "tenfold" / "history"
    expect_equal((history.read_text(), history.stat().st_mode & 0o777), ("the mill by the river\n", 0o600), "history")
    second = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
    second.wait_for(rb"/reset.*> ")
    second.type(b"\x1b[A")
    second.wait_for(b"the mill by the river")
    second.type(b"\x03")
    second.wait_for(b"> ")
    second.type(b"\x03")
    expect_equal(second.finish(), 130, "exit status")
    third = Terminal(program, "chat", "-m", program.model(), "--no-history", *CHAT_ONCE)
    third.wait_for(rb"/reset.*> ")
    third.type(b"secret\r")
    third.wait_for(rb"tok/s[^\n]*\n.*> ")
    third.type(b"\x04")
    expect_equal(third.finish(), 0, "exit status")
    expect_equal(history.read_text(), "the mill by the river\n", "history after --no-history")


def test_history_without_a_home(program):
    terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE, XDG_STATE_HOME="", HOME="")
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"water\r")
    terminal.wait_for(rb"tok/s[^\n]*\n.*> ")
    terminal.type(b"\x1b[A")
    terminal.wait_for(b"water")
    terminal.type(b"\x03")
    terminal.wait_for(b"> ")
    terminal.type(b"\x03")
    expect_equal(terminal.finish(), 130, "exit status")


def test_tab_completes_commands(program):
    terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"/ex\t\r")
    terminal.wait_for(rb"/exit")
    expect_equal(terminal.finish(), 0, "exit status")


def test_typing_ahead_waits_for_the_prompt(program):
    terminal = Terminal(program, "chat", "-m", program.model(), "-n", "2000", *ENDLESS)
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"water\r")
    terminal.wait_for(rb"water\r\n.{100}")
    terminal.type(b"QZX ahead")
    answer = terminal.wait_for(rb".*first token[^\n]*\n")
    expect(b"QZX" not in answer, "expected what is typed ahead not to be in the answer")
    terminal.wait_for(rb"> .*QZX ahead")
    terminal.type(b"\x03")
    terminal.wait_for(b"> ")
    terminal.type(b"\x03")
    expect_equal(terminal.finish(), 130, "exit status")


def test_signals_put_the_terminal_back(program):
    for number, seen in [(signal.SIGTERM, rb"/reset.*> "), (signal.SIGHUP, rb"/reset.*> ")]:
        terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
        terminal.wait_for(seen)
        os.kill(terminal.pid, number)
        expect_equal(terminal.finish(), -number, "exit status")
    terminal = Terminal(program, "chat", "-m", program.model(), *ENDLESS, "--threads", "1")
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"water\r")
    terminal.wait_for(rb"water\r\n.{100}")
    os.kill(terminal.pid, signal.SIGTERM)
    expect_equal(terminal.finish(), -signal.SIGTERM, "exit status in an answer")


def test_a_stopped_chat_goes_on_editing(program):
    terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
    terminal.wait_for(rb"/reset.*> ")
    editing = termios.tcgetattr(terminal.fd)
    os.kill(terminal.pid, signal.SIGSTOP)
    os.waitpid(terminal.pid, os.WUNTRACED)
    termios.tcsetattr(terminal.fd, termios.TCSANOW, terminal.modes)  # as a shell does
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait_for(rb"> ")
    expect_equal(termios.tcgetattr(terminal.fd), editing, "modes after the program went on")
    terminal.type(b"\x04")
    expect_equal(terminal.finish(), 0, "exit status")


def test_a_resized_terminal_is_drawn_anew(program):
    terminal = Terminal(program, "chat", "-m", program.model(), *CHAT_ONCE)
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"a" * 60)
    terminal.wait_for(rb"a{60}")
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("4H", 24, 40, 0, 0))
    terminal.wait_for(rb"\r\x1b\[1A\x1b\[J> a{37}\x1b\[K\r\na{23}\x1b\[K")
    terminal.type(b"\x03\x04")
    terminal.finish()


# A token that is ESC, and others that are pieces of what drives a terminal.
DRIVING = ["--logit-bias", "218=1000", "-n", "3", "--temp", "0"]


def test_an_answer_cannot_drive_the_terminal(program):
    terminal = Terminal(program, "run", "-m", program.model(), "-p", "x", *DRIVING)
    terminal.wait_for(rb"\\x1b\\x1b\\x1b\r\n")
    expect_equal(terminal.finish(), 0, "exit status")
    terminal = Terminal(program, "chat", "-m", program.model(), *DRIVING)
    terminal.wait_for(rb"/reset.*> ")
    terminal.type(b"x\r")
    terminal.wait_for(rb"\r\n\\x1b\\x1b\\x1b\r\n")
    terminal.type(b"\x04")
    expect_equal(terminal.finish(), 0, "exit status")
    expect(b"\x1b\x1b\x1b" in program.output("run", "-m", program.model(), "-p", "x", *DRIVING), "expected bytes as they are in a pipe")


HOSTILE = "\x1b]0;title\x07\x1b[2J \u009b31m \u202eevil \x7f"
SHOWN = rb"\\x1b\]0;title\\x07\\x1b\[2J \\u009b31m \\u202eevil \\x7f"


def test_no_text_can_drive_the_terminal(program):
    messages = program.file("messages.json", '[{"role": "user", "content": "hi"}]')
    template = program.file("hostile.jinja", HOSTILE)
    terminal = Terminal(program, "template", "--file", template, "--messages", messages, "--as-is")
    terminal.wait_for(SHOWN)
    expect_equal(terminal.finish(), 0, "exit status of template")
    expect_equal(program.output("template", "--file", template, "--messages", messages, "--as-is"), HOSTILE.encode(), "bytes in a pipe")

    ids = program.file("ids.txt", program.output("tokenize", "-m", program.model(), stdin=HOSTILE.encode()))
    decode = f"tokenize -m '{program.model()}' --decode <'{ids}'"
    terminal = Terminal(program, "-c", f"exec '{program.path}' {decode}", shell="/bin/sh")
    terminal.wait_for(SHOWN)
    expect_equal(terminal.finish(), 0, "exit status of tokenize")

    model = program.file("hostile.gguf", gguf([("general.architecture", STRING, "martian"), ("general.name", STRING, HOSTILE)]))
    terminal = Terminal(program, "inspect", model)
    terminal.wait_for(SHOWN)
    expect_equal(terminal.finish(), 0, "exit status of inspect")
    terminal = Terminal(program, "inspect", model, "--json")
    shown = terminal.wait_for(rb"\{.*\}\r\n")
    expect_equal(terminal.finish(), 0, "exit status of inspect --json")
    expect_equal(json.loads(shown)["metadata"]["general.name"], HOSTILE, "a name in JSON")
    expect(not re.search(rb"[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae", shown), f"expected no control in {shown}")

    terminal = Terminal(program, "run", "-m", program.file("no.gguf", b"no model"), "-p", "x", "--file" + HOSTILE)
    terminal.wait_for(rb"tenfold: [^\n]*\\x1b\]0;title[^\n]*\n")
    expect_equal(terminal.finish(), 2, "exit status of a wrong flag")
    terminal = Terminal(program, "inspect", str(program.folder / f"none{HOSTILE}"))
    terminal.wait_for(rb"tenfold: [^\n]*" + SHOWN)
    expect_equal(terminal.finish(), 1, "exit status of inspect")
