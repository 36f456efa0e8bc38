"""`blasnet train` and PyTorch doing the same training, in turn, on 2 threads and on 1.

    pip install torch zstandard
    cargo build --release
    python3 benches/pytorch.py [ROUNDS] [EPOCHS]      # 3 rounds of 10 epochs; 100 are the whole training

The training: [784, 500, 10], ReLU, softmax cross-entropy summed over the batch, batches of 100 drawn with
replacement, SGD at 1e-4, weights N(0, 0.1), float32, 600 steps an epoch. Timed: drawing, gathering, forward,
backward, update. Prints ms a step for each round, and the test accuracy, so that one sees that each learns.
"""
import re
import subprocess
import sys
import time

import torch

from mnist import ROOT, half

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
RATE, BATCH, STEPS = 1e-4, 100, 600 * EPOCHS

train_x, train_y = half("train")
test_x, test_y = half("t10k")


def measure(step, logits):
    for _ in range(50):
        step()
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    milliseconds = (time.perf_counter() - start) / STEPS * 1e3
    with torch.inference_mode():
        accuracy = (logits(test_x).argmax(1) == test_y).float().mean().item()
    return milliseconds, 100 * accuracy


def eager():
    """As users write it: modules, autograd, an optimiser."""
    model = torch.nn.Sequential(torch.nn.Linear(784, 500), torch.nn.ReLU(), torch.nn.Linear(500, 10))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 0.1) if parameter.dim() == 2 else torch.nn.init.zeros_(parameter)
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE, fused=True)
    loss = torch.nn.CrossEntropyLoss(reduction="sum")

    def step():
        rows = torch.randint(0, len(train_x), (BATCH,))
        optimiser.zero_grad()
        loss(model(train_x[rows]), train_y[rows]).backward()
        optimiser.step()

    return measure(step, model)


@torch.inference_mode()
def by_hand():
    """Without autograd; updates are the products' own, in place."""
    w1, b1 = torch.randn(784, 500) * 0.1, torch.zeros(500)
    w2, b2 = torch.randn(500, 10) * 0.1, torch.zeros(10)
    one_hot = torch.eye(10)

    def hidden(x):
        return torch.addmm(b1, x, w1).relu_()

    def step():
        rows = torch.randint(0, len(train_x), (BATCH,))
        x = train_x[rows]
        h = hidden(x)
        dz = torch.softmax(torch.addmm(b2, h, w2), 1) - one_hot[train_y[rows]]
        dh = (dz @ w2.T) * (h > 0)
        w2.addmm_(h.T, dz, alpha=-RATE)
        b2.sub_(dz.sum(0), alpha=RATE)
        w1.addmm_(x.T, dh, alpha=-RATE)
        b1.sub_(dh.sum(0), alpha=RATE)

    return measure(step, lambda x: torch.addmm(b2, hidden(x), w2))


def blasnet():
    threads = str(torch.get_num_threads())
    command = [ROOT / "target/release/blasnet", "train", "--epochs", str(EPOCHS), "--threads", threads]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    milliseconds = re.search(r"([\d.]+) ms a step", run.stderr)
    accuracy = re.search(r"Test Acc: ([\d.]+) %", run.stdout)
    return float(milliseconds[1]), float(accuracy[1])


for round_ in range(ROUNDS):
    for threads in (2, 1):
        torch.set_num_threads(threads)
        for arm in (blasnet, eager, by_hand):
            milliseconds, accuracy = arm()
            print(f"round {round_}, {threads} threads, {arm.__name__}: {milliseconds:.3f} ms/step, {accuracy:.1f} %", flush=True)
