"""Prints the coefficients of normal.rs, and log2 of the largest relative error of each polynomial.

    pip install mpmath
    python3 src/compute/kernels/normal/coefficients.py

Remez' exchange: a polynomial whose relative error is equally large, with alternating signs, at one place more
than it has coefficients; the places move to where the error is largest until it is.
"""
from mpmath import cos, erfc, exp, log, lu_solve, matrix, mp, mpf, nstr, pi, polyval, sqrt

mp.dps = 50
SHIFT = mpf(4)


def p(w):
    """What the polynomial stands for: R(t) (t + 4), R(t) = e^(t²/2) Φ(-t)."""
    t = SHIFT * (1 + w) / (1 - w)
    return (t + SHIFT) * exp(t * t / 2) * erfc(t / sqrt(2)) / 2


def chebyshev(count, end):
    """So many places from -1 to end, close together at both ends."""
    return [((end + 1) * -cos(pi * k / (count - 1)) + end - 1) / 2 for k in range(count)]


def fit(end, degree):
    """Coefficients for t up to end, the highest first, and the largest relative error."""
    end = (end - SHIFT) / (end + SHIFT)
    grid = chebyshev(400, end)
    exact = [p(w) for w in grid]
    places = chebyshev(degree + 2, end)
    for _ in range(10):
        rows, values = matrix(degree + 2), matrix(degree + 2, 1)
        for i, w in enumerate(places):
            values[i] = p(w)
            for k in range(degree + 1):
                rows[i, k] = w ** (degree - k)
            rows[i, degree + 1] = (-1) ** i * values[i]
        coefficients = lu_solve(rows, values)[: degree + 1]
        errors = [polyval(coefficients, w) / value - 1 for w, value in zip(grid, exact)]
        peaks = []
        for i, error in enumerate(errors):
            if not peaks or (error > 0) != (errors[peaks[-1]] > 0):
                peaks.append(i)
            elif abs(error) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        if len(peaks) != degree + 2:
            break
        places = [grid[i] for i in peaks]
    return coefficients, max(map(abs, errors))


for end, degree, digits in ((mpf("14.5"), 9, 9), (mpf(39), 22, 17)):
    coefficients, error = fit(end, degree)
    print(nstr(log(error, 2), 4), *(nstr(c, digits) for c in coefficients), sep="\n")
