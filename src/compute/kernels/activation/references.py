"""Makes references.txt: what tests.rs holds the f64 kernels to.

    pip install mpmath
    python3 src/compute/kernels/activation/references.py > src/compute/kernels/activation/references.txt

A line each: x, tanh x, x Φ(x), Φ(x) + x φ(x), to 40 digits and then rounded to f64.
"""
from mpmath import erfc, exp, mp, mpf, pi, sqrt, tanh

mp.dps = 40

places = [k * 37 / 1024 for k in range(-55, 56)]
places += [k * 187 / 1024 for k in range(-212, -11)] + [k * 307 / 1024 for k in range(7, 65)]
places += [sign * 10.0**-k for k in (2, 3, 5, 8, 12, 17, 40, 150, 307, 320) for sign in (1, -1)]
# Where f' is 0, and where the results become denormal.
places += [-0.75, -0.7518, -0.751791524693564, -0.76, -37.4, -37.6, -38.0, -38.3, -38.5]
for place in sorted(set(places)):
    x = mpf(place)
    cdf, density = erfc(-x / sqrt(2)) / 2, exp(-x * x / 2) / sqrt(2 * pi)
    print(place, *(float(value) for value in (tanh(x), x * cdf, cdf + x * density)))
