#!/usr/bin/env python3
"""Makes small images of every kind that people have, and the pixels that models' own processors see in them.

  python3 -m venv V && V/bin/pip install 'pillow>=13' numpy transformers
  V/bin/python tools/make_image_goldens.py [--data tests/data]

images/kinds/NAME.png|jpg|webp   an image
images/kinds/NAME.right.png      what Pillow turns upright and transformers' convert_to_rgb puts over white
images/kinds/kinds.txt           lines "NAME.png NAME.right.png": several share what is right
"""
import argparse
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from transformers.image_transforms import convert_to_rgb

WIDTH, HEIGHT = 24, 16
ORIENTATION = 0x0112
# What undoes each way of turning.
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(width=WIDTH, height=HEIGHT):
    """Smooth in two channels, steps in the third; no symmetry."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([x * 255 // (width - 1), y * 255 // (height - 1), (x // 3 * 5 + y // 2 * 3) * 4 % 256], -1).astype(np.uint8)


def alpha(width=WIDTH, height=HEIGHT):
    """All of 0…255, both ends often."""
    ramp = (np.arange(width * height) * 3 % 320).clip(32, 287) - 32
    return ramp.reshape(height, width).astype(np.uint8)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def raw_png(pixels, depth, colour, extra=b"", interlaced=False, after=b""):
    """pixels: [height, width, channels], whole numbers of `depth` bits."""
    def rows(part):
        for row in part:
            flat = row.reshape(-1)
            if depth == 16:
                yield b"\0" + flat.astype(">u2").tobytes()
            else:
                bits = ((flat[:, None] >> np.arange(depth)[::-1]) & 1).astype(np.uint8)
                yield b"\0" + np.packbits(bits.reshape(-1)).tobytes()
    parts = [pixels[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [pixels]
    body = b"".join(row for part in parts if part.size for row in rows(part))
    height, width = pixels.shape[:2]
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)) +
            extra + chunk(b"IDAT", zlib.compress(body, 9)) + after + chunk(b"IEND", b""))


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif_bytes(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif.tobytes()


def xmp_bytes(orientation):
    return (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
            % orientation)


def wide(values):
    """8 bits as 16 whose lower half is something else."""
    return values.astype(np.uint16) << 8 | np.arange(values.size).reshape(values.shape) % 256


def transparent():
    rgb, a = scene(), alpha()
    grey, rgba = rgb[..., :1], np.dstack([rgb, a])
    yield "rgba.png", encoded(Image.fromarray(rgba), "PNG")
    yield "grey-alpha.png", raw_png(np.dstack([grey, a]), 8, 4)
    yield "rgba16.png", raw_png(wide(rgba), 16, 6)
    yield "grey-alpha16.png", raw_png(wide(np.dstack([grey, a])), 16, 4)
    yield "rgba-interlaced.png", raw_png(rgba, 8, 6, interlaced=True)
    index = (np.arange(WIDTH * HEIGHT) % 16).reshape(HEIGHT, WIDTH, 1)
    palette = chunk(b"PLTE", scene(4, 4).tobytes())
    yield "palette-alpha.png", raw_png(index, 4, 3, palette + chunk(b"tRNS", bytes(range(0, 240, 20))))
    yield "palette-key.png", raw_png(index, 8, 3, palette + chunk(b"tRNS", b"\xff\xff\0"))
    key = struct.pack(">HHH", *map(int, rgb[5, 7]))
    yield "rgb-key.png", raw_png(rgb, 8, 2, chunk(b"tRNS", key))
    yield "grey-key.png", raw_png(grey, 8, 0, chunk(b"tRNS", struct.pack(">H", int(grey[0, 9, 0]))))
    yield "bits-key.png", raw_png(grey >> 7, 1, 0, chunk(b"tRNS", struct.pack(">H", 0)))
    yield "rgba.webp", encoded(Image.fromarray(rgba), "WEBP", lossless=True, exact=True)
    yield "rgba-lossy.webp", encoded(Image.fromarray(rgba), "WEBP", quality=80)


def opaque():
    rgb = scene()
    yield "rgb16.png", raw_png(wide(rgb), 16, 2)
    yield "rgb-interlaced.png", raw_png(rgb, 8, 2, interlaced=True)
    yield "grey2.png", raw_png(rgb[..., :1] >> 6, 2, 0)
    yield "gamma.png", raw_png(rgb, 8, 2, chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "no-iend.png", raw_png(rgb, 8, 2)[:-12]
    yield "lossy.webp", encoded(Image.fromarray(rgb), "WEBP", quality=80)
    for name, subsampling in (("plain", 0), ("subsampled", 2)):
        yield f"{name}.jpg", encoded(Image.fromarray(rgb), "JPEG", quality=90, subsampling=subsampling)
    yield "progressive.jpg", encoded(Image.fromarray(rgb), "JPEG", quality=90, progressive=True)
    yield "grey.jpg", encoded(Image.fromarray(rgb).convert("L"), "JPEG", quality=90)


def inks():
    cmyk = encoded(Image.fromarray(scene()).convert("CMYK"), "JPEG", quality=95)
    yield "cmyk.jpg", cmyk
    at = cmyk.find(b"\xff\xee")
    length = struct.unpack(">H", cmyk[at + 2:at + 4])[0]
    yield "cmyk-no-marker.jpg", cmyk[:at] + cmyk[at + 2 + length:]
    # The last byte of Adobe's marker: the first three channels are luma and chroma of the inks.
    yield "ycck.jpg", cmyk[:at + 1 + length] + b"\x02" + cmyk[at + 2 + length:]


def turned():
    upright = Image.fromarray(scene())
    for orientation in range(1, 9):
        stored = upright.transpose(STORED_AS[orientation]) if orientation > 1 else upright
        exif = exif_bytes(orientation)
        yield f"turned{orientation}.png", encoded(stored, "PNG", exif=exif)
        yield f"turned{orientation}.webp", encoded(stored, "WEBP", lossless=True, exif=exif)
    side = np.asarray(upright.transpose(STORED_AS[6]))
    exif, xmp = exif_bytes(6), xmp_bytes(6)
    yield "turned-after.png", raw_png(side, 8, 2, after=chunk(b"eXIf", exif[6:]))
    yield "turned-prefixed.png", raw_png(side, 8, 2, chunk(b"eXIf", exif))
    profile = f"\nexif\n{len(exif):8}\n".encode() + b"\n".join(exif.hex().encode()[i:i + 72] for i in range(0, 2 * len(exif), 72))
    key = b"Raw profile type exif\0"
    yield "turned-profile.png", raw_png(side, 8, 2, chunk(b"tEXt", key + profile))
    yield "turned-packed-profile.png", raw_png(side, 8, 2, chunk(b"zTXt", key + b"\0" + zlib.compress(profile)))
    key = b"XML:com.adobe.xmp\0"
    yield "turned-xmp.png", raw_png(side, 8, 2, after=chunk(b"iTXt", key + b"\0\0\0\0" + xmp))
    yield "turned-packed-xmp.png", raw_png(side, 8, 2, chunk(b"iTXt", key + b"\1\0\0\0" + zlib.compress(xmp)))
    yield "turned-xmp.webp", encoded(Image.fromarray(side), "WEBP", lossless=True, xmp=xmp)
    yield "turned.jpg", encoded(Image.fromarray(side), "JPEG", quality=90, exif=exif)
    yield "turned-xmp.jpg", encoded(Image.fromarray(side), "JPEG", quality=90, xmp=xmp)


def riff(chunks):
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animation(n_frames, left=0, top=0):
    """Of frames that are smaller than their canvas by (left, top)."""
    canvas = struct.pack("<I", 2 | 16) + (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    chunks = [(b"VP8X", canvas), (b"ANIM", struct.pack("<IH", 0xFF00FF00, 0))]
    rgba = np.dstack([scene(), alpha()])[top:, left:]
    for i in range(n_frames):
        still = encoded(Image.fromarray(rgba if i == 0 else 255 - rgba), "WEBP", lossless=True, exact=True)
        place = [left // 2, top // 2, rgba.shape[1] - 1, rgba.shape[0] - 1, 100]
        chunks.append((b"ANMF", b"".join(v.to_bytes(3, "little") for v in place) + b"\0" + still[12:]))
    return riff(chunks)


def moving():
    yield "one-frame.webp", animation(1)
    yield "animated.webp", animation(3)
    yield "within.webp", animation(2, left=6, top=4)
    frames = [Image.fromarray(scene()), ImageOps.invert(Image.fromarray(scene()))]
    yield "animated.png", encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)


def right(data):
    image = Image.open(io.BytesIO(data))
    if image.mode == "I;16":
        raise ValueError("not what a viewer shows")
    turned = ImageOps.exif_transpose(image)
    if "transparency" in image.info:
        turned.info["transparency"] = image.info["transparency"]
    return convert_to_rgb(turned, return_numpy=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("tests/data"))
    folder = parser.parse_args().data / "images" / "kinds"
    folder.mkdir(parents=True, exist_ok=True)
    kinds, known = {}, {}
    for group in (transparent, opaque, inks, turned, moving):
        for name, data in group():
            pixels = right(data)
            target = known.setdefault((pixels.shape, pixels.tobytes()), name.replace(".", "-") + ".right.png")
            if target.startswith(name.replace(".", "-")):
                (folder / target).write_bytes(encoded(Image.fromarray(pixels), "PNG", optimize=True))
            (folder / name).write_bytes(data)
            kinds[name] = target
    (folder / "kinds.txt").write_text("".join(f"{name} {target}\n" for name, target in kinds.items()))
    print(f"{len(kinds)} images, {len(known)} right")


if __name__ == "__main__":
    main()
