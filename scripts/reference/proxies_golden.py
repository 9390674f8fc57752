#!/usr/bin/env python3
"""Recomputes the labelled proxies (aol, aol.rank, atc, doc) with numpy and scipy, on random answers of its own making.

    proxies_golden.py > tests/core/rank/proxies_golden.h

Written from the definitions: accuracy on the line (Miller et al. 2021), average thresholded confidence (Garg et al.
2022), difference of confidences (Guillory et al. 2021). Items 0 … 39 are data set "a", 40 … 69 "b", both labelled; the
rest is what is ranked on, "t". One model is overconfident, one gives the same few confidences again and again (so that
the threshold falls on ties), one leaves some items out. Needs numpy and scipy.
"""
import sys

import numpy as np
import scipy
from scipy.stats import rankdata

M, N, K = 5, 130, 4
SETS = {"a": slice(0, 40), "b": slice(40, 70), "t": slice(70, 130)}


def make(rng):
    labels = rng.integers(0, K, N)
    x = rng.normal(0, 1, (M, N, K))
    for j, skill in enumerate(np.linspace(2.4, 0.4, M)):
        x[j, np.arange(N), labels] += skill
    x[:, SETS["t"]] *= 0.8  # a shift: confidences fall
    x[3] *= 3
    few = np.array([[2.0, 0, 0, 0], [1.0, 0, 0.5, 0], [0.3, 0.2, 0.1, 0]])
    x[2] = few[rng.integers(0, 3, N)]
    shift = np.where(rng.random(N) < 0.7, labels, rng.integers(0, K, N))  # its first option is mostly right
    x[2] = np.array([np.roll(row, s) for row, s in zip(x[2], shift)])
    x = np.round(x, 3)
    for j, i in [(1, 5), (1, 50), (1, 80), (4, 41)]:
        x[j, i] = np.nan
    return x, labels


def atc(conf_s, right_s, conf_t):
    wrong = int((~right_s).sum())
    if wrong == 0:
        return 1.0
    ordered = np.sort(conf_s)
    t = ordered[wrong - 1]
    ties = np.mean(conf_t == t)
    share = (wrong - np.sum(conf_s < t)) / np.sum(conf_s == t)
    return float(np.mean(conf_t > t) + (1 - share) * ties)


def predictions(x, labels, sources):
    """[method][model]"""
    there = ~np.isnan(x[..., 0])
    p = np.exp(x - np.nanmax(x, -1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    conf = np.round(p.max(-1), 14)  # what is a tie to one way of summing is one to the other
    accuracy, rank, thresholded, difference = (np.zeros(M) for _ in range(4))
    for s in sources:
        acc = np.zeros(M)
        for j in range(M):
            here = np.zeros(N, bool)
            here[SETS[s]] = True
            here &= there[j]
            target = np.zeros(N, bool)
            target[SETS["t"]] = True
            target &= there[j]
            right = x[j, here].argmax(-1) == labels[here]
            acc[j] = right.mean()
            thresholded[j] += atc(conf[j, here], right, conf[j, target]) / len(sources)
            difference[j] += (acc[j] - (conf[j, here].mean() - conf[j, target].mean())) / len(sources)
        accuracy += acc / len(sources)
        rank -= rankdata(-acc) / len(sources)
    return [accuracy, rank, thresholded, difference]


def numbers(values):
    out, line = [], "   "
    for v in values:
        text = " GOLDEN_NONE," if v != v else f" {v!r},"
        if len(line) + len(text) > 118:
            out.append(line)
            line = "   "
        line += text
    return "\n".join([*out, line]).rstrip(",")


def show(kind, name, values):
    print(f"static const {kind} {name}[] = {{\n{numbers([v.item() for v in np.ravel(values)])}}};")


def main():
    x, labels = make(np.random.default_rng(11))
    print(f"""/* Made by scripts/reference/proxies_golden.py (Python {sys.version.split()[0]}, numpy {np.__version__}, scipy """
          f"""{scipy.__version__});
 * tolerance 1e-12. Do not edit. */
#ifndef PL_PROXIES_GOLDEN_H
#define PL_PROXIES_GOLDEN_H

#include <math.h>
#include <stdint.h>

#define GOLDEN_MODELS {M}u
#define GOLDEN_ITEMS {N}u
#define GOLDEN_OPTIONS {K}u
#define GOLDEN_A {SETS["a"].stop}u /* items below are of "a" */
#define GOLDEN_B {SETS["b"].stop}u /* then below of "b", the rest is ranked on */
#define GOLDEN_NONE ((double)NAN)

/* clang-format off */""")
    show("uint8_t", "golden_labels", labels)
    print("/* [model][item][option] */")
    show("double", "golden_logits", x)
    print("/* [method: aol, aol.rank, atc, doc][model] */")
    show("double", "golden_from_a", predictions(x, labels, ["a"]))
    show("double", "golden_from_both", predictions(x, labels, ["a", "b"]))
    print("/* clang-format on */\n#endif")


main()
