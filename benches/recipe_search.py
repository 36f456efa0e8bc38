"""The search behind `blasnet train --recipe`: each setting is trained on 50,000 of the training images and scored on
the other 10,000, with seeds 100 to 102; the test images are never looked at.

    cargo build --release
    python3 benches/recipe_search.py fast | best

Prints the mean accuracy, the lowest and the highest, and the mean seconds of training; docs/recipes.md has the result.
"""
import re
import statistics
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "target/release/blasnet"
SEEDS = (100, 101, 102)

FAST = "--recipe fast"
BEST = "--recipe best"
SETTINGS = {
    "fast": [
        FAST,
        FAST + " --hidden 64 --epochs 3",
        FAST + " --hidden 96",
        FAST + " --hidden 200",
        FAST + " --hidden 256",
        FAST + " --hidden 500",
        FAST + " --batch 16 --rate 0.0375 --warm-up 300",
        FAST + " --batch 20 --rate 0.03 --warm-up 250",
        FAST + " --batch 32 --rate 0.01875 --warm-up 150",
        FAST + " --batch 50 --rate 0.012 --warm-up 100 --epochs 3",
        FAST + " --rate 0.015",
        FAST + " --rate 0.035",
        FAST + " --warm-up 0",
        FAST + " --schedule cosine",
        FAST + " --schedule constant --rate 0.005",
        FAST + " --weights course",
        FAST + " --order drawn",
        FAST + " --epochs 1",
        FAST + " --epochs 1 --hidden 500 --batch 10 --rate 0.03 --warm-up 500",
        FAST + " --optimizer adamw --batch 50 --rate 0.003 --warm-up 0",
        FAST + " --optimizer nesterov --batch 50 --rate 0.1 --warm-up 0",
    ],
    "best": [
        BEST,
        BEST + " --epochs 20",
        BEST + " --epochs 60",
        BEST + " --dropout 0.5",
        BEST + " --dropout 0.2",
        BEST + " --dropout 0",
        BEST + " --weight-decay 0.01",
        BEST + " --weight-decay 0.05",
        BEST + " --weight-decay 0.3",
        BEST + " --rate 0.001",
        BEST + " --rate 0.004",
        BEST + " --schedule constant --rate 0.001",
        BEST + " --schedule linear",
        BEST + " --batch 200",
        BEST + " --order drawn",
        BEST + " --activation gelu",
        BEST + " --optimizer nesterov --rate 0.1 --weight-decay 0.0001",
    ],
}

for flags in SETTINGS[sys.argv[1]]:
    accuracies, seconds = [], []
    for seed in SEEDS:
        held_out = ["--hold-out", "10000", "--seed", str(seed), "--log-every", "1000000000"]
        train = [PROGRAM, "train", *flags.split(), *held_out]
        run = subprocess.run(train, capture_output=True, text=True, check=True)
        accuracies.append(float(re.search(r"Held-Out Acc: ([\d.]+) %", run.stdout)[1]))
        seconds.append(float(re.search(r"steps in ([\d.]+) s", run.stderr)[1]))
    mean, low, high = statistics.mean(accuracies), min(accuracies), max(accuracies)
    print(f"{mean:.2f} % ({low:.2f} to {high:.2f}), {statistics.mean(seconds):.2f} s: {flags}", flush=True)
