"""`blasnet predict` on all of MNIST's test images as PNG files: how many it gets right, and how fast.

    cargo build --release
    python3 benches/predict.py                 # needs the package zstandard

The network is that of `blasnet train --recipe fast`. Each line is one folder of 10,000 pictures: as they are, dark on
light, three and ten times as large, and anywhere in 100 x 100 pixels.
"""
import json
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from mnist import ROOT, raw

PROGRAM = ROOT / "target/release/blasnet"
SIDE = 28


def png(rows):
    """A grey picture."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def larger(rows, times):
    return [bytes(pixel for pixel in row for _ in range(times)) for row in rows for _ in range(times)]


def somewhere(rows, side, rng):
    left, top = rng.randrange(side - SIDE + 1), rng.randrange(side - SIDE + 1)
    empty = bytes(side)
    inside = [bytes(left) + row + bytes(side - SIDE - left) for row in rows]
    return [empty] * top + inside + [empty] * (side - SIDE - top)


INVERT = bytes(255 - byte for byte in range(256))
KINDS = {
    "as they are": lambda rows, rng: rows,
    "dark on light": lambda rows, rng: [row.translate(INVERT) for row in rows],
    "3 times as large": lambda rows, rng: larger(rows, 3),
    "10 times as large": lambda rows, rng: larger(rows, 10),
    "anywhere in 100 x 100": lambda rows, rng: somewhere(rows, 100, rng),
}

images, labels = raw("t10k")
with tempfile.TemporaryDirectory() as folder:
    model = Path(folder) / "fast.safetensors"
    subprocess.run([PROGRAM, "train", "--recipe", "fast", "--save", model], check=True, capture_output=True)
    told = subprocess.run([PROGRAM, "eval", "--model", model], check=True, capture_output=True, text=True).stdout
    print("directly, by blasnet eval:", re.search("Test Acc: (.*)", told)[1])
    for kind, change in KINDS.items():
        rng = random.Random(0)
        pictures = Path(folder) / kind
        pictures.mkdir()
        for number in range(len(labels)):
            rows = [images[start:start + SIDE] for start in range(number * SIDE**2, (number + 1) * SIDE**2, SIDE)]
            (pictures / f"{number:05}.png").write_bytes(png(change(rows, rng)))
        times = []
        for _ in range(3):
            start = time.perf_counter()
            run = subprocess.run([PROGRAM, "predict", "--model", model, "--json", pictures], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        answers = [json.loads(line) for line in run.stdout.splitlines()]
        right = sum(answer["digit"] == label for answer, label in zip(answers, labels, strict=True))
        print(f"{kind}: {100 * right / len(labels):.2f} %, {min(times):.2f} to {max(times):.2f} s")
        sys.stdout.flush()
