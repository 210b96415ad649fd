"""Running the program under test, and what a test may expect of it."""

import json
import pathlib
import subprocess
import tempfile

TIMEOUT_S = 120


class Failure(Exception):
    """An expectation that was not met."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def expect_equal(found, expected, what):
    expect(found == expected, f"{what}: expected {expected!r}, found {found!r}")


class Program:
    """The built program, the committed tiny models, and a folder for files that a test makes."""

    def __init__(self, path, source_dir):
        self.path = str(path)
        self.models = pathlib.Path(source_dir) / "tests" / "data" / "models"
        self._folder = tempfile.TemporaryDirectory(prefix="tenfold-e2e-")
        self.folder = pathlib.Path(self._folder.name)

    def model(self, name="llama-q4_0"):
        return str(self.models / f"{name}.gguf")

    def golden(self, name):
        return json.loads((self.models / f"{name}.json").read_text())

    def file(self, name, content):
        """Writes a file into the test folder and returns its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def run(self, *args, stdin=b""):
        """Runs to the end; stdout and stderr are bytes, a signal's number is negative."""
        return subprocess.run([self.path, *args], input=stdin, capture_output=True, timeout=TIMEOUT_S)

    def output(self, *args, stdin=b""):
        """stdout of a run that must succeed."""
        done = self.run(*args, stdin=stdin)
        expect_equal(done.returncode, 0, f"exit status of {args} ({done.stderr.decode(errors='replace').strip()})")
        return done.stdout

    def json(self, *args, stdin=b""):
        """The one JSON object of a --json run."""
        text = self.output(*args, "--json", stdin=stdin).decode("utf-8")
        expect(text.endswith("\n") and text.count("\n") == 1, f"{args}: expected one line of JSON, found {text!r}")
        return json.loads(text)

    def expect_refusal(self, args, status, part, stdin=b""):
        """One clear line on stderr that holds `part`, nothing on stdout, the given exit status."""
        done = self.run(*args, stdin=stdin)
        lines = done.stderr.decode("utf-8").splitlines()
        shown = f"{list(args)}: "
        expect_equal(done.returncode, status, shown + f"exit status (stderr: {lines})")
        expect_equal(len(lines), 1, shown + f"lines on stderr, which were {lines}")
        expect(lines[0].startswith("tenfold: "), shown + f"expected the line to begin with the program, found {lines[0]!r}")
        expect(part.lower() in lines[0].lower(), shown + f"expected {part!r} in {lines[0]!r}")
        expect_equal(done.stdout, b"", shown + "stdout")
