#!/usr/bin/python3
"""Tables of counts by scipy, kappa and McNemar's test by statsmodels, Krippendorff's alpha by the krippendorff package.

    python3 -m venv --system-site-packages VENV && VENV/bin/pip install statsmodels krippendorff
    VENV/bin/python scripts/reference/diagnostics_golden.py > tests/core/stats/contingency_golden.h

Needs numpy and scipy besides; all versions are printed into the output. McNemar's mid-p is the exact p less the
probability of the result itself (Fagerland, Lydersen & Laake 2013). The alpha of the published reliability data is
0.743 (Krippendorff 2011, example C: four observers, twelve units); it is worked out from its definition too, and has to
agree with the package. Tolerance in the tests: 1e-12.
"""
from importlib.metadata import version

import krippendorff
import numpy
import scipy
from scipy import stats
from scipy.stats.contingency import association
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa

RNG = numpy.random.default_rng(20)
NAN = None
PUBLISHED = [[1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
             [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN]]


def row(values):
    return "    {" + ", ".join(repr(float(v)) for v in values) + "},"


def alpha(coders):
    """1 - observed / expected disagreement, pair by pair, and by the package."""
    n_values = 8
    o = numpy.zeros((n_values, n_values))
    for unit in zip(*coders):
        given = [v for v in unit if v is not None]
        for i, c in enumerate(given):
            for k, d in enumerate(given):
                if i != k:
                    o[c][d] += 1 / (len(given) - 1)
    n_c = o.sum(axis=1)
    n = n_c.sum()
    observed = (o.sum() - numpy.trace(o)) / n
    expected = (n * n - (n_c ** 2).sum()) / (n * (n - 1))
    table = [[numpy.nan if v is None else v for v in line] for line in coders]
    by_package = krippendorff.alpha(reliability_data=table, level_of_measurement="nominal")
    assert abs(by_package - (1 - observed / expected)) < 1e-12
    return by_package


def kappa(t):
    return cohens_kappa(numpy.array(t), return_results=False)


def mcnemar_p(k, n):
    """Of k against n - k discordant pairs."""
    return mcnemar([[7, k], [n - k, 5]], exact=True).pvalue


def mid_p(k, n):
    if 2 * k == n:
        return 1.0
    return mcnemar_p(k, n) - stats.binom.pmf(k, n, 0.5)


def main():
    print("/* Made by scripts/reference/diagnostics_golden.py with numpy %s, scipy %s,"
          "\n * statsmodels %s and krippendorff %s; do not edit. */" %
          (numpy.__version__, scipy.__version__, version("statsmodels"), version("krippendorff")))
    print("/* clang-format off */\n#ifndef PL_CONTINGENCY_GOLDEN_H\n#define PL_CONTINGENCY_GOLDEN_H\n")
    print("static const double golden_chi2[][8] = { /* a, b, c, d, chi2, with Yates, p of chi2, phi */")
    for t in [[[10, 20], [30, 5]], [[1, 1], [1, 2]], [[233, 120], [180, 176]], [[1000, 1010], [990, 1020]],
              [[3, 0], [1, 4]]] + [RNG.integers(1, 300, (2, 2)).tolist() for _ in range(6)]:
        plain, yates = stats.chi2_contingency(t, correction=False), stats.chi2_contingency(t, correction=True)
        phi = association(numpy.array(t), method="cramer")  # for two by two the same
        print(row(t[0] + t[1] + [plain[0], yates[0], plain[1], phi]))
    print("};\n\nstatic const double golden_mid[][4] = { /* k, n, McNemar's exact p, mid-p */")
    for k, n in [(0, 1), (1, 1), (3, 6), (2, 9), (7, 9), (40, 100), (61, 100), (480, 1000), (5, 60)]:
        print(row([k, n, mcnemar_p(k, n), mid_p(k, n)]))
    print("};\n\nstatic const double golden_kappa[][10] = { /* 3 x 3 by rows, kappa */")
    for t in [[[20, 5, 1], [10, 15, 2], [0, 3, 9]]] + [RNG.integers(0, 40, (3, 3)).tolist() for _ in range(5)]:
        print(row(t[0] + t[1] + t[2] + [kappa(t)]))
    print("};\n\n#define GOLDEN_CODERS 4\n#define GOLDEN_UNITS 12\n"
          "static const int golden_codes[][GOLDEN_CODERS][GOLDEN_UNITS] = { /* 0 is missing */")
    sets = [PUBLISHED]
    for _ in range(4):
        codes = RNG.integers(0, 5, (4, 12))
        sets.append([[None if v == 0 else int(v) for v in line] for line in codes])
    for s in sets:
        print("    {" + ", ".join("{" + ", ".join(str(v or 0) for v in line) + "}" for line in s) + "},")
    print("};\nstatic const double golden_alpha[] = {" + ", ".join(repr(float(alpha(s))) for s in sets) + "};\n\n#endif")


main()
