#!/usr/bin/env python3
"""Prediction-powered means and intervals by PyPI's ppi-python, on random labels and predictions.

    ppi_golden.py > tests/core/stats/ppi_golden.h

Needs ppi-python and what it asks for (PyPI); the versions are printed into the output. ppi-python's interval has normal
quantiles and divides by n: the test takes the library's two parts of the error back to that.
"""
import sys
from importlib.metadata import version

import numpy as np
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy import stats


def case(rng, n, n_machine, accuracy, kind):
    if kind == "accuracy":
        y = (rng.random(n + n_machine) < 0.6).astype(float)
        f = np.where(rng.random(y.size) < accuracy, y, 1 - y)
    elif kind == "win rate":
        y = rng.choice([0, 0.5, 1], size=n + n_machine)
        f = np.where(rng.random(y.size) < accuracy, y, rng.choice([0, 0.5, 1], size=y.size))
    else:
        y = rng.normal(3, 2, n + n_machine)
        f = accuracy * y + rng.normal(1, 1, y.size)
    return y[:n], f[:n], f[n:]


def numbers(x):
    lines, line = [], "   "
    for word in ", ".join(float(v).hex() if v else "0" for v in np.ravel(x)).split(" "):
        if len(line) + 1 + len(word) > 118:
            lines.append(line)
            line = "   "
        line += " " + word
    return "\n".join(lines + [line])


def main():
    rng = np.random.default_rng(5)
    print(f"""/* Made by scripts/reference/ppi_golden.py (Python {sys.version.split()[0]}, ppi-python """
          f"""{version("ppi-python")}, numpy {np.__version__});
 * tolerance 1e-12. Do not edit. */
#ifndef PL_PPI_GOLDEN_H
#define PL_PPI_GOLDEN_H

#include <stddef.h>

typedef struct ppi_golden {{
    size_t n, n_machine;
    const double *labels, *predictions, *machine;
    double tuned_estimate, tuned_low, tuned_high; /* 95 %, normal quantiles */
    double plain_estimate, plain_low, plain_high; /* lambda 1 */
    double half_estimate, half_low, half_high;    /* lambda 0.5 */
    double labelled_low, labelled_high;           /* the labels' own t interval (scipy) */
}} ppi_golden;

/* clang-format off */""")
    rows = []
    for k, (n, n_machine, accuracy, kind) in enumerate([
            (40, 300, 0.9, "accuracy"), (25, 60, 0.7, "accuracy"), (60, 200, 0.8, "win rate"), (30, 30, 0.9, "real"),
            (50, 20, 0.6, "real"), (12, 400, 0.97, "win rate")]):
        y, f, machine = case(rng, n, n_machine, accuracy, kind)
        for part, values in (("labels", y), ("predictions", f), ("machine", machine)):
            print(f"static const double ppi_{part}_{k}[] = {{\n{numbers(values)}}};")
        row = []
        for lam in (None, 1, 0.5):
            row.append(np.ravel(ppi_mean_pointestimate(y, f, machine, lam=lam))[0])
            row.extend(np.ravel(ppi_mean_ci(y, f, machine, alpha=0.05, lam=lam)))
        row.extend(stats.t.interval(0.95, n - 1, y.mean(), stats.sem(y)))
        rows.append(f"    {{{n}, {n_machine}, ppi_labels_{k}, ppi_predictions_{k}, ppi_machine_{k},\n"
                    + numbers(row) + "},")
    print("\nstatic const ppi_golden ppi_goldens[] = {\n" + "\n".join(rows) + "\n};\n/* clang-format on */\n\n#endif")


main()
