#!/usr/bin/env python3
"""Writes tests/core/rank/model_golden.h: bt, bt-davidson, judge-bt and dawid-skene, worked out independently of the
library.

bt without a penalty comes from choix and evalica; the penalised fits are written out here as plain functions of all
parameters, differentiated by complex steps and solved by scipy, with errors from H^-1 (J + L) H^-1 (H the Hessian of
it all, J that of the verdicts times their weights, with correlations within comparisons, L that of the penalties); dawid-skene
is EM on dense numpy arrays. Nothing here sorts, aggregates, eliminates or steps as the library does.

    python3 -m venv VENV && VENV/bin/pip install numpy scipy choix evalica
    VENV/bin/python scripts/reference/model_golden.py > tests/core/rank/model_golden.h
"""
import sys

import choix
import evalica
import numpy as np
import scipy
from scipy import optimize

A, B, TIE = 1, 2, 3
SCORE = {A: 1.0, B: 0.0, TIE: 0.5}


# --- data ---------------------------------------------------------------------------------------------------------

def make(seed, m, n_items, judges, truth, families=None, bias=None, tie=0.5, weighted=False, lengths=True,
         orders="both", drop=0.0, reliable=None, criteria=1):
    """Rows (item, judge, a, b, criterion, verdict, weight, a_length, b_length); a is shown first."""
    rng = np.random.default_rng(seed)
    bias = bias or {}
    rows = []
    words = np.exp(rng.normal(4, 0.5, (m, n_items))).astype(int) + 1
    for i in range(n_items):
        for r in judges:
            d, beta, s = (bias.get(r, (0, 0, 0)))
            discrimination = (reliable or {}).get(r, 1.0)
            for j in range(m):
                for k in range(j):
                    pair = [(j, k), (k, j)] if orders == "both" else [((j, k), (k, j))[rng.integers(2)]]
                    for a, b in pair:
                        for c in range(criteria):
                            if rng.random() < drop:
                                continue
                            x = np.log(words[a, i] / words[b, i])
                            f = (families[a] == families[r]) * 1 - (families[b] == families[r]) * 1 if families else 0
                            eta = discrimination * (truth[a] - truth[b]) + d + beta * x + s * f
                            p = np.exp([eta / 2, -eta / 2, np.log(max(tie, 1e-300))])
                            v = [A, B, TIE][rng.choice(3, p=p / p.sum())]
                            w = [1.0, 0.5, 2.25][rng.integers(3)] if weighted else 1.0
                            known = lengths and rng.random() > 0.05
                            rows.append((i, r, a, b, c, v, w, int(words[a, i]) if known else 0,
                                         int(words[b, i]) if lengths else 0))
    return [rows[i] for i in rng.permutation(len(rows))]


# --- solving ------------------------------------------------------------------------------------------------------

def gradient(f, x):
    """Complex steps: exact to rounding for analytic f."""
    g = np.empty(len(x))
    z = x.astype(complex)
    for i in range(len(x)):
        z[i] += 1e-30j
        g[i] = f(z).imag / 1e-30
        z[i] = x[i]
    return g


def minimum(f, x0, lower=None):
    """Minimum of f; lower: indices of parameters that stay at 0 or above. Returns x and the indices at their bound."""
    lower = lower or []
    bounds = [(0, None) if i in lower else (None, None) for i in range(len(x0))]
    x = optimize.minimize(lambda y: f(y).real, x0, jac=lambda y: gradient(f, y), method="L-BFGS-B", bounds=bounds,
                          options={"maxiter": 20000, "maxfun": 200000, "ftol": 1e-16, "gtol": 1e-10}).x
    at_bound = [i for i in lower if x[i] < 1e-9]
    free = [i for i in range(len(x)) if i not in at_bound]
    x[at_bound] = 0.0

    def part(y):
        z = x.copy()
        z[free] = y
        return gradient(f, z)[free]

    solved = optimize.root(part, x[free], method="hybr", options={"xtol": 1e-14})
    x[free] = solved.x
    left = np.abs(part(solved.x)).max()
    assert left < 1e-7, left
    assert all(gradient(f, x)[i] >= 0 for i in at_bound)
    return x, at_bound


def hessian(f, x):
    n = len(x)
    h = np.empty((n, n))
    for i in range(n):
        e = np.zeros(n)
        e[i] = 1e-4
        h[i] = (8 * (gradient(f, x + e) - gradient(f, x - e)) - gradient(f, x + 2 * e) + gradient(f, x - 2 * e)) / 12e-4
    return (h + h.T) / 2


