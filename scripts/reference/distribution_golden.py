#!/usr/bin/python3
"""Normal and Student t values by scipy, scipy's BCa interval for given replicates, numpy's quantiles by Weibull's rule
and Efron's (1981) bias-corrected interval from them.

    /usr/bin/python3 scripts/reference/distribution_golden.py > tests/core/stats/distribution_golden.h
    /usr/bin/python3 scripts/reference/distribution_golden.py bca > tests/core/rank/bca_golden.h
    /usr/bin/python3 scripts/reference/distribution_golden.py percentile > tests/core/rank/percentile_golden.h

Needs Debian's python3-numpy and python3-scipy (1.10 made the files). Tolerances stand in the tests: 1e-12 relative for
the distributions, 1e-9 for the intervals.
"""
import sys
from types import SimpleNamespace

import numpy
import scipy
from scipy import special, stats


def floats(values):
    return "{" + ", ".join(repr(float(v)) for v in values) + "}"


def head(guard):
    print("/* Made by scripts/reference/distribution_golden.py with numpy %s and scipy %s; do not edit. */" %
          (numpy.__version__, scipy.__version__))
    print("#ifndef %s\n#define %s\n" % (guard, guard))


def quantile(p, df):
    """scipy's t.ppf is off by up to 6e-10; two Newton steps on its distribution function mend that."""
    t = stats.t.ppf(p, df)
    for _ in range(2 if p != 0.5 else 0):
        tail = special.betainc(df / 2, 0.5, df / (df + t * t)) / 2 if abs(t) > 1 else special.stdtr(df, -abs(t))
        t += (tail - min(p, 1 - p)) / stats.t.pdf(t, df) * (1 if t > 0 else -1)
    return t


def distributions():
    head("PL_DISTRIBUTION_GOLDEN_H")
    print("static const double golden_normal[][2] = { /* x, P(X <= x) */")
    for x in (-37.0, -20.0, -8.3, -5.0, -3.09, -1.96, -1.0, -0.3, 0.0, 1e-9, 0.5, 1.2815515655446004, 2.5, 6.0):
        print("    %s," % floats((x, special.ndtr(x))))
    print("};\n\nstatic const double golden_normal_quantiles[][2] = { /* p, x */")
    for p in (1e-300, 1e-50, 1e-12, 1e-6, 0.001, 0.01, 0.017, 0.025, 0.0749, 0.0751, 0.2, 0.42, 0.5, 0.6, 0.9249,
              0.9251, 0.975, 0.999, 1 - 1e-9):
        print("    %s," % floats((p, special.ndtri(p))))
    print("};\n\nstatic const double golden_student[][4] = { /* t, df, P(T <= t), P(|T| > |t|) */")
    for df in (0.7, 1, 2, 3, 9, 24, 59, 999, 1e6):
        for t in (-40.0, -6.5, -2.0, -0.9, -1e-3, 0.0, 0.4, 1.0, 3.2, 11.0):
            # stdtr may lose digits in the far tail, the beta function's argument does near 0.
            two = special.betainc(df / 2, 0.5, df / (df + t * t)) if abs(t) > 1 else 2 * special.stdtr(df, -abs(t))
            print("    %s," % floats((t, df, two / 2 if t <= 0 else 1 - two / 2, two)))
    print("};\n\nstatic const double golden_student_quantiles[][3] = { /* p, df, t */")
    for df in (1, 2, 4, 24, 99, 1e5):
        for p in (1e-8, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999):
            print("    %s," % floats((p, df, quantile(p, df))))
    print("};\n\n#endif")


def bca():
    """A share of wins over images of unequal size: the ratio of two sums, as a win rate is."""
    rng = numpy.random.default_rng(20240612)
    head("PL_BCA_GOLDEN_H")
    rows = []
    for case, (n, n_replicates, level) in enumerate(((12, 99, 0.95), (30, 149, 0.9), (40, 120, 0.99))):
        asked = rng.integers(1, 9, n).astype(float)
        won = rng.binomial(asked.astype(int), numpy.clip(rng.beta(4, 1.2, n), 0, 1)).astype(float)

        def share(images):
            images = numpy.asarray(images, dtype=int)
            return won[images].sum() / asked[images].sum()

        everything = numpy.arange(n)
        replicates = numpy.array([share(rng.integers(0, n, n)) for _ in range(n_replicates)])
        earlier = SimpleNamespace(bootstrap_distribution=replicates)
        result = stats.bootstrap((everything,), share, n_resamples=0, bootstrap_result=earlier, vectorized=False,
                                 confidence_level=level, method="BCa")
        without = [share(numpy.delete(everything, i)) for i in range(n)]
        print("static const double bca_replicates_%d[] = %s;" % (case, floats(replicates)))
        print("static const double bca_without_%d[] = %s;" % (case, floats(without)))
        rows.append("{bca_replicates_%d, %d, bca_without_%d, %d, %r, %r, %r, %r}" %
                    (case, n_replicates, case, n, float(share(everything)), level,
                     float(result.confidence_interval.low), float(result.confidence_interval.high)))
    print("\nstatic const struct {\n    const double *replicates;\n    size_t n_replicates;\n    const double *without;\n"
          "    size_t n;\n    double estimate;\n    double level;\n    double low;\n    double high;\n"
          "} golden_bca[] = {%s};\n\n#endif" % ", ".join(rows))


def percentile():
    rng = numpy.random.default_rng(20240613)
    head("PL_PERCENTILE_GOLDEN_H")
    shares = (0.0, 0.001, 0.0176, 0.025, 0.31, 0.5, 0.75, 0.975, 0.999, 1.0)
    print("static const double golden_shares[] = %s;" % floats(shares))
    rows = []
    for case, (n, tail) in enumerate(((19, 0.1), (40, 0.0176), (200, 0.02))):
        x = rng.gamma(3.0, 1.0, n)
        estimate = numpy.quantile(x, (0.35, 0.5, 0.6)[case]) + 0.01
        z0 = special.ndtri(numpy.mean(x < estimate))
        ends = special.ndtr(2 * z0 + special.ndtri((tail, 1 - tail)))
        low, high = numpy.quantile(x, ends, method="weibull")
        print("static const double percentile_x_%d[] = %s;" % (case, floats(x)))
        rows.append("{percentile_x_%d, %d, %s, %r, %r, %r, %r}" %
                    (case, n, floats(numpy.quantile(x, shares, method="weibull")), float(estimate), tail, float(low),
                     float(high)))
    print("\nstatic const struct {\n    const double *x;\n    size_t n;\n    double values[%d];\n    double estimate;\n"
          "    double tail;\n    double low;\n    double high;\n} golden_percentiles[] = {%s};\n\n#endif" %
          (len(shares), ", ".join(rows)))


if sys.argv[1:] == ["bca"]:
    bca()
elif sys.argv[1:] == ["percentile"]:
    percentile()
else:
    distributions()
