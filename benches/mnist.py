"""The embedded MNIST, as bytes or as PyTorch's tensors, for the scripts beside this file."""
from pathlib import Path

import zstandard

ROOT = Path(__file__).resolve().parent.parent


def idx(name, header):
    """The bytes of one embedded file after its header."""
    with open(ROOT / "mnist" / "data" / f"{name}.zst", "rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read()[header:]


def raw(name):
    """The images of `train` or `t10k`, 784 bytes each, and their labels."""
    return idx(f"{name}-images-idx3-ubyte", 16), idx(f"{name}-labels-idx1-ubyte", 8)


def half(name):
    """The same from 0 to 1, and their labels, as tensors."""
    import torch

    images, labels = (torch.frombuffer(bytearray(data), dtype=torch.uint8) for data in raw(name))
    return images.reshape(-1, 784).float() / 255, labels.long()
