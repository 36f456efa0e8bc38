"""What checkpoints cost: `blasnet train` with and without them, in turn, by the time that it says its steps took.

    cargo build --release
    python3 benches/checkpoints.py [ROUNDS] [FLAG …]     # 9 rounds of 10 epochs; further flags go to both

Prints, for checkpoints every 60, 600 and 6,000 steps (the course's epoch has 600), the median of the rounds' ratios
of times, and how many steps a second there are without.
"""
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "target/release/blasnet"
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
FLAGS = sys.argv[2:] or ["--epochs", "10"]


def seconds(*flags):
    train = [PROGRAM, "train", "--log-every", "1000000000", *FLAGS, *flags]
    run = subprocess.run(train, capture_output=True, text=True, check=True)
    steps, took = re.search(r"(\d+) steps in ([\d.]+) s", run.stderr).groups()
    return int(steps), float(took)


def with_checkpoints(every):
    with tempfile.TemporaryDirectory(dir=".") as folder:
        return seconds("--checkpoint", folder, "--checkpoint-every", str(every))


rates, ratios = [], {60: [], 600: [], 6000: []}
for _ in range(ROUNDS):
    for every, of in ratios.items():
        steps, without = seconds()
        of.append(with_checkpoints(every)[1] / without)
        rates.append(steps / without)
print(f"{' '.join(FLAGS)}: {statistics.median(rates):.0f} steps a second")
for every, of in ratios.items():
    print(f"every {every} steps: {statistics.median(of):.4f} of the time without ({min(of):.4f} to {max(of):.4f})")
