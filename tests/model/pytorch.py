"""What PyTorch and NumPy make of a model of blasnet's, and the other way round.

    pytorch.py check FOLDER...    tests/model/pytorch.rs calls this: each folder has a model, `ours.safetensors` and
                                `ours.npz`, and rows of inputs and its logits, `ours.txt`. PyTorch and NumPy must
                                agree with them. A network of the same kind is left as `theirs.safetensors`,
                                `theirs.npz` and `theirs.txt`.
    pytorch.py fixtures FOLDER    writes the files of this folder: `torch.safetensors`, `numpy.npz`, `rows.txt`.

Needs torch, numpy and safetensors.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "identity": nn.Identity,
}


def activation(name):
    name, *slope = name.split(":")
    return ACTIVATIONS[name](*map(float, slope))


def sequential(sizes, name):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), activation(name)]
    return nn.Sequential(*layers[:-1])


def by_hand(arrays, name, x):
    """The forward pass on NumPy's arrays by the course's names."""
    layers = sum(key.startswith("w") for key in arrays)
    h = torch.from_numpy(x)
    for layer in range(1, layers + 1):
        h = h @ torch.from_numpy(arrays[f"w{layer}"]) + torch.from_numpy(arrays[f"b{layer}"])
        if layer < layers:
            h = activation(name)(h)
    return h.numpy()


def agree(what, found, expected):
    distance = np.abs(found - expected).max()
    assert distance < 1e-5, f"{what}: logits differ by {distance}"


@torch.no_grad()
def check(folder):
    with safe_open(folder / "ours.safetensors", "pt") as file:
        about = file.metadata()
    sizes, name = [int(size) for size in about["sizes"].split(",")], about["activation"]
    rows = np.loadtxt(folder / "ours.txt", dtype=np.float32)
    x, logits = rows[:, : sizes[0]], rows[:, sizes[0] :]

    net = sequential(sizes, name)
    net.load_state_dict(load_file(folder / "ours.safetensors"))
    agree(f"PyTorch, {name}", net(torch.from_numpy(x)).numpy(), logits)

    with np.load(folder / "ours.npz") as arrays:
        assert str(arrays["activation"]) == name
        assert arrays["w1"].shape == (sizes[0], sizes[1]) and arrays["w1"].dtype == np.float32
        agree(f"NumPy, {name}", by_hand({key: arrays[key] for key in arrays if key[0] in "wb"}, name, x), logits)

    theirs = sequential(sizes, name)
    save_file(theirs.state_dict(), folder / "theirs.safetensors")
    np.savez(folder / "theirs.npz", activation=name, **arrays_of(theirs))
    np.savetxt(folder / "theirs.txt", np.hstack([x, theirs(torch.from_numpy(x)).numpy()]))


def arrays_of(net):
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    named = {}
    for number, layer in enumerate(linear, 1):
        named[f"w{number}"] = layer.weight.numpy().T
        named[f"b{number}"] = layer.bias.numpy()
    return named


@torch.no_grad()
def fixtures(folder):
    torch.manual_seed(0)
    net = sequential([4, 3, 2], "tanh")
    x = torch.randn(10, 4)
    save_file(net.state_dict(), folder / "torch.safetensors")
    arrays = arrays_of(net)
    # An array of each kind that a NumPy user may have: Fortran's order is that of `.T` above.
    arrays["b1"] = arrays["b1"].astype("<f8")
    arrays["w2"] = np.ascontiguousarray(arrays["w2"]).astype(">f4")
    np.savez_compressed(folder / "numpy.npz", activation="tanh", **arrays)
    np.savetxt(folder / "rows.txt", np.hstack([x.numpy(), net(x).numpy()]))


if __name__ == "__main__":
    command, *folders = sys.argv[1:]
    for folder in folders:
        {"check": check, "fixtures": fixtures}[command](Path(folder))
