"""`blasnet train --recipe fast | best` and PyTorch following the same recipe, in turn, seed by seed.

    pip install torch zstandard
    cargo build --release
    python3 benches/recipes.py [RECIPE …]      # fast and best without any

Prints the test accuracy behind the last step, the seconds that training took (without loading the data, with
evaluation of nothing), and their means over five seeds. Both on two threads. The same seed draws other weights and
batches in PyTorch.
"""
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from mnist import ROOT, half

SEEDS, THREADS = range(5), 2

train_x, train_y = half("train")
test_x, test_y = half("t10k")


def blasnet(recipe, seed):
    program = ROOT / "target/release/blasnet"
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        train = [program, "train", "--recipe", recipe, "--seed", str(seed), "--threads", str(THREADS), "--save", model]
        run = subprocess.run(train, capture_output=True, text=True, check=True)
        scores = subprocess.run([program, "eval", "--classes", "--model", model], capture_output=True, text=True, check=True)
    right, images = re.search(r"(\d+) of (\d+) right", scores.stdout).groups()
    return 100 * int(right) / int(images), float(re.search(r"steps in ([\d.]+) s", run.stderr)[1])


# What `Recipe::flags` in cli/src/args/train.rs says, in PyTorch's words.
RECIPES = {
    "fast": dict(hidden=128, dropout=0.0, epochs=2, batch=24, warm_up=200, rate=0.6, cosine=False, decay=None),
    "best": dict(hidden=500, dropout=0.3, epochs=40, batch=100, warm_up=0, rate=0.002, cosine=True, decay=0.1),
}


def pytorch(recipe, seed):
    """As users write it: modules, autograd, an optimiser and a scheduler."""
    torch.manual_seed(seed)
    r = RECIPES[recipe]
    layers = [torch.nn.Linear(784, r["hidden"]), torch.nn.ReLU(), torch.nn.Linear(r["hidden"], 10)]
    torch.nn.init.kaiming_normal_(layers[0].weight, nonlinearity="relu")
    torch.nn.init.xavier_uniform_(layers[2].weight)
    for layer in (layers[0], layers[2]):
        torch.nn.init.zeros_(layer.bias)
    if r["dropout"]:
        layers.insert(2, torch.nn.Dropout(r["dropout"]))
    model = torch.nn.Sequential(*layers)
    if r["decay"] is None:
        optimiser = torch.optim.SGD(model.parameters(), lr=r["rate"], fused=True)
    else:
        optimiser = torch.optim.AdamW(model.parameters(), lr=r["rate"], weight_decay=r["decay"], fused=True)
    in_epoch = len(train_x) // r["batch"]
    steps = r["epochs"] * in_epoch

    def factor(step):
        if step < r["warm_up"]:
            return (step + 1) / (r["warm_up"] + 1)
        way = (step - r["warm_up"]) / (steps - r["warm_up"])
        return (1 + math.cos(math.pi * way)) / 2 if r["cosine"] else 1 - way

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    loss = torch.nn.CrossEntropyLoss()
    model.train()
    start = time.perf_counter()
    for _ in range(r["epochs"]):
        order = torch.randperm(len(train_x))
        for rows in order[: in_epoch * r["batch"]].view(in_epoch, r["batch"]):
            optimiser.zero_grad()
            loss(model(train_x[rows]), train_y[rows]).backward()
            optimiser.step()
            schedule.step()
    seconds = time.perf_counter() - start
    model.eval()
    with torch.inference_mode():
        return 100 * (model(test_x).argmax(1) == test_y).float().mean().item(), seconds


torch.set_num_threads(THREADS)
for recipe in sys.argv[1:] or RECIPES:
    results = {blasnet: [], pytorch: []}
    for seed in SEEDS:
        for arm, of in results.items():
            accuracy, seconds = arm(recipe, seed)
            of.append((accuracy, seconds))
            print(f"{recipe}, seed {seed}, {arm.__name__}: {accuracy:.2f} %, {seconds:.2f} s", flush=True)
    for arm, of in results.items():
        accuracy, seconds = (statistics.mean(column) for column in zip(*of))
        print(f"{recipe}, mean of {len(of)} seeds, {arm.__name__}: {accuracy:.3f} %, {seconds:.2f} s", flush=True)
