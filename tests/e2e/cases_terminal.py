"""What only a terminal shows: the progress bar, prompts, and Ctrl-C."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from program import TIMEOUT_S, expect, expect_equal

ENDLESS = ["--ignore-eos", "--ctx", "2000000", "--temp", "0"]


class Terminal:
    """The program as the only process of a terminal of its own."""

    def __init__(self, program, *args, columns=80, **environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
            os.execve(program.path, [program.path, *args], {**os.environ, "TERM": "xterm", **environment})
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
    terminal = Terminal(program, "embed", "-m", program.model("bert-f32"), "--json")
    terminal.type(b"one river\nanother river\n\x04")
    terminal.wait_for(rb"embedding \[.*\] \d+ %\x1b\[K.*\r\x1b\[K")
    terminal.wait_for(rb"\"embeddings\":\[\[.*\]\]\}\r\n")
    expect_equal(terminal.finish(), 0, "exit status")


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
    terminal.type(b"\x03")  # at the prompt: leave
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
    terminal = Terminal(program, "chat", "-m", program.model(), *args, TENFOLD_FORCE_ISA="scalar")
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
    terminal = Terminal(program, "chat", "-m", program.model())
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
