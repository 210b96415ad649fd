"""run and chat about images, with the tiny models of tools/make_vision_goldens.py."""

import base64
import resource
import shutil
import struct
import subprocess
import zlib

from program import expect, expect_equal

IMAGE_KEYS = ["tokens", "rows", "columns", "width", "height", "decode_s", "load_s", "encode_s"]


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height):
    rows = b"".join(b"\0" + bytes((x * 7 + y * 13 + c) % 256 for x in range(width) for c in range(3)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def models(program, name):
    folder = program.models.parent / "vision"
    return str(folder / f"{name}.gguf"), str(folder / f"{name}-mmproj.gguf")


def ask(program, *args, name="glm4v"):
    model, tower = models(program, name)
    return program.json("run", "-m", model, "--mmproj", tower, "-n", "6", "--temp", "0", "--ignore-eos", *args)


def refused(program, *args):
    done = program.run("run", *args)
    expect_equal((done.returncode, done.stdout), (1, b""), f"{args}: exit status and output")
    return done.stderr.decode()


def test_images_are_tokens_of_the_prompt(program):
    path = program.file("tall.png", png(112, 196))
    url = "data:image/png;base64," + base64.b64encode(png(84, 112)).decode()
    for name in ["glm4v", "qwen2.5vl"]:
        text = ask(program, "-p", "What is it?", name=name)
        expect("images" not in text, "an answer without images names none")
        both = ask(program, "--image", path, "--image", url, "-p", "What is it?", name=name)
        expect_equal([list(image) for image in both["images"]], [IMAGE_KEYS] * 2, "keys of images")
        expect_equal([(i["rows"], i["columns"], i["tokens"]) for i in both["images"]], [(7, 4, 28), (4, 3, 12)], "grids")
        expect_equal(len(both["prompt_tokens"]), len(text["prompt_tokens"]) + 28 + 12 + 4, "prompt tokens")
        raw = ask(program, "--raw", "--image", path, "-p", "What is it?", name=name)
        expect_equal(len(raw["prompt_tokens"]), len(ask(program, "--raw", "-p", "What is it?", name=name)["prompt_tokens"]) +
                     28 + 2, "raw prompt tokens")


def test_larger_images_are_made_smaller(program):
    path = program.file("large.png", png(300, 400))
    image = ask(program, "--image", path, "--image-max-pixels", str(20 * 784), "-p", "x")["images"][0]
    expect(image["tokens"] <= 20, f"expected at most 20 tokens, found {image}")


def test_the_tower_beside_the_model_is_found(program):
    model, tower = models(program, "glm4v")
    folder = program.folder / "beside"
    folder.mkdir()
    shutil.copy(model, folder / "model.gguf")
    path = program.file("small.png", png(56, 56))
    args = ["-m", str(folder / "model.gguf"), "-p", "x", "-n", "1", "--image", path]
    expect("--mmproj" in refused(program, *args), "a tower is asked for")
    shutil.copy(tower, folder / "mmproj-model-f16.gguf")
    expect_equal(program.json("run", *args)["images"][0]["tokens"] > 0, True, "tokens")
    shutil.copy(tower, folder / "mmproj-other.gguf")
    expect("found 2" in refused(program, *args), "two towers are too many")


def test_bad_images_are_refused_by_name(program):
    model, tower = models(program, "glm4v")
    for content, reason in [(b"GIF89a", "expected PNG, JPEG or WebP, found a GIF image"),
                            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "found a HEIC image; convert it"), (png(60, 60)[:90], "whole PNG"), (b"", "found nothing"),
                            (png(1, 300), "one is at most 200 times")]:
        path = program.file("bad.png", content)
        error = refused(program, "-m", model, "--mmproj", tower, "--image", path, "-p", "x")
        expect("bad.png" in error and reason in error and error.count("\n") == 1, f"{reason}: found {error!r}")
    for source, reason in [("/nowhere/a.png", "nothing of that name"), ("data:image/png;base64,x", "base64"),
                           ("data:,x", "begin with x"), ("data:image/png;base64", "data:image")]:
        error = refused(program, "-m", model, "--mmproj", tower, "--image", source, "-p", "x")
        expect(reason in error and error.count("\n") == 1, f"{source}: found {error!r}")
    path = program.file("good.png", png(60, 60))
    error = refused(program, "-m", program.model(), "--mmproj", tower, "--image", path, "-p", "x")
    expect("convert it again" in error, f"a model that does not see: found {error!r}")


def test_data_urls_are_read_as_browsers_do(program):
    text = base64.encodebytes(png(84, 112)).decode()  # with line breaks
    for url in ["data:image/png;base64," + text, "DATA:;BASE64," + text.replace("+", "%2B").replace("=", ""),
                "data:text/plain;charset=utf-8;base64," + text]:
        expect_equal(ask(program, "--image", url, "-p", "x")["images"][0]["tokens"], 12, f"tokens of {url[:40]}")


def test_an_animation_is_seen_by_its_first_image(program):
    image = png(84, 112)
    path = program.file("moving.png", image[:33] + chunk(b"acTL", struct.pack(">II", 2, 0)) + image[33:])
    model, tower = models(program, "glm4v")
    done = program.run("run", "-m", model, "--mmproj", tower, "-n", "1", "--image", path, "-p", "x")
    expect_equal(done.returncode, 0, done.stderr.decode())
    notes = [line for line in done.stderr.decode().splitlines() if "moving.png" in line]
    expect(len(notes) == 1 and "animation" in notes[0], f"found {done.stderr.decode()!r}")


def run_within(program, address_space, *args):
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    return subprocess.run([program.path, *args], capture_output=True, timeout=120, preexec_fn=limit)


def test_large_images_take_the_memory_of_some_rows(program):
    side = 4000
    rows = zlib.compress(bytes(side * (1 + 8 * side)), 1)  # 16 bits a channel: 128 MB that are 600 kB in the file
    header = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
    path = program.file("large.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    model, tower = models(program, "glm4v")
    done = run_within(program, 250 << 20, "run", "-m", model, "--mmproj", tower, "-n", "1", "--threads", "1", "--ctx", "256",
                      "--image-max-pixels", "50000", "--image", path, "-p", "x")
    expect_equal(done.returncode, 0, f"exit status ({done.stderr.decode()})")


def test_chat_shows_images(program):
    model, tower = models(program, "qwen2.5vl")
    path = program.file("shown.png", png(112, 84))
    done = program.run("chat", "-m", model, "--mmproj", tower, "-n", "3", "--temp", "0", "--ignore-eos",
                       stdin=f"Hello\n/image {path}\nWhat?\nAnd now?\n".encode())
    expect_equal(done.returncode, 0, done.stderr.decode())
    notes = done.stderr.decode()
    expect("[1 image of 12 tokens: decoded in" in notes, f"found {notes!r}")
    expect("reused" in notes.splitlines()[-1], f"the image is not read again: found {notes!r}")
    done = program.run("chat", "-m", model, "--mmproj", tower, stdin=b"/image /nowhere.png\n")
    expect_equal(done.returncode, 1, "a script is told of a missing image")
