"""Makes trace.txt: what tests/golden.rs holds the network to.

    python3 tests/golden/make.py > tests/golden/trace.txt

The course's network [784, 500, 10] in NumPy, f64, written as the course writes it: ten steps of
SGD from fixed weights on fixed batches. Weights and pixels are made of integers by the little
generator below, so that the test makes the very same ones without a file.
"""
import numpy as np

SIZES, BATCH, STEPS, RATE = (784, 500, 10), 100, 10, 1e-3


def integers(count, seed):
    """The high 32 bits of Knuth's MMIX linear congruential generator."""
    state, out = seed, np.empty(count, dtype=np.uint64)
    for i in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = state >> 32
    return out


def weights(rows, columns, seed):
    """Uniform in [-0.17, 0.17): about the spread of the course's N(0, 0.1)."""
    u = integers(rows * columns, seed).astype(np.float64) / 2**32
    return ((u - 0.5) * 0.34).reshape(rows, columns)


def batch(step):
    """Pixels of 0 (four in five) to 255, as floats in [0, 1], and one-hot labels."""
    n = integers(BATCH * SIZES[0], 1000 + step)
    pixels = np.where(n % 5 == 0, (n // 5) % 256, 0).astype(np.float64) / 255
    labels = (integers(BATCH, 2000 + step) % 10).astype(int)
    return pixels.reshape(BATCH, SIZES[0]), np.eye(SIZES[2])[labels]


w1, b1 = weights(SIZES[0], SIZES[1], 1), np.zeros(SIZES[1])
w2, b2 = weights(SIZES[1], SIZES[2], 2), np.zeros(SIZES[2])
for step in range(STEPS):
    x, t = batch(step)
    z1 = x @ w1 + b1
    h = np.maximum(0, z1)
    z2 = h @ w2 + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    print(f"loss {-(t * np.log(y)).sum() / BATCH!r}".replace("np.float64(", "").replace(")", ""))
    dz2 = y - t
    dz1 = (dz2 @ w2.T) * (z1 > 0)
    w2 -= RATE * (h.T @ dz2)
    b2 -= RATE * dz2.sum(axis=0)
    w1 -= RATE * (x.T @ dz1)
    b1 -= RATE * dz1.sum(axis=0)
for name, value in (("w1", w1), ("b1", b1), ("w2", w2), ("b2", b2)):
    print(f"norm of {name} {float(np.sqrt((value ** 2).sum()))!r}")
