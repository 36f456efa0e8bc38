"""The embedded MNIST as PyTorch's tensors, for the scripts beside this file."""
from pathlib import Path

import torch
import zstandard

ROOT = Path(__file__).resolve().parent.parent


def idx(name, header):
    """The bytes of one embedded file after its header."""
    with open(ROOT / "mnist" / "data" / f"{name}.zst", "rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    return torch.frombuffer(bytearray(data[header:]), dtype=torch.uint8)


def half(name):
    """The images of `train` or `t10k`, from 0 to 1, and their labels."""
    images = idx(f"{name}-images-idx3-ubyte", 16).reshape(-1, 784).float() / 255
    return images, idx(f"{name}-labels-idx1-ubyte", 8).long()
