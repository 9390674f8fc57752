#!/usr/bin/python3
"""Recomputes peer tables, judge reports and rankings with numpy and scipy, on random judgments of its own making.

    peer_golden.py > tests/core/rank/peer_golden.h

Written from the definitions, case by case with dictionaries and matrices, without looking at the C code's order of
work. Needs Debian's python3-numpy and python3-scipy; the versions are printed into the output.
"""
import sys
from collections import defaultdict

import numpy as np
import scipy
from scipy import stats

MISSING, A, B, TIE = 0, 1, 2, 3
NO_MARK, CALL, ANSWER = 1, 7, 8
EPOCHS, STEP, PRD_ITERATIONS = 30, 0.5, 5


# --- data ---------------------------------------------------------------------------------------------------------

def verdict(rng, strength, judge, a, b, first_bias, missing):
    """A noisy judge with a taste for the answer shown first; (verdict, reason)."""
    if rng.random() < missing:
        return MISSING, int(rng.choice([NO_MARK, CALL, ANSWER, 5]))
    eta = 2.0 * (strength[a] - strength[b]) + first_bias[judge]
    e = np.exp([eta / 2, -0.4, -eta / 2])
    return int(rng.choice([A, TIE, B], p=e / e.sum())), 0


def make(seed, m, n_items, n_criteria, judges_of, orders, missing, weights, candidates, bias=0.5, duplicates=0.0):
    rng = np.random.default_rng(seed)
    strength = np.linspace(-1, 1, m)
    rng.shuffle(strength)
    first_bias = rng.normal(0, bias, m)
    first_bias[0] = 6.0  # a judge that nearly always picks the first
    rows = []
    for i in range(n_items):
        for r in judges_of(i):
            for a in candidates:
                for b in candidates:
                    if a >= b:
                        continue
                    for c in range(n_criteria):
                        for x, y in orders(rng, a, b):
                            for _ in range(2 if rng.random() < duplicates else 1):
                                v, why = verdict(rng, strength, r, x, y, first_bias, missing)
                                w = float(rng.integers(1, 5)) / 2 if weights else 1.0
                                rows.append((i, i // 2, r, x, y, c, v, why, w))
    rng.shuffle(rows)
    return [(int(i), int(g), int(r), int(x), int(y), int(c), int(v), int(z), float(w))
            for i, g, r, x, y, c, v, z, w in rows]


def both(_, a, b):
    return [(a, b), (b, a)]


def one(rng, a, b):
    return [(a, b) if rng.random() < 0.5 else (b, a)]


# --- tables -------------------------------------------------------------------------------------------------------

def score(v, candidate, x):
    return 0.5 if v == TIE else float((v == A) == (candidate == x))


def table(rows, m, n_criteria, gamma, pair_orders, drop_self, exclude):
    rows = [r for r in rows if not (drop_self and r[2] in (r[3], r[4])) and not exclude[r[2]]]
    units = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))  # unit -> criterion -> order -> rows
    for row in rows:
        i, _, r, x, y, c, v, _, w = row
        if v == MISSING:
            continue
        a, b = sorted((x, y))
        key = (i, r, a, b) if pair_orders else (i, r, a, b, x)
        units[key][c][x == a].append(row)
    won, count = np.zeros((m, m)), np.zeros((m, m))
    ballots, dropped, rescaled = [], 0, 0
    for key, criteria in units.items():
        _, r, a, b = key[:4]
        whole = {c: o for c, o in criteria.items() if not pair_orders or len(o) == 2}
        for c, orders in whole.items():
            for group in orders.values():
                for row in group:
                    share = gamma[c] / sum(gamma) * row[8] / (2 if pair_orders else 1)
                    ballots.append((row[0], a, b, r, c, score(row[6], a, row[3]), share))
        used = [c for c in whole if gamma[c] > 0]
        if not used:
            dropped += any(gamma[c] > 0 for c in criteria)
            continue
        rescaled += len(used) < sum(g > 0 for g in gamma)
        total = sum(gamma[c] for c in used)
        for j in (a, b):
            for c in used:
                w = [sum(row[8] for row in g) for g in whole[c].values()]
                s = [sum(row[8] * score(row[6], j, row[3]) for row in g) / sum(row[8] for row in g)
                     for g in whole[c].values()]
                won[j, r] += gamma[c] / total * np.mean(w) * np.mean(s)
                count[j, r] += gamma[c] / total * np.mean(w)
    mean = np.divide(won, count, out=np.zeros_like(won), where=count > 0)
    judge = np.zeros(m, bool)
    judge[[row[2] for row in rows]] = True
    return mean, count, ballots, dropped, rescaled, judge