# --- models -------------------------------------------------------------------------------------------------------

def bt_loss(rows, m, ridge):
    a, b = np.array([r[2] for r in rows]), np.array([r[3] for r in rows])
    s, w = np.array([SCORE[r[5]] for r in rows]), np.array([r[6] for r in rows])

    def f(x):
        d = x[a] - x[b]
        return np.sum(w * (s * np.log(1 + np.exp(-d)) + (1 - s) * np.log(1 + np.exp(d)))) + ridge / 2 * np.sum(x * x)
    return f


def davidson_loss(rows, m, ridge):
    a, b = np.array([r[2] for r in rows]), np.array([r[3] for r in rows])
    v, w = np.array([r[5] for r in rows]), np.array([r[6] for r in rows])

    def f(x):
        d, k = x[a] - x[b], x[m]
        e = np.where(v == A, d / 2, np.where(v == B, -d / 2, k))
        return np.sum(w * (np.log(np.exp(d / 2) + np.exp(k) + np.exp(-d / 2)) - e)) + ridge / 2 * np.sum(x[:m] ** 2)
    return f


def judge_loss(rows, m, judges, families, pair_orders):
    """The parameters: theta, beta, s, then (a, delta, beta, s, ln nu) for each judge."""
    both = {}
    for r in rows:
        both.setdefault((r[0], r[1], frozenset(r[2:4])), set()).add(r[2])
    w = np.array([r[6] / (len(both[r[0], r[1], frozenset(r[2:4])]) if pair_orders else 1) for r in rows])
    a, b = np.array([r[2] for r in rows]), np.array([r[3] for r in rows])
    v = np.array([r[5] for r in rows])
    q = np.array([judges.index(r[1]) for r in rows])
    known = np.array([r[7] > 0 and r[8] > 0 for r in rows])
    ratio = np.array([np.log(r[7] / r[8]) if r[7] > 0 and r[8] > 0 else 0.0 for r in rows])
    sd = np.sqrt(np.sum(w * ratio ** 2) / np.sum(w[known])) if known.any() else 0.0
    x_len = ratio / sd if sd > 0 else ratio
    fam = np.array([(families[r[2]] == families[r[1]]) * 1.0 - (families[r[3]] == families[r[1]]) * 1.0 for r in rows])
    ties = [j for j in range(len(judges)) if any(v[q == j] == TIE)]
    only = [j for j in range(len(judges)) if all(v[q == j] == TIE)]
    counts = ~np.isin(q, only)
    has_nu = np.isin(q, ties)

    def lead(y):
        theta = y[:m]
        p = y[m + 2:].reshape(-1, 5)
        return p[q, 0] * (theta[a] - theta[b]) + p[q, 1] + p[q, 2] * x_len + p[q, 3] * fam

    def by_row(y):
        d = lead(y)
        p = y[m + 2:].reshape(-1, 5)
        nu = np.where(has_nu, np.exp(p[q, 4]), 0.0)
        e = np.where(v == A, d / 2, np.where(v == B, -d / 2, p[q, 4]))
        return np.where(counts, w * (np.log(np.exp(d / 2) + nu + np.exp(-d / 2)) - e), 0.0)

    def penalty(y):
        theta, beta, s = y[:m], y[m], y[m + 1]
        p = y[m + 2:].reshape(-1, 5)
        fixed = sum(0.5 * p[j, 4] ** 2 for j in range(len(judges)) if j not in ties or j in only)  # not a parameter
        return (fixed + np.sum(theta ** 2) / 18 + np.sum((p[:, 0] - 1) ** 2) * 2 + np.sum(p[:, 1] ** 2) / 2
                + np.sum((p[:, 2] - beta) ** 2) * 2 + np.sum((p[:, 3] - s) ** 2) * 2 + beta ** 2 * 2 + s ** 2 * 2)
    return by_row, lead, penalty, w, np.where(has_nu, v, np.where(v == TIE, 0, v)), sd, ties, only


