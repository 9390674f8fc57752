#!/usr/bin/python3
"""Recomputes with numpy and scipy what the statistics tests expect.

    /usr/bin/python3 scripts/reference/stats_golden.py > tests/core/stats/stats_golden.h

Needs Debian's python3-numpy and python3-scipy. The binomial part is computed with exact integers and rounded once.
"""
import math
import sys
from fractions import Fraction

import numpy
import scipy
import scipy.optimize
import scipy.special
import scipy.stats

rng = numpy.random.default_rng(20240611)


def number(x):
    return "NAN_" if math.isnan(x) else repr(float(x))


def row(values):
    return "{" + ", ".join(number(v) for v in values) + "}"


def pairs():
    yield [1.0, 2.0], [3.0, 5.0]
    yield [1.0, 2.0], [5.0, 3.0]
    yield [1.0, 1.0, 2.0, 3.0], [4.0, 4.0, 4.0, 1.0]
    for n in (3, 5, 8, 13, 24):
        x = rng.normal(size=n)
        yield list(x), list(x + rng.normal(size=n))
    for n in (6, 12, 24):
        yield list(rng.integers(0, 4, n).astype(float)), list(rng.integers(0, 3, n).astype(float))
    x = rng.normal(size=10)
    yield list(1e12 + x), list(1e-200 * (x + rng.normal(size=10)))


def entropy(sequence):
    counts = {}
    for i in range(len(sequence) - 2):
        pattern = tuple(int(k) for k in numpy.argsort(sequence[i:i + 3], kind="stable"))
        counts[pattern] = counts.get(pattern, 0) + 1
    return float(scipy.stats.entropy([counts[k] for k in sorted(counts)]))


def true_ranks(predicted, truth):
    by_truth = sorted(range(len(truth)), key=lambda i: -truth[i])
    rank = {model: place for place, model in enumerate(by_truth)}
    return [rank[i] for i in sorted(range(len(predicted)), key=lambda i: -predicted[i])]


def inversions(s):
    return sum(s[i] > s[j] for i in range(len(s)) for j in range(i + 1, len(s)))


def increasing(s):
    best = []
    for i, v in enumerate(s):
        best.append(1 + max([best[j] for j in range(i) if s[j] < v], default=0))
    return max(best, default=0)


def correlations(out):
    cases = list(pairs())
    width = max(len(x) for x, _ in cases)
    out.append("#define GOLDEN_PAIRS_MAX %d" % width)
    out.append("static const struct {\n    size_t n;\n    double x[GOLDEN_PAIRS_MAX];\n    double y[GOLDEN_PAIRS_MAX];\n"
               "    double pearson;\n    double spearman;\n    double kendall;\n    double rank_x[GOLDEN_PAIRS_MAX];\n"
               "    double entropy;\n    uint64_t inversions;\n    uint64_t lis;\n} golden_pairs[] = {")
    for x, y in cases:
        sequence = true_ranks(x, y)
        # Pearson in exact rationals: numpy loses digits on the last case.
        fx, fy = [Fraction(v) for v in x], [Fraction(v) for v in y]
        mx, my = sum(fx) / len(fx), sum(fy) / len(fy)
        xy = sum((a - mx) * (b - my) for a, b in zip(fx, fy))
        xx, yy = sum((a - mx) ** 2 for a in fx), sum((b - my) ** 2 for b in fy)
        pearson = math.copysign(math.sqrt(xy * xy / (xx * yy)), xy)
        if max(x) < 1e6:
            assert abs(pearson - scipy.stats.pearsonr(x, y)[0]) < 1e-12
        out.append("    {%d, %s, %s, %s, %s, %s, %s, %s, %d, %d}," % (
            len(x), row(x), row(y), number(pearson), number(scipy.stats.spearmanr(x, y)[0]),
            number(scipy.stats.kendalltau(x, y)[0]), row(scipy.stats.rankdata([-v for v in x])),
            number(entropy(sequence) if len(x) >= 3 else float("nan")), inversions(sequence), increasing(sequence)))
    out.append("};")


def tail(k, n, p):
    p = Fraction(p)
    total = sum((math.comb(n, i) * p ** i * (1 - p) ** (n - i) for i in range(k, n + 1)), Fraction(0))
    return total.numerator / total.denominator


def binomials(out):
    out.append("static const struct {\n    uint64_t k;\n    uint64_t n;\n    double p;\n    double tail;\n} golden_tails[] = {")
    for k, n, p in ((1, 1, 0.5), (1, 2, 0.25), (2, 2, 0.25), (5, 10, 0.5), (10, 10, 0.1), (7, 20, 0.3), (19, 20, 0.3),
                    (60, 100, 0.5), (90, 100, 0.5), (3, 100, 0.001), (168, 168, 0.9), (700, 1000, 0.6),
                    (950, 1000, 0.5)):
        out.append("    {%d, %d, %r, %r}," % (k, n, p, tail(k, n, p)))
    out.append("};")
    out.append("static const struct {\n    double a;\n    double b;\n    double x;\n    double value;\n} golden_betas[] = {")
    for a, b, x in ((0.5, 0.5, 0.3), (2.5, 1.5, 0.9), (1, 1, 0.125), (30, 40, 0.45), (0.1, 20, 0.001),
                    (200.5, 3.25, 0.99)):
        out.append("    {%r, %r, %r, %r}," % (a, b, x, float(scipy.special.betainc(a, b, x))))
    out.append("};")
    out.append("static const struct {\n    uint64_t k;\n    uint64_t n;\n    double level;\n    double low;\n    double high;\n"
               "} golden_intervals[] = {")
    for k, n, level in ((0, 1, 0.95), (1, 1, 0.95), (0, 10, 0.95), (3, 10, 0.95), (10, 10, 0.95), (168, 168, 0.95),
                        (50, 100, 0.99), (1, 1000, 0.9), (997, 1000, 0.95), (41234, 100000, 0.95)):
        alpha = (1 - level) / 2
        low = 0.0 if k == 0 else float(scipy.stats.beta.ppf(alpha, k, n - k + 1))
        high = 1.0 if k == n else float(scipy.stats.beta.ppf(1 - alpha, k + 1, n - k))
        out.append("    {%d, %d, %r, %r, %r}," % (k, n, level, low, high))
    out.append("};")
    out.append("static const struct {\n    uint64_t k;\n    uint64_t n;\n    double p;\n} golden_sign_tests[] = {")
    for k, n in ((0, 1), (1, 2), (0, 2), (2, 10), (8, 10), (5, 10), (0, 20), (40, 100), (450, 1000)):
        out.append("    {%d, %d, %r}," % (k, n, float(scipy.stats.binomtest(k, n).pvalue)))
    out.append("};")


out = ["/* Made by scripts/reference/stats_golden.py with Python %s, numpy %s, scipy %s; do not edit." % (
    sys.version.split()[0], numpy.__version__, scipy.__version__),
    " * Tolerances: correlations 1e-14 absolute; tails 2e-13 relative (exact integers); betas and sign tests 1e-12",
    " * relative; interval ends 1e-9 absolute (scipy's quantile iterates). */",
    "/* clang-format off */", "#ifndef PL_STATS_GOLDEN_H", "#define PL_STATS_GOLDEN_H", "", "#include <math.h>",
    "#include <stddef.h>", "#include <stdint.h>", "", "#define NAN_ ((double)NAN)"]
correlations(out)
binomials(out)
out += ["#endif", "/* clang-format on */"]
print("\n".join(out))