def report(rows, judge):
    mine = [r for r in rows if r[2] == judge]
    usable = [r for r in mine if r[6] != MISSING]
    n = {v: sum(r[6] == v for r in usable) for v in (A, B, TIE)}
    cases = defaultdict(lambda: {False: set(), True: set()})
    for i, _, _, x, y, c, v, _, _ in usable:
        cases[i, min(x, y), max(x, y), c][x < y].add(v)
    pairs = [(min(o[True]), min(o[False])) for o in cases.values() if len(o[True]) == 1 and len(o[False]) == 1]
    same = sum((s == TIE and t == TIE) or {s, t} == {A, B} for s, t in pairs)
    ff, ss = sum(p == (A, A) for p in pairs), sum(p == (B, B) for p in pairs)
    shown = {(r[3], r[4]) for r in usable}
    p = np.nan
    if usable and pairs and 4 * len(pairs) >= len(usable):
        p = stats.binomtest(ff, ff + ss).pvalue if ff + ss else 1.0
    elif any((y, x) in shown for x, y in shown):
        p = stats.binomtest(n[A], n[A] + n[B]).pvalue if n[A] + n[B] else 1.0
    if not mine:
        p = 0.0
    flags = 0
    given = sum(r[7] not in (CALL, ANSWER) for r in mine)
    if 2 * len(usable) < given:
        flags |= 1
    if n[A] + n[B] >= 10:
        k, t = n[A], n[A] + n[B]
        low = stats.beta.ppf(0.025, k, t - k + 1) if k else 0.0
        high = stats.beta.ppf(0.975, k + 1, t - k) if k < t else 1.0
        if high < 0.1 or low > 0.9:
            flags |= 2
    if len(pairs) >= 10:
        u = len(usable)
        chance = 2 * n[A] / u * n[B] / u + (n[TIE] / u) ** 2
        if stats.binom.sf(same - 1, len(pairs), chance) > 0.05:
            flags |= 4
    return len(mine), len(usable), n[A], n[B], n[TIE], len(pairs), same, p, flags


# --- rankings -----------------------------------------------------------------------------------------------------

def weighted(mean, count, w):
    with np.errstate(invalid="ignore"):
        v = np.where(count > 0, count * w, 0.0)
        return (v * mean).sum(1) / v.sum(1)


def upme(mean, count, judge):
    scored = count.sum(1) > 0
    learner = scored & (count.sum(0) > 0)
    outsider = judge & ~scored
    w = np.where(judge | scored, 1.0, np.nan)
    losses = []
    for _ in range(EPOCHS):
        w[outsider] = w[scored].mean()
        g = weighted(mean, count, w)
        gap = np.abs(w - g)[scored].max()
        w[scored & ~learner] = g[scored & ~learner]
        losses.append(np.mean((g - w)[scored] ** 2))
        if gap < 1e-12:
            break
        w[learner] -= STEP * (w - g)[learner]
    w[outsider] = w[scored].mean()
    g = weighted(mean, count, w)
    w[scored & ~learner] = g[scored & ~learner]
    w[outsider] = w[scored].mean()
    return g, w, losses


def tallies(ballots, m, criterion):
    won, count = np.zeros((m, m)), np.zeros((m, m))
    for _, a, b, r, c, s, w in ballots:
        if criterion in (None, c):
            won[a, r] += w * s
            won[b, r] += w * (1 - s)
            count[a, r] += w
            count[b, r] += w
    return won, count


def prd(ballots, m, criterion=None):
    won, count = tallies(ballots, m, criterion)
    judge = count.sum(0) > 0
    w = np.where(judge, 1.0 / judge.sum(), 0.0)
    for _ in range(PRD_ITERATIONS):
        with np.errstate(invalid="ignore"):
            s = (won * w).sum(1) * judge.sum() / count.sum(1)
        filled = np.where(np.isnan(s), np.nanmean(s), s)
        w = np.where(judge, (filled - np.nanmin(s)) / (np.nanmax(s) - np.nanmin(s)), 0.0)
        w /= w.sum()
    return s, np.where(judge, w, np.nan)


def majority(ballots, m, criterion=None):
    polls = defaultdict(lambda: defaultdict(float))
    for i, a, b, _, c, s, w in ballots:
        if criterion in (None, c):
            polls[i, a, b][s] += w
    won, n = np.zeros(m), np.zeros(m)
    for (_, a, b), p in polls.items():
        top = max(p.values())
        winners = [s for s, w in p.items() if np.isclose(w, top, rtol=1e-12)]
        s = winners[0] if len(winners) == 1 else 0.5
        won[[a, b]] += [s, 1 - s]
        n[[a, b]] += 1
    with np.errstate(invalid="ignore"):
        return won / n


def single(ballots, m):
    won, count = tallies(ballots, m, None)
    with np.errstate(invalid="ignore"):
        return won / count


# --- output -------------------------------------------------------------------------------------------------------

def number(x):
    return "PL_GOLDEN_NAN" if np.isnan(x) else float(x).hex() if x else "0"


def array(kind, name, values):
    text = ", ".join(values)
    lines, line = [], "   "
    for word in text.split(" "):
        if len(line) + 1 + len(word) > 118:
            lines.append(line)
            line = "   "
        line += " " + word
    print(f"static const {kind} {name}[] = {{\n" + "\n".join(lines + [line]) + "};")


def doubles(name, values):
    array("double", name, [number(x) for x in np.asarray(values, float).ravel()])


