#!/usr/bin/env python3
"""Robust lines by statsmodels, Fréchet distances by scipy's matrix square root, sums of singular values by numpy, t-SNE's
neighbour probabilities by root finding and scikit-learn, and the KL divergence that scikit-learn's exact t-SNE reaches.

    cross_golden.py > tests/core/stats/cross_golden.h

Needs numpy, scipy, statsmodels and scikit-learn (PyPI); their versions are printed into the output.
"""
import sys

import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy.linalg import sqrtm
from scipy.optimize import brentq
from sklearn.manifold import TSNE, _t_sne
from sklearn.metrics import pairwise_distances

POINTS, DIMS = 90, 6


def lines(rng):
    """x, y of eight lines of twelve models: noise, outliers, ties; statsmodels' slope, intercept, scale; weighted R²."""
    rows = []
    for k in range(8):
        x = np.round(rng.uniform(0.2, 0.9, 12), 3)
        y = 0.1 + (1.1 - 0.2 * k) * x + rng.normal(0, 0.03 * (1 + k % 3), 12)
        if k % 2:
            y[:2] += [0.5, -0.6]
        y = np.round(y, 3)
        fit = sm.RLM(y, sm.add_constant(x), M=sm.robust.norms.HuberT(1.345)).fit(maxiter=20000, tol=1e-14, conv="coefs")
        w = fit.weights
        mean = np.average(y, weights=w)
        r2 = 1 - np.sum(w * fit.resid ** 2) / np.sum(w * (y - mean) ** 2)
        rows.append((x, y, [fit.params[1], fit.params[0], fit.scale, r2]))
    return rows


def frechet(a, b):
    s1, s2 = np.cov(a.T), np.cov(b.T)
    root = sqrtm(s1)
    middle = sqrtm(root @ s2 @ root)
    return float(np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(s1 + s2 - 2 * middle.real))


def affinities(x, perplexity):
    n = len(x)
    d = pairwise_distances(x, metric="sqeuclidean")
    p = np.zeros((n, n))
    for i in range(n):
        rest = np.delete(d[i], i)

        def conditional(log_beta):
            e = np.exp(-np.exp(log_beta) * (rest - rest.min()))
            return e / e.sum()

        def off(log_beta):
            q = conditional(log_beta)
            return -np.sum(q * np.log(np.maximum(q, 1e-300))) - np.log(perplexity)

        p[i, np.arange(n) != i] = conditional(brentq(off, -12, 12, xtol=1e-14))
    return (p + p.T) / (2 * n)


def numbers(values):
    out, line = [], "   "
    for v in np.ravel(values):
        text = f" {float(v)!r},"
        if len(line) + len(text) > 118:
            out.append(line)
            line = "   "
        line += text
    return "\n".join([*out, line]).rstrip(",")


def show(name, values):
    print(f"static const double {name}[] = {{\n{numbers(values)}}};")


def main():
    rng = np.random.default_rng(5)
    fitted = lines(rng)
    centres = rng.normal(0, 3, (3, DIMS))
    x = np.round(np.concatenate([c + rng.normal(0, s, (POINTS // 3, DIMS)) for c, s in zip(centres, [0.5, 1.0, 1.6])]), 4)
    third = POINTS // 3
    a, b, c = x[:third], x[third:2 * third], x[2 * third:]
    # Fewer points than dimensions: five of six, where covariances are singular.
    few = [frechet(a[:5], b[:5]), frechet(a[:4], c[:4])]
    matrices = [x[:6], x[:6] @ np.diag([1, 1e-3, 1e-6, 1e-9, 0, 0]), np.outer(x[0], x[1]), np.zeros((6, 6)),
                np.diag(x[2]), np.ones((6, 6)) * 1e150]
    p = affinities(x, 10.0)
    theirs = _t_sne._joint_probabilities(pairwise_distances(x, metric="sqeuclidean").astype(np.float32), 10.0, 0)
    rows, columns = np.triu_indices(POINTS, 1)
    print("largest relative difference from scikit-learn's single-precision neighbours:",
          np.abs(theirs / p[rows, columns] - 1)[p[rows, columns] > 1e-6].max(), file=sys.stderr)
    kls = []
    for perplexity in (10.0, 25.0):
        model = TSNE(2, perplexity=perplexity, method="exact", init="pca", random_state=0, learning_rate="auto")
        model.fit(x.astype(np.float64))
        kls.append(model.kl_divergence_)
    print(f"""/* Made by scripts/reference/cross_golden.py (Python {sys.version.split()[0]}, numpy {np.__version__},
 * scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, scikit-learn {sklearn.__version__});
 * tolerances in test_robust_line.c, test_frechet.c and test_tsne.c. Do not edit. */
#ifndef PL_CROSS_GOLDEN_H
#define PL_CROSS_GOLDEN_H

#define GOLDEN_LINES {len(fitted)}u
#define GOLDEN_LINE_POINTS 12u
#define GOLDEN_POINTS {POINTS}u
#define GOLDEN_DIMS {DIMS}u
#define GOLDEN_PERPLEXITY 10.0

/* clang-format off */""")
    show("golden_line_x", [f[0] for f in fitted])
    show("golden_line_y", [f[1] for f in fitted])
    print("/* [line]: slope, intercept, scale, weighted R2 */")
    show("golden_line_fits", [f[2] for f in fitted])
    print("/* three clouds of a third each */")
    show("golden_points", x)
    print("/* first against second cloud, first against third, second against third */")
    show("golden_frechet", [frechet(a, b), frechet(a, c), frechet(b, c)])
    print("/* the first five points of the first and second cloud, the first four of the first and third */")
    show("golden_frechet_few", few)
    print("/* [matrix][6 x 6] and the sum of the singular values of each */")
    show("golden_matrices", matrices)
    show("golden_singular_sums", [np.linalg.svd(m, compute_uv=False).sum() for m in matrices])
    print("/* the first three rows */")
    show("golden_affinities", p[:3])
    print("/* of scikit-learn's map at perplexities 10 and 25 */")
    show("golden_kl", kls)
    print("/* clang-format on */\n#endif")


main()
