#!/usr/bin/env python3
"""Recomputes the rankings upme-ema, upme-sum, pico, weights:, rating-vote and elo with numpy, and consensus rankings by
trying every order, on random judgments of its own making.

    votes_golden.py > tests/core/rank/votes_golden.h

Written from the definitions, with dictionaries, without looking at the C code's order of work. pico keeps the whole
network and takes its gradient by the complex step, not by a formula. Random numbers are the library's (xoshiro256**,
streams keyed by XXH3), so that draws agree. Needs numpy, scipy and xxhash (PyPI); their versions are printed into the
output.
"""
import itertools
import math
import sys
from collections import defaultdict

import numpy as np
import scipy
import xxhash
from scipy import stats

MISSING, A, B, TIE = 0, 1, 2, 3
SEED, EPOCHS, STEP, ALPHA = 7, 30, 0.5, 0.05
MASK = (1 << 64) - 1


# --- random numbers -----------------------------------------------------------------------------------------------

def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def splitmix(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        yield mix(state)


class Rng:
    def __init__(self, seed, purpose, index):
        key = (xxhash.xxh3_64_intdigest(purpose.encode(), seed) + next(splitmix(index))) & MASK
        stream = splitmix(mix(key))
        self.s = [next(stream) for _ in range(4)]

    def u64(self):
        s = self.s
        x = (s[1] * 5) & MASK
        result = ((((x << 7) | (x >> 57)) & MASK) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = ((s[3] << 45) | (s[3] >> 19)) & MASK
        return result

    def uniform(self):
        return (self.u64() >> 11) * 2.0**-53

    def below(self, bound):
        if bound <= 1:
            return 0
        while True:
            x = self.u64()
            if x >= 2**64 % bound:
                return x % bound

    def normal(self):
        u, v = 1.0 - self.uniform(), self.uniform()
        return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)

    def shuffled(self, n):
        x = list(range(n))
        for i in range(n, 1, -1):
            j = self.below(i)
            x[i - 1], x[j] = x[j], x[i - 1]
        return x


# --- data ---------------------------------------------------------------------------------------------------------

def make(seed, m, n_items, n_criteria, judges_of, orders, missing, weights, candidates, self_review):
    rng = np.random.default_rng(seed)
    strength = rng.permutation(np.linspace(-1.2, 1.2, m))
    sharpness = rng.uniform(0.2, 2.5, m)
    rows = []
    for i in range(n_items):
        for r in judges_of(i):
            for a, b in itertools.combinations(candidates, 2):
                if r in (a, b) and not self_review:
                    continue
                for c in range(n_criteria):
                    for x, y in orders(rng, a, b):
                        eta = sharpness[r] * (strength[x] - strength[y]) + 0.3
                        e = np.exp([eta / 2, -0.5, -eta / 2])
                        v = int(rng.choice([A, TIE, B], p=e / e.sum())) if rng.random() >= missing else MISSING
                        rows.append((i, r, x, y, c, v, float(rng.integers(1, 6)) / 4 if weights else 1.0))
    return [rows[k] for k in rng.permutation(len(rows))]


def both(_, a, b):
    return [(a, b), (b, a)]


def one(rng, a, b):
    return [(a, b) if rng.random() < 0.5 else (b, a)]


def ballots_of(rows, gamma, pair_orders, exclude):
    """(item, a, b, judge, criterion, b first?, score of a, weight), a < b, in the library's order."""
    usable = [r for r in rows if r[5] != MISSING and not exclude[r[1]]]
    seen = {(i, r, min(x, y), max(x, y), c, x < y) for i, r, x, y, c, _, _ in usable}
    out = []
    for i, r, x, y, c, v, w in usable:
        a, b = min(x, y), max(x, y)
        if pair_orders and (i, r, a, b, c, x > y) not in seen:
            continue
        s = 0.5 if v == TIE else float((v == A) == (x == a))
        share = gamma[c] / sum(gamma) * w / (2 if pair_orders else 1)
        out.append(((i, a, b, r, c, x != a, v, w), (i, a, b, r, c, s, share)))
    return [ballot for _, ballot in sorted(out)]


def table_of(rows, m, gamma, pair_orders, exclude):
    """won, count: per candidate and judge, with gamma rescaled where a criterion is missing."""
    usable = [r for r in rows if r[5] != MISSING and not exclude[r[1]]]
    units = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in usable:
        i, r, x, y, c, v, w = row
        key = (i, r, min(x, y), max(x, y)) + (() if pair_orders else (x < y,))
        units[key][c][x < y].append(row)
    won, count = np.zeros((m, m)), np.zeros((m, m))
    for key, criteria in units.items():
        r, a, b = key[1:4]
        used = {c: o for c, o in criteria.items() if gamma[c] > 0 and (len(o) == 2 or not pair_orders)}
        total = sum(gamma[c] for c in used)
        for c, orders in used.items():
            weight = np.mean([sum(q[6] for q in g) for g in orders.values()])
            for j in (a, b):
                scores = [sum(q[6] * (0.5 if q[5] == TIE else float((q[5] == A) == (q[2] == j))) for q in g)
                          / sum(q[6] for q in g) for g in orders.values()]
                won[j, r] += gamma[c] / total * weight * np.mean(scores)
                count[j, r] += gamma[c] / total * weight
    return won, count


def battles_of(ballots, gamma, criterion):
    """(judge, a, b, score of a, weight of mean 1): one judge's view of one pair of answers."""
    groups = {}
    for i, a, b, r, c, s, w in ballots:
        if w > 0 and criterion in (None, c):
            groups.setdefault((i, a, b, r), []).append((c, s, w))
    out = []
    for (_, a, b, r), g in groups.items():
        total = sum(w for _, _, w in g)
        share = sum(gamma[c] for c in {c for c, _, _ in g}) / sum(gamma)
        out.append([r, a, b, sum(s * w for _, s, w in g) / total, total / share])
    mean = np.mean([b[4] for b in out])
    return [(r, a, b, s, w / mean) for r, a, b, s, w in out]


# --- rankings -----------------------------------------------------------------------------------------------------

def roles(count, judges):
    scored = count.sum(1) > 0
    return scored, scored & (count.sum(0) > 0), judges & ~scored


def start_weights(m, names, scored, judges, random):
    w = np.full(m, np.nan)
    for k in range(m):
        if scored[k] or judges[k]:
            w[k] = Rng(SEED, names[k], 0).uniform() if random else 1.0
    return w


def upme_sum(won, count, judges, w):
    scored, _, outside = roles(count, judges)
    losses, change = [], np.inf
    g = np.full(len(w), np.nan)

    def scores():
        w[outside] = w[scored].mean()
        g[scored] = np.nansum(won * w, 1)[scored] / count.sum(1)[scored]

    while len(losses) < EPOCHS and not change < 1e-12:
        scores()
        losses.append(np.mean((g - w)[scored] ** 2))
        new = (w - STEP * (w - g))[scored]
        new /= new.mean()
        change = np.abs(new - w[scored]).max()
        w[scored] = new
    scores()
    return g, w, losses


def upme_ema(battles, won, count, judges, w):
    scored, learner, outside = roles(count, judges)
    g = np.where(scored, 0.5, np.nan)
    only = scored & ~learner
    w[only] = g[only]
    losses, total = [], np.zeros(len(w))
    for p in range(EPOCHS):
        losses.append(np.mean((g - w)[scored] ** 2))
        for k in Rng(SEED, "upme-ema", p).shuffled(len(battles)):
            r, a, b, s, weight = battles[k]
            mean = w[scored].mean()
            alpha = min(1.0, ALPHA * weight * (1.0 if outside[r] else w[r] / mean))
            g[a] += alpha * (s - g[a])
            g[b] += alpha * (1 - s - g[b])
            w[learner] -= STEP * (w - g)[learner]
            w[only] = g[only]
            if p == EPOCHS - 1:
                total += g
    w[outside] = w[scored].mean()
    return total / len(battles), w, losses


def pico(battles, m):
    units = sorted({x for b in battles for x in b[1:3]})
    at = {model: k for k, model in enumerate(units)}
    n = len(units)
    bound = 1 / math.sqrt(n)
    rng = Rng(SEED, "pico x", 0)
    x = np.array([rng.normal() for _ in units])
    bias, layer = np.zeros(n), np.zeros((n, n))
    for j in range(n):
        rng = Rng(SEED, "pico unit", j)
        bias[j] = bound * (2 * rng.uniform() - 1)
        layer[j] = [bound * (2 * rng.uniform() - 1) for _ in range(n)]

    def forward(layer, bias):
        w = 1 / (1 + np.exp(-(layer @ x + bias)))
        rank = np.argsort(np.argsort(-w.real, kind="stable"), kind="stable")
        g, fought = np.zeros(n, w.dtype), np.zeros(n)
        for r, a, b, s, weight in battles:
            a, b = at[a], at[b]
            vote = weight * (w[at[r]] if r in at else w.mean())
            if abs(s - 0.5) < 1e-9:
                g[a] += 0.5 * vote
                g[b] += 0.5 * vote
            else:
                winner, loser = (a, b) if s > 0.5 else (b, a)
                g[winner] += vote * (1 + (int(rank[winner]) - int(rank[loser])) / 200)
            fought[a] += weight
            fought[b] += weight
        g = g / fought
        dw, dg = w - w.mean(), g - g.mean()
        return w, g, 1 - (dw * dg).sum() / np.sqrt((dw * dw).sum() * (dg * dg).sum())

    losses = []
    for epoch in range(EPOCHS):
        w, g, loss = forward(layer, bias)
        losses.append(loss)
        rate = 0.1 * 0.1 ** (epoch // 10)
        by_layer, by_bias = np.zeros((n, n)), np.zeros(n)
        h = 1e-30
        for j in range(n):
            bumped = bias.astype(complex)
            bumped[j] += 1j * h
            by_bias[j] = forward(layer, bumped)[2].imag / h
            for k in range(n):
                turned = layer.astype(complex)
                turned[j, k] += 1j * h
                by_layer[j, k] = forward(turned, bias)[2].imag / h
        layer, bias = layer - rate * by_layer, bias - rate * by_bias
    scores, weights = np.full(m, np.nan), np.full(m, np.nan)
    scores[units] = g
    weights[[r for r, *_ in battles]] = w.mean()
    weights[units] = w
    return scores, weights, losses


def fixed(won, count, given, judges):
    w = np.where(judges, given, 0)
    with np.errstate(invalid="ignore"):
        return (won * w).sum(1) / (count * w).sum(1)


def rating_vote(ballots, m, criterion):
    polls = defaultdict(lambda: defaultdict(lambda: np.zeros(3)))
    for i, a, b, r, c, s, w in ballots:
        if criterion in (None, c) and w > 0:
            polls[i, a, b][r][{1.0: 0, 0.5: 1, 0.0: 2}[s]] += w
    voters = sorted({r for p in polls.values() for r in p})
    trust = {r: 1.0 for r in voters}
    before = {key: np.zeros(3) for key in polls}
    for steps in range(10000):
        rho = {}
        for key, p in polls.items():
            votes = sum(v * trust[r] for r, v in p.items())
            rho[key] = votes / np.linalg.norm(votes)
        trust = {r: sum(p[r] @ rho[key] for key, p in polls.items() if r in p) for r in voters}
        top = max(trust.values())
        trust = {r: t / top for r, t in trust.items()}
        change = max(np.abs(rho[key] - before[key]).max() for key in polls)
        before = rho
        if change < 1e-10:
            break
    won, total = np.zeros(m), np.zeros(m)
    for (_, a, b), x in rho.items():
        won[[a, b]] += [x[0] + x[1] / 2, x[2] + x[1] / 2]
        total[[a, b]] += x.sum()
    weights = np.full(m, np.nan)
    for r in voters:
        weights[r] = trust[r] / np.mean(list(trust.values()))
    with np.errstate(invalid="ignore"):
        return won / total, weights


def elo(ballots, m, criterion):
    mine = [b for b in ballots if criterion in (None, b[4]) and b[6] > 0]
    unit = np.mean([b[6] for b in mine])
    rating = defaultdict(lambda: 1000.0)
    for _, a, b, _, _, s, w in mine:
        gain = 32 * w / unit * (s - 1 / (1 + 10 ** ((rating[b] - rating[a]) / 400)))
        rating[a], rating[b] = rating[a] + gain, rating[b] - gain
    return np.array([rating[k] if k in rating else np.nan for k in range(m)])


# --- consensus ----------------------------------------------------------------------------------------------------

def correlation(f, x, y):
    ok = ~(np.isnan(x) | np.isnan(y))
    x, y = x[ok], y[ok]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    return f(x, y).statistic


def consensus(lists):
    """Borda points, weights, correlation matrices and the cost and places of the best of all orders."""
    lists = np.array(lists, float)
    n_lists, n = lists.shape
    points = np.full((n_lists, n), np.nan)
    for row, x in zip(points, lists):
        ok = ~np.isnan(x)
        if ok.sum() > 1:
            row[ok] = [((x[ok] < v).sum() + ((x[ok] == v).sum() - 1) / 2) / (ok.sum() - 1) for v in x[ok]]
    spearman = [[correlation(stats.spearmanr, x, y) for y in points] for x in points]
    kendall = [[correlation(stats.kendalltau, x, y) for y in points] for x in points]

    def mean(weights):
        w = np.where(np.isnan(points), 0, np.array(weights, float)[:, None])
        with np.errstate(invalid="ignore"):
            return np.round((w * np.nan_to_num(points)).sum(0) / w.sum(0), 12)

    weights = []
    for k in range(n_lists):
        others = np.ones(n_lists)
        others[k] = 0
        rho = correlation(stats.spearmanr, mean(others), points[k])
        weights.append(max(0.0, 0.0 if np.isnan(rho) else rho))
    if not sum(weights) > 0:
        weights = (~np.isnan(points)).any(1).astype(float)
    weights = np.array(weights) / sum(weights)
    borda = mean(weights)
    ranked = [k for k in range(n) if not np.isnan(borda[k])]
    ranked.sort(key=lambda k: (-borda[k], k))
    cost = np.zeros((n, n))
    for w, x in zip(weights, points):
        with np.errstate(invalid="ignore"):
            cost += w * (x[None, :] > x[:, None])
    best, order = np.inf, None
    for o in itertools.permutations(ranked):  # in the order of preference between equals
        c = sum(cost[u, v] for u, v in itertools.combinations(o, 2))
        if c < best - 1e-11:
            best, order = c, o
    places = [0] * n
    for place, k in enumerate(order):
        places[k] = place + 1
    return weights, borda, places, best, spearman, kendall


# --- output -------------------------------------------------------------------------------------------------------

def number(x):
    return "PL_VOTES_NAN" if np.isnan(x) else float(x).hex() if x else "0"


def array(kind, name, values):
    lines, line = [], "   "
    for word in ", ".join(values).split(" "):
        if len(line) + 1 + len(word) > 118:
            lines.append(line)
            line = "   "
        line += " " + word
    print(f"static const {kind} {name}[] = {{\n" + "\n".join(lines + [line]) + "};")


def doubles(name, values):
    array("double", name, [number(x) for x in np.asarray(values, float).ravel()])


def emit(name, rows, m, n_items, gamma, pair_orders, exclude, criterion):
    names = [f"m{k:03}" for k in range(m)]
    ballots = ballots_of(rows, gamma, pair_orders, exclude)
    won, count = table_of(rows, m, gamma, pair_orders, exclude)
    judges = np.array([any(r[1] == k and not exclude[k] for r in rows) for k in range(m)])
    scored = count.sum(1) > 0
    given = np.linspace(0, 2, m)
    array("pl_votes_row", f"{name}_rows", ["{%d, %d, %d, %d, %d, %d, %g}" % row for row in rows])
    doubles(f"{name}_gamma", gamma)
    array("bool", f"{name}_exclude", [str(bool(x)).lower() for x in exclude])
    doubles(f"{name}_given", given)
    sums = upme_sum(won, count, judges, start_weights(m, names, scored, judges, False))
    drawn = upme_sum(won, count, judges, start_weights(m, names, scored, judges, True))
    ema = upme_ema(battles_of(ballots, gamma, None), won, count, judges,
                   start_weights(m, names, scored, judges, False))
    net = pico(battles_of(ballots, gamma, criterion), m)
    votes = rating_vote(ballots, m, criterion)
    parts = {"sum": sums[0], "sum_weights": sums[1], "sum_loss": sums[2], "sum_random": drawn[0], "ema": ema[0],
             "ema_weights": ema[1], "ema_loss": ema[2], "pico": net[0], "pico_weights": net[1], "pico_loss": net[2],
             "fixed": fixed(won, count, given, judges), "rating": votes[0], "rating_weights": votes[1],
             "elo": elo(ballots, m, criterion)}
    for part, values in parts.items():
        doubles(f"{name}_{part}", values)
    fields = ", ".join(f"{name}_{x}" for x in ["rows", "gamma", "exclude", "given", *parts])
    wanted = "UINT32_MAX" if criterion is None else str(criterion)
    return (f'    {{"{name}", {m}, {n_items}, {len(gamma)}, {wanted}, {str(pair_orders).lower()}, {len(rows)}, '
            f"{len(sums[2])},\n     {fields}}},")


def emit_consensus(name, lists):
    weights, borda, places, distance, spearman, kendall = consensus(lists)
    doubles(f"{name}_lists", lists)
    doubles(f"{name}_weights", weights)
    doubles(f"{name}_borda", borda)
    array("uint32_t", f"{name}_places", [str(p) for p in places])
    doubles(f"{name}_spearman", spearman)
    doubles(f"{name}_kendall", kendall)
    fields = ", ".join(f"{name}_{x}" for x in ("lists", "weights", "borda", "places", "spearman", "kendall"))
    return f'    {{"{name}", {len(lists)}, {len(lists[0])}, {number(distance)},\n     {fields}}},'


def main():
    print(f"""/* Made by scripts/reference/votes_golden.py (Python {sys.version.split()[0]}, numpy {np.__version__}, """
          f"""scipy {scipy.__version__},
 * xxhash {xxhash.VERSION}); tolerance 1e-12, pico and elo 1e-9. Do not edit. */
#ifndef PL_VOTES_GOLDEN_H
#define PL_VOTES_GOLDEN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PL_VOTES_NAN ((double)NAN)
#define PL_VOTES_SEED {SEED}

typedef struct pl_votes_row {{
    uint32_t item, judge, a, b, criterion, verdict;
    double weight;
}} pl_votes_row;
typedef struct pl_votes_case {{
    const char *name;
    uint32_t n_models, n_items, n_criteria, criterion;
    bool pair_orders;
    size_t n_rows, n_sum_loss;
    const pl_votes_row *rows;
    const double *gamma;
    const bool *exclude;
    const double *given, *sum, *sum_weights, *sum_loss, *sum_random, *ema, *ema_weights, *ema_loss, *pico,
        *pico_weights, *pico_loss, *fixed, *rating, *rating_weights, *elo;
}} pl_votes_case;
typedef struct pl_consensus_case {{
    const char *name;
    size_t n_lists;
    uint32_t n_models;
    double distance;
    const double *lists, *weights, *borda;
    const uint32_t *places;
    const double *spearman, *kendall;
}} pl_consensus_case;

/* clang-format off */""")
    cases = []
    rows = make(21, 5, 10, 2, lambda i: [i % 5], both, 0.06, False, range(5), False)
    cases.append(emit("author", rows, 5, 10, [0.4, 0.4], True, [False] * 5, None))
    rows = make(22, 4, 4, 3, lambda i: range(4), both, 0.1, True, range(4), True)
    cases.append(emit("weighted", rows, 4, 4, [0.5, 0.2, 0.3], True, [False] * 4, None))
    rows = make(23, 4, 4, 3, lambda i: range(4), both, 0.2, True, range(4), True)
    cases.append(emit("lone_rows", rows, 4, 4, [0.5, 0.0, 0.3], False, [False] * 4, 2))
    # Models 4 and 5 judge only; 0 competes only, since it is left out as a judge.
    rows = make(24, 6, 6, 1, lambda i: range(6), one, 0.25, False, range(4), False)
    cases.append(emit("outsiders", rows, 6, 6, [1.0], False, [True] + [False] * 5, None))
    print("\nstatic const pl_votes_case pl_votes_cases[] = {\n" + "\n".join(cases) + "\n};\n")
    rng = np.random.default_rng(31)
    truth = rng.normal(size=7)
    noisy = [truth + rng.normal(size=7) * s for s in (0.2, 0.5, 0.8, 1.5)]
    nan = np.nan
    consensuses = [
        emit_consensus("noisy", noisy),
        emit_consensus("against", [*noisy, -truth]),
        emit_consensus("gaps", [[1, 2, 3, nan, 5, nan], [2, 1, 3, 4, nan, nan], [1, 2, 2, 2, 7, nan],
                                [nan, nan, 9, nan, nan, nan], [3, 3, 3, 3, 3, nan]]),
        emit_consensus("cycle", [[3, 2, 1], [1, 3, 2], [2, 1, 3], [3, 2, 1]]),
        emit_consensus("coarse", np.round(np.array(noisy))),
    ]
    print("\nstatic const pl_consensus_case pl_consensus_cases[] = {\n" + "\n".join(consensuses)
          + "\n};\n/* clang-format on */\n\n#endif")


main()