def emit_rows(name, rows):
    array("pl_golden_row", f"{name}_rows", ["{%d, %d, %d, %d, %d, %d, %d, %d, %g}" % row for row in rows])


def emit(name, rows_name, rows, m, n_items, gamma, pair_orders, drop_self, exclude):
    c = len(gamma)
    mean, count, ballots, dropped, rescaled, judge = table(rows, m, c, gamma, pair_orders, drop_self, exclude)
    g, w, loss = upme(mean, count, judge)
    p, pw = prd(ballots, m)
    doubles(f"{name}_gamma", gamma)
    array("bool", f"{name}_exclude", [str(bool(x)).lower() for x in exclude])
    for part, values in (("mean", mean), ("count", count), ("upme", g), ("upme_weights", w), ("upme_loss", loss),
                         ("peer_review", weighted(mean, count, np.ones(m))), ("prd", p), ("prd_weights", pw),
                         ("majority", majority(ballots, m)), ("majority_first", majority(ballots, m, 0)),
                         ("single", single(ballots, m))):
        doubles(f"{name}_{part}", values)
    reports = [report(rows, r) for r in range(m)]
    array("pl_golden_report", f"{name}_reports",
          ["{%d, %d, %d, %d, %d, %d, %d, %s, %d}" % (*r[:7], number(r[7]), r[8]) for r in reports])
    return (f'    {{"{name}", {m}, {n_items}, {c}, {str(pair_orders).lower()}, {str(drop_self).lower()}, '
            f"{dropped}, {rescaled}, {len(loss)}, {len(rows)}, {len(ballots)},\n     "
            + f"{rows_name}_rows, " + ", ".join(f"{name}_{x}" for x in ("gamma", "exclude", "mean", "count", "upme", "upme_weights",
                                                "upme_loss", "peer_review", "prd", "prd_weights", "majority",
                                                "majority_first", "single", "reports")) + "},")


def main():
    print(f"""/* Made by scripts/reference/peer_golden.py (Python {sys.version.split()[0]}, numpy {np.__version__}, """
          f"""scipy {scipy.__version__});
 * tolerance 1e-12. Do not edit. */
#ifndef PL_PEER_GOLDEN_H
#define PL_PEER_GOLDEN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PL_GOLDEN_NAN ((double)NAN)

typedef struct pl_golden_row {{
    uint32_t item, image, judge, a, b, criterion, verdict, missing;
    double weight;
}} pl_golden_row;
typedef struct pl_golden_report {{
    uint64_t asked, usable, first, second, tie, swap_pairs, swap_consistent;
    double position_p;
    uint32_t flags;
}} pl_golden_report;
typedef struct pl_golden_case {{
    const char *name;
    uint32_t n_models, n_items, n_criteria;
    bool pair_orders, drop_self_reviews;
    uint64_t dropped_pairs, rescaled_pairs;
    size_t n_loss, n_rows, n_ballots;
    const pl_golden_row *rows;
    const double *gamma;
    const bool *exclude;
    const double *mean, *count, *upme, *upme_weights, *upme_loss, *peer_review, *prd, *prd_weights, *majority,
        *majority_first, *single;
    const pl_golden_report *reports;
}} pl_golden_case;

/* clang-format off */""")
    none = lambda m: [False] * m  # noqa: E731
    everyone = lambda m: lambda i: range(m)  # noqa: E731
    author = lambda m: lambda i: [i % m]  # noqa: E731
    cases = []
    rows = make(11, 5, 10, 2, author(5), both, 0.08, False, range(5))
    rows = [r for r in rows if r[2] not in (r[3], r[4])]
    emit_rows("author", rows)
    cases.append(emit("author", "author", rows, 5, 10, [0.4, 0.4], True, False, none(5)))
    rows = make(12, 4, 4, 3, everyone(4), both, 0.1, True, range(4), duplicates=0.2)
    emit_rows("weighted", rows)
    cases.append(emit("weighted", "weighted", rows, 4, 4, [0.5, 0.2, 0.3], True, False, none(4)))
    cases.append(emit("lone_rows", "weighted", rows, 4, 4, [0.5, 0.0, 0.3], False, True, none(4)))
    # Models 4 and 5 judge only; 0 competes only, since it is left out as a judge.
    rows = make(13, 6, 6, 1, everyone(6), one, 0.25, False, range(4), bias=1.5)
    emit_rows("outsiders", rows)
    cases.append(emit("outsiders", "outsiders", rows, 6, 6, [1.0], False, False, [True] + [False] * 5))
    # Two judges from outside; most of what they say is unusable.
    rows = make(14, 5, 6, 1, lambda i: [3, 4], both, 0.7, False, range(3))
    emit_rows("humans", rows)
    cases.append(emit("humans", "humans", rows, 5, 6, [2.0], False, False, none(5)))
    print("\nstatic const pl_golden_case pl_golden_cases[] = {\n" + "\n".join(cases) + "\n};\n/* clang-format on */\n")
    print("#endif")


main()