def correlated(rows, x, m, judges, lead, w, v, ties, only):
    """What the covariance of the gradient owes to verdicts on one comparison not being independent."""
    orders = [r[:5] for r in rows]
    again = {(r[0], r[1], frozenset(r[2:4])) for r in rows if orders.count(r[:5]) > 1}
    names = [(r[0], r[1], frozenset(r[2:4])) for r in rows]
    n = len(x)
    z = np.array([lead(x + 1e-30j * np.eye(n)[i]).imag / 1e-30 for i in range(n)]).T  # of each row's lead, by parameter
    total = np.zeros((n, n))
    for j, judge in enumerate(judges):
        if j in only:
            continue
        groups = {}
        for i, r in enumerate(rows):
            if r[1] == judge:
                groups.setdefault(names[i] if names[i] not in again else i, []).append(i)
        k_at = m + 2 + 5 * j + 4
        facts = {}
        for i in (i for g in groups.values() for i in g):
            e = np.exp([lead(x)[i] / 2, -lead(x)[i] / 2, x[k_at] if j in ties else -np.inf])
            p = e / e.sum()
            by_d = np.array([0.5, -0.5, 0.0]) - (p[0] - p[1]) / 2  # of the log-probability of each verdict
            by_k = np.array([0.0, 0.0, 1.0]) - p[2]
            side = 1.0 if rows[i][2] < rows[i][3] else -1.0
            said = {A: 0, B: 1, TIE: 2}[v[i]]
            facts[i] = (side * w[i] * by_d[said], side * w[i] * np.sqrt(p @ by_d ** 2), w[i] * by_k[said],
                        w[i] * np.sqrt(p @ by_k ** 2))
        pairs = [(i, l) for g in groups.values() for i in g for l in g if i != l]
        if not pairs:
            continue
        most = max(map(len, groups.values()))

        def share(met, full):
            top = sum(facts[i][met] * facts[l][met] for i, l in pairs)
            bottom = sum(abs(facts[i][full] * facts[l][full]) for i, l in pairs)
            return np.clip(top / bottom, -1 / (most - 1), 1) if bottom > 0 else 0.0

        phi, psi = share(0, 1), share(2, 3)
        print(f"judge {judge}: correlation {phi:.3f}, of ties {psi:.3f}", file=sys.stderr)
        for i, l in pairs:
            total += phi * facts[i][1] * facts[l][1] * np.outer(z[i], z[l])
            total[k_at, k_at] += psi * facts[i][3] * facts[l][3]
    return total


def judge_bt(rows, m, families, pair_orders):
    judges = sorted({r[1] for r in rows})
    by_row, lead, penalty, w, v, sd, ties, only = judge_loss(rows, m, judges, families, pair_orders)

    def f(y):
        return np.sum(by_row(y)) + penalty(y)
    x0 = np.zeros(m + 2 + 5 * len(judges))
    x0[m + 2::5] = 1.0
    lower = [m + 2 + 5 * j for j in range(len(judges))]
    x, at_bound = minimum(f, x0, lower)
    h = hessian(f, x)
    free = [i for i in range(len(x)) if i not in at_bound]
    basis = np.linalg.svd(np.ones((1, m)))[2][1:].T  # theta that sums to 0
    z = np.zeros((len(x), len(free) - 1))
    z[:m, :m - 1] = basis
    z[free[m:], np.arange(m - 1, len(free) - 1)] = 1.0
    bread = z @ np.linalg.inv(z.T @ h @ z) @ z.T
    meat = hessian(lambda y: np.sum(w * by_row(y)), x) + correlated(rows, x, m, judges, lead, w, v, ties, only)
    cov = bread @ (meat + hessian(penalty, x)) @ bread
    se = np.sqrt(np.diag(cov))
    se[at_bound] = np.nan
    return judges, x, se, sd, ties, only


def dawid_skene(rows, m, one_coin):
    tasks = sorted({(r[0], r[2], r[3], r[4]) for r in rows})
    top = {t: max(r[6] for r in rows if (r[0], r[2], r[3], r[4]) == t) for t in tasks}
    n = len(tasks)
    votes = np.zeros((n, m, 3))
    for r in rows:
        t = (r[0], r[2], r[3], r[4])
        votes[tasks.index(t), r[1], {A: 0, TIE: 1, B: 2}[r[5]]] += r[6] / top[t]
    w = np.array([top[t] for t in tasks])
    q = votes.sum(1)
    q /= q.sum(1, keepdims=True)
    steps = 0
    while True:
        prior = (w[:, None] * q).sum(0) / w.sum()
        c = np.einsum("t,tc,tjl->jcl", w, q, votes)
        if one_coin:
            with np.errstate(invalid="ignore"):
                p = np.einsum("jcc->j", c) / c.sum((1, 2))
            c = np.where(np.eye(3, dtype=bool), p[:, None, None], (1 - p[:, None, None]) / 2)
        else:
            total = c.sum(2, keepdims=True)
            c = np.where(total > 0, c / np.where(total > 0, total, 1), np.eye(3))
        with np.errstate(divide="ignore", invalid="ignore"):
            l = np.log(prior) + np.where(votes[:, :, None, :] > 0, votes[:, :, None, :] * np.log(c), 0.0).sum((1, 3))
        new = np.exp(l - l.max(1, keepdims=True))
        new /= new.sum(1, keepdims=True)
        change = np.abs(new - q).max()
        q = new
        steps += 1
        if change <= 1e-13 or steps > 200000:
            break
    won, weight = np.zeros(m), np.zeros(m)
    for (i, a, b, _), p, x in zip(tasks, q, w):
        won[a] += x * (p[0] + p[1] / 2)
        won[b] += x * (p[2] + p[1] / 2)
        weight[[a, b]] += x
    given = votes.sum((0, 2)) > 0
    accuracy = np.where(given, np.einsum("c,jcc->j", prior, c), np.nan)
    with np.errstate(invalid="ignore"):
        return won / weight, accuracy, steps


