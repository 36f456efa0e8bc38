"""Makes values.txt: what tests/optimizers.rs holds the optimisers to.

    python3 tests/optimizers/make.py > tests/optimizers/values.txt

PyTorch's optimisers on a function of w: [2, 3] and b: [3] that changes from step to step, in float64
and float32: the parameters after steps 1, 2 and 10; and PyTorch's learning rates for 12 steps. The
function's numbers are fractions that both types hold exactly.
"""
import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR, StepLR

STEPS, SHOWN = 10, (1, 2, 10)


def gradient(w, b, step):
    """Of sum(pull * (w, b)) + sum(bend / 2 * (w, b)^2) + sum(link * w * b); w's element 0 never has any."""
    k = torch.arange(9)
    pull = (((7 * k + 3 * step) % 11 - 5) / 8).to(w.dtype)
    pull[0] = 0
    bend = ((k % 4) / 4).to(w.dtype)
    link = torch.tensor([0, 0.5, -1], dtype=w.dtype)
    dw = (pull[:6] + bend[:6] * w.flatten()).reshape(2, 3) + link * b
    return dw, pull[6:] + bend[6:] * b + link * (w[0] + w[1])


def warm_cosine(optimizer):
    warm = LinearLR(optimizer, start_factor=1 / 4, total_iters=3)
    cosine = CosineAnnealingLR(optimizer, 6, eta_min=0.1 * optimizer.defaults["lr"])
    return SequentialLR(optimizer, [warm, cosine], milestones=[3])


def nothing(_):
    pass


RUNS = {
    "sgd": (lambda p: SGD(p, 0.1), nothing, None),
    "sgd-decay": (lambda p: SGD(p, 0.1, weight_decay=0.25), nothing, None),
    "sgd-momentum": (lambda p: SGD(p, 0.1, momentum=0.9), nothing, None),
    "sgd-nesterov": (lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.25), nothing, None),
    "adagrad": (lambda p: Adagrad(p, 0.1), nothing, None),
    "adagrad-decay": (lambda p: Adagrad(p, 0.1, weight_decay=0.25, eps=1e-2), nothing, None),
    "rmsprop": (lambda p: RMSprop(p, 0.01), nothing, None),
    "rmsprop-momentum": (lambda p: RMSprop(p, 0.01, alpha=0.9, momentum=0.9), nothing, None),
    "rmsprop-centered": (lambda p: RMSprop(p, 0.01, eps=1e-3, centered=True), nothing, None),
    "rmsprop-all": (
        lambda p: RMSprop(p, 0.01, alpha=0.9, eps=1e-3, momentum=0.5, weight_decay=0.25, centered=True),
        nothing,
        None,
    ),
    "adam": (lambda p: Adam(p, 0.1), nothing, None),
    "adam-decay": (lambda p: Adam(p, 0.1, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.25), nothing, None),
    "adamw": (lambda p: AdamW(p, 0.1), nothing, None),
    "adamw-decay": (lambda p: AdamW(p, 0.1, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.25), nothing, None),
    "sgd-clip-norm": (lambda p: SGD(p, 0.1, momentum=0.9), lambda p: clip_grad_norm_(p, 1.5), None),
    "adam-clip-value": (lambda p: Adam(p, 0.1), lambda p: clip_grad_value_(p, 0.25), None),
    "sgd-step": (lambda p: SGD(p, 0.1, momentum=0.9), nothing, lambda o: StepLR(o, 3, 0.5)),
    "adamw-warm-cosine": (lambda p: AdamW(p, 0.1), nothing, warm_cosine),
}

for name, (make, clip, schedule) in RUNS.items():
    for dtype, digits in ((torch.float64, 17), (torch.float32, 9)):
        k = torch.arange(9)
        start = (((5 * k) % 9 - 4) / 4).to(dtype)
        w, b = torch.nn.Parameter(start[:6].reshape(2, 3)), torch.nn.Parameter(start[6:])
        optimizer = make([w, b])
        scheduler = schedule(optimizer) if schedule else None
        for step in range(STEPS):
            with torch.no_grad():
                w.grad, b.grad = gradient(w, b, step)
            clip([w, b])
            optimizer.step()
            if scheduler:
                scheduler.step()
            if step + 1 in SHOWN:
                values = torch.cat([w.detach().flatten(), b.detach()]).tolist()
                print(name, "f64" if digits == 17 else "f32", step + 1, *(f"{x:.{digits}g}" for x in values))

for name, schedule in {
    "step": lambda o: StepLR(o, 3, 0.5),
    "linear": lambda o: LinearLR(o, start_factor=1, end_factor=0.25, total_iters=7),
    "cosine": lambda o: CosineAnnealingLR(o, 11, 0.1),
    "warm-cosine": warm_cosine,
}.items():
    optimizer = SGD([torch.zeros(1)], 1.0)
    scheduler, rates = schedule(optimizer), []
    for _ in range(12 if name != "warm-cosine" else 10):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    print(name, "rates", len(rates), *(f"{x:.17g}" for x in rates))
