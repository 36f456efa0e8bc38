"""Makes lapack.txt: what tests/lapack holds PCA, ridge and conditioning to.

    python3 tests/golden/lapack.py > tests/golden/lapack.txt

scikit-learn's PCA and Ridge and NumPy's singular values, in f64, of the small integers below, which the tests make for
themselves.
"""
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, Ridge


def numbers(rows, columns, seed):
    """Without any pattern that a low rank could have."""
    i, j = np.indices((rows, columns))
    return ((7 * i * i + 13 * i * j * j + 5 * j + seed * (i + 3 * j)) % 31).astype(np.float64)


def line(name, values):
    print(name, *(repr(float(value)) for value in np.ravel(values)))


for rows, columns, components in ((30, 6, 4), (5, 9, 3), (7, 7, 6), (2, 1, 1)):
    x = numbers(rows, columns, 1)
    pca = PCA(components, svd_solver="full").fit(x)
    white = PCA(components, svd_solver="full", whiten=True).fit(x)
    print("pca", rows, columns, components)
    line("mean", pca.mean_)
    line("components", pca.components_)
    line("variance", pca.explained_variance_)
    line("ratio", pca.explained_variance_ratio_)
    line("transformed", pca.transform(x))
    line("inverse", pca.inverse_transform(pca.transform(x)))
    line("whitened", white.transform(x))

for rows, inputs, outputs, penalty in ((30, 6, 2, 0.5), (9, 4, 1, 0.0), (4, 7, 3, 2.0)):
    x, t = numbers(rows, inputs, 2), numbers(rows, outputs, 3)
    model = Ridge(penalty, solver="svd") if penalty else LinearRegression()
    model.fit(x, t)
    print("ridge", rows, inputs, outputs, penalty)
    line("w", model.coef_.reshape(outputs, inputs).T)
    line("b", model.intercept_)

for rows, columns in ((5, 3), (3, 8), (6, 6)):
    sigma = np.linalg.svd(numbers(rows, columns, 4), compute_uv=False)
    print("conditioning", rows, columns)
    line("values", (sigma[0], sigma[-1], sigma[0] / sigma[-1]))