# --- output -------------------------------------------------------------------------------------------------------

def number(x):
    return "PL_GOLDEN_NAN" if np.isnan(x) else "PL_GOLDEN_INF" if np.isinf(x) else float(x).hex() if x else "0"


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


def centred(x):
    return x - x.mean()


def unpenalised(rows, m):
    wins = []
    for r in rows:
        a, b = r[2], r[3]
        wins += {A: [(a, b)] * 2, B: [(b, a)] * 2, TIE: [(a, b), (b, a)]}[r[5]]
    by_choix = centred(choix.ilsr_pairwise(m, wins, alpha=0.0, max_iter=100000, tol=1e-13))
    winner = {A: evalica.Winner.X, B: evalica.Winner.Y, TIE: evalica.Winner.Draw}
    result = evalica.bradley_terry([r[2] for r in rows], [r[3] for r in rows], [winner[r[5]] for r in rows],
                                   tolerance=1e-12, limit=100000)
    by_evalica = centred(np.log(np.array([result.scores[i] for i in range(m)])))
    print(f"{rows[0][0]}: choix - evalica {np.abs(by_choix - by_evalica).max():.2g}", file=sys.stderr)
    return by_choix, by_evalica


def emit(name, rows, m, n_items, n_criteria, families, ridge, pair_orders=False):
    array("pl_model_row", f"{name}_rows", ["{%d, %d, %d, %d, %d, %d, %g, %d, %d}" % r for r in rows])
    array("char *const", f"{name}_families", [f'"{x}"' for x in families])
    strict = ridge == 0
    nothing = np.full(m, np.nan)
    everything = [r for r in rows if r[4] == 0]
    first = everything
    if pair_orders:  # a verdict without its other order counts for judge-bt only; the others for half each
        shown = {(*r[:2], r[2], r[3]) for r in everything}
        first = [(*r[:6], r[6] / 2, *r[7:]) for r in everything if (*r[:2], r[3], r[2]) in shown]
    by_choix, by_evalica = unpenalised(first, m) if strict and all(r[6] == 1 for r in first) else (nothing, nothing)
    doubles(f"{name}_choix", by_choix)
    doubles(f"{name}_evalica", by_evalica)
    x, _ = minimum(bt_loss(first, m, max(ridge, 1e-9) if strict else ridge), np.zeros(m))
    if strict:  # polish without the penalty, one strength held at 0
        f = bt_loss(first, m, 0.0)
        y, _ = minimum(lambda t: f(np.append(t, 0.0)), (x - x[-1])[:-1])
        x = centred(np.append(y, 0.0))
    doubles(f"{name}_bt", x)
    if any(r[5] == TIE for r in first):
        f = davidson_loss(first, m, ridge)
        if strict:
            y, _ = minimum(lambda t: f(np.concatenate([t[:-1], [0.0], t[-1:]])), np.zeros(m))
            d = np.concatenate([centred(np.append(y[:-1], 0.0)), y[-1:]])
        else:
            d, _ = minimum(f, np.zeros(m + 1))
        doubles(f"{name}_davidson", np.append(centred(d[:m]), np.exp(d[m])))
    else:
        doubles(f"{name}_davidson", np.append(x, 0.0))
    judges, y, se, sd, ties, only = judge_bt(everything, m, families, pair_orders)
    doubles(f"{name}_theta", y[:m])
    doubles(f"{name}_theta_errors", se[:m])
    terms = np.full((m, 5, 2), np.nan)
    for j, r in enumerate(judges):
        p, e = y[m + 2 + 5 * j:m + 7 + 5 * j].copy(), se[m + 2 + 5 * j:m + 7 + 5 * j].copy()
        if j in only:
            p[4], e[4] = np.inf, np.nan
        elif j in ties:
            p[4] = np.exp(p[4])
            e[4] *= p[4]
        else:
            p[4], e[4] = 0.0, np.nan
        terms[r] = np.stack([p, e], 1)
    doubles(f"{name}_terms", terms)
    doubles(f"{name}_common", [y[m], se[m], y[m + 1], se[m + 1], sd])
    full, accuracy, steps = dawid_skene(first, m, False)
    doubles(f"{name}_skene", full)
    doubles(f"{name}_accuracy", accuracy)
    coin, coin_accuracy, coin_steps = dawid_skene(first, m, True)
    doubles(f"{name}_coin", coin)
    doubles(f"{name}_coin_accuracy", coin_accuracy)
    print(f"{name}: {len(rows)} rows, dawid-skene {steps} and {coin_steps} steps", file=sys.stderr)
    parts = ("choix", "evalica", "bt", "davidson", "theta", "theta_errors", "terms", "common", "skene", "accuracy",
             "coin", "coin_accuracy")
    return (f'    {{"{name}", {m}, {n_items}, {n_criteria}, {str(pair_orders).lower()}, {ridge!r}, {len(rows)}, '
            f"{name}_rows, {name}_families,\n     " + ", ".join(f"{name}_{p}" for p in parts) + "},")


def main():
    print(f"""/* Made by scripts/reference/model_golden.py (Python {sys.version.split()[0]}, numpy {np.__version__}, """
          f"""scipy {scipy.__version__},
 * choix 0.4.1, evalica {evalica.__version__}); tolerance 1e-9 for bt, 1e-6 for the others. Do not edit. */
#ifndef PL_MODEL_GOLDEN_H
#define PL_MODEL_GOLDEN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PL_GOLDEN_NAN ((double)NAN)
#define PL_GOLDEN_INF ((double)INFINITY)

typedef struct pl_model_row {{
    uint32_t item, judge, a, b, criterion, verdict;
    double weight;
    uint32_t a_length, b_length;
}} pl_model_row;
/* terms: [model as judge][a, delta, beta, s, nu][estimate, error]; common: beta, its error, s, its error, length_sd. */
typedef struct pl_model_case {{
    const char *name;
    uint32_t n_models, n_items, n_criteria;
    bool pair_orders;
    double ridge;
    size_t n_rows;
    const pl_model_row *rows;
    const char *const *families;
    const double *choix, *evalica, *bt, *davidson, *theta, *theta_errors, *terms, *common, *skene, *accuracy, *coin,
        *coin_accuracy;
}} pl_model_case;

/* clang-format off */""")
    cases = []
    truth = [0.9, 0.4, 0.0, -0.5, -0.8]
    own = ["f0", "f0", "f1", "f1", "f2"]
    bias = {0: (0.5, 0.3, 0.6), 1: (-0.2, 0.0, 0.4), 2: (0.0, 0.5, 0.0), 3: (0.8, -0.2, 0.5), 4: (0.0, 0.2, 0.3)}
    rows = make(21, 5, 6, range(5), truth, own, bias)
    cases.append(emit("biased", rows, 5, 6, 1, own, 0.0))
    rows = make(22, 5, 5, [0, 2, 4], truth, own, bias, weighted=True, orders="one", drop=0.1)
    cases.append(emit("weighted", rows, 5, 5, 1, own, 1e-3))
    # Two criteria, of which the first is ranked by; some orders are missing, so that the other stands alone.
    rows = make(23, 4, 5, [0, 1, 2], truth[:4], own, bias, drop=0.2, tie=1.5, criteria=2)
    cases.append(emit("lone_orders", rows, 4, 5, 2, own[:4], 1e-3, pair_orders=True))
    cases.append(emit("no_ties", make(24, 4, 8, [0, 1, 2, 3], truth[:4], own, bias, tie=0.0, lengths=False), 4, 8, 1,
                      ["a", "b", "c", "d"], 0.0))
    # A judge that guesses against the strengths (a at its bound), and one that only says tie.
    rows = make(25, 5, 6, range(5), truth, own, bias, reliable={3: -2.0}, drop=0.1)
    rows = [(*r[:5], TIE, *r[6:]) if r[1] == 4 else r for r in rows]
    cases.append(emit("bound", rows, 5, 6, 1, own, 0.5))
    print("\nstatic const pl_model_case pl_model_cases[] = {\n" + "\n".join(cases) + "\n};\n/* clang-format on */\n")
    print("#endif")


main()
