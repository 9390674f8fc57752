#!/usr/bin/env python3
"""Recomputes the signals, votes and pools of responses with numpy and scipy, on random answers of its own making.

    answers_golden.py > tests/core/rank/answers_golden.h

Written from the definitions. The weights of `within` come from a general solver of quadratic programs (SLSQP, started at
several points, then polished on its support), not from an active-set method; Dawid and Skene's model is the textbook's
EM on dense arrays. Needs numpy and scipy; their versions are printed into the output.
"""
import sys

import numpy as np
import scipy
from scipy.optimize import minimize

M, N, K = 6, 60, 5


def make(rng):
    """Logits [model][item][option], NaN beyond an item's options and where an answer is missing; labels."""
    options = rng.integers(3, K + 1, N)
    labels = np.array([rng.integers(0, k) for k in options])
    skill = np.linspace(2.2, 0.2, M)
    shared = rng.normal(0, 1, (N, K))  # errors that the last three models have in common
    x = np.full((M, N, K), np.nan)
    for j in range(M):
        for i in range(N):
            x[j, i, : options[i]] = rng.normal(0, 1, options[i]) + (1.2 * shared[i, : options[i]] if j >= 3 else 0)
            x[j, i, labels[i]] += skill[j]
    x[4] *= 3  # sure of itself
    for j, i in [(1, 3), (1, 17), (2, 3), (5, 40), (5, 41), (5, 42), (5, 43)]:
        x[j, i] = np.nan
    return np.round(x, 3), options, labels


def softmax(x):
    e = np.exp(x - np.nanmax(x, -1, keepdims=True))
    return e / np.nansum(e, -1, keepdims=True)


def mean(values):
    return [float(np.nanmean(v)) for v in values]


def agreement(choice, winner, there):
    return [float(np.mean(choice[j][there[j]] == winner[there[j]])) for j in range(M)]


def min_variance(s):
    best = None
    for start in [np.ones(M) / M, *np.eye(M) * 0.9 + 0.1 / M]:
        r = minimize(lambda w: w @ s @ w, start / start.sum(), jac=lambda w: 2 * s @ w, bounds=[(0, 1)] * M,
                     constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(M)},
                     method="SLSQP", options={"ftol": 1e-16, "maxiter": 1000})
        if best is None or r.fun < best.fun:
            best = r
    support = best.x > 1e-6
    w = np.zeros(M)
    w[support] = np.linalg.solve(s[np.ix_(support, support)], np.ones(support.sum()))
    w /= w.sum()
    assert (w >= 0).all() and (s @ w >= w @ s @ w - 1e-12).all()
    return w


def within(p, there, options):
    w = np.ones(M) / M
    q = np.where(there[:, :, None], np.nan_to_num(p), 0.0)
    for _ in range(100):
        v = np.tensordot(w, q, 1)
        e = np.zeros_like(q)
        for j in range(M):
            rest = v - w[j] * q[j]
            for i in range(N):
                if there[j, i]:
                    e[j, i, : options[i]] = p[j, i, : options[i]]
                    e[j, i, np.argmax(rest[i, : options[i]])] -= 1
        s = np.zeros((M, M))
        for j in range(M):
            for k in range(M):
                both = there[j] & there[k]
                s[j, k] = np.mean(np.sum(e[j][both] * e[k][both], -1))
        s = 0.7 * s + 0.3 * np.trace(s) / M * np.eye(M)
        new = min_variance(s)
        done = np.abs(new - w).max() < 1e-13
        w = new
        if done:
            break
    v = np.tensordot(w, q, 1)
    return w, np.array([np.argmax(v[i, : options[i]]) for i in range(N)])


def weighted_vote(choice, there, options):
    w = np.ones(M)
    kbar = options.mean()
    for _ in range(100):
        agreed = np.zeros(M)
        for i in range(N):
            for j in range(M):
                if there[j, i]:
                    votes = np.zeros(options[i])
                    for k in range(M):
                        if k != j and there[k, i]:
                            votes[choice[k, i]] += w[k]
                    agreed[j] += np.argmax(votes) == choice[j, i]
        a = (agreed + 1) / (there.sum(1) + 2)
        new = np.maximum(0, np.log((kbar - 1) * a / (1 - a)))
        if np.allclose(new, w, atol=1e-14, rtol=0):
            break
        w = new
    winner = []
    for i in range(N):
        votes = np.zeros(options[i])
        for k in range(M):
            if there[k, i]:
                votes[choice[k, i]] += w[k]
        winner.append(int(np.argmax(votes)))
    return w, np.array(winner)


def one_coin(choice, there, options):
    q = []
    for i in range(N):
        votes = np.bincount(choice[there[:, i], i], minlength=options[i]).astype(float)
        q.append(votes / votes.sum())
    for _ in range(10000):
        a = np.array([np.mean([q[i][choice[j, i]] for i in range(N) if there[j, i]]) for j in range(M)])
        a = np.clip(a, 1e-10, 1 - 1e-10)
        change = 0.0
        for i in range(N):
            logs = np.zeros(options[i])
            for j in range(M):
                if there[j, i]:
                    logs += np.log((1 - a[j]) / (options[i] - 1))
                    logs[choice[j, i]] += np.log(a[j]) - np.log((1 - a[j]) / (options[i] - 1))
            new = np.exp(logs - logs.max())
            new /= new.sum()
            change = max(change, np.abs(new - q[i]).max())
            q[i] = new
        if change <= 1e-10:
            break
    return a


def full(choice, k):
    """All items with k options and nothing missing."""
    n = choice.shape[1]
    q = np.array([np.bincount(choice[:, i], minlength=k) / M for i in range(n)], float)
    clip = lambda x: np.clip(x, 1e-10, 1 - 1e-10)
    for _ in range(10000):
        prior = clip(q.mean(0))
        c = np.zeros((M, k, k))
        for j in range(M):
            for i in range(n):
                c[j, :, choice[j, i]] += q[i]
        c = clip(c / c.sum(-1, keepdims=True))
        logs = np.log(prior)[None] + sum(np.log(c[j][:, choice[j]]).T for j in range(M))
        new = np.exp(logs - logs.max(-1, keepdims=True))
        new /= new.sum(-1, keepdims=True)
        change = np.abs(new - q).max()
        q = new
        if change <= 1e-10:
            break
    return [float(sum(prior[t] * c[j, t, t] for t in range(k))) for j in range(M)]


def calibration(p, labels, there, bins=15):
    rows = []
    for j in range(M):
        conf = np.nanmax(p[j][there[j]], -1)
        right = np.nanargmax(p[j][there[j]], -1) == labels[there[j]]
        ece = mce = 0.0
        for b in range(bins):
            inside = (conf > b / bins) & (conf <= (b + 1) / bins)
            if inside.any():
                gap = abs(conf[inside].mean() - right[inside].mean())
                ece += gap * inside.mean()
                mce = max(mce, gap)
        order = np.argsort(-conf, kind="stable")
        risk = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
        rows.append([right.mean(), ece, mce, risk.mean()])
    return rows


def numbers(values):
    out, line = [], "   "
    for x in values:
        text = " GOLDEN_NONE," if np.isnan(x) else f" {x!r}," if not isinstance(x, (int, np.integer)) else f" {x},"
        if len(line) + len(text) > 118:
            out.append(line)
            line = "   "
        line += text
    return "\n".join([*out, line]).rstrip(",")


def show(kind, name, values):
    values = [v.item() if hasattr(v, "item") else v for v in np.ravel(np.asarray(values, dtype=object))]
    print(f"static const {kind} {name}[] = {{\n{numbers(values)}}};")


def main():
    rng = np.random.default_rng(11)
    x, options, labels = make(rng)
    there = ~np.isnan(x[:, :, 0])
    p = softmax(np.where(there[:, :, None], x, np.nan)) if there.all() else np.full_like(x, np.nan)
    for j in range(M):
        for i in range(N):
            if there[j, i]:
                p[j, i] = softmax(x[j, i])
    choice = np.array([[int(np.nanargmax(x[j, i])) if there[j, i] else 0 for i in range(N)] for j in range(M)])
    srt = -np.sort(-np.nan_to_num(p, nan=-1.0), -1)
    plogp = np.nansum(np.where(p > 0, p * np.log(p), 0), -1)
    majority = np.array([np.argmax(np.bincount(choice[there[:, i], i], minlength=options[i])) for i in range(N)])
    mixed = np.nansum(p, 0)
    soft = np.array([np.argmax(mixed[i, : options[i]]) for i in range(N)])
    w, pool = within(p, there, options)
    vote_w, weighted = weighted_vote(choice, there, options)
    print(f"""/* Made by scripts/reference/answers_golden.py (Python {sys.version.split()[0]}, numpy {np.__version__}, scipy """
          f"""{scipy.__version__});
 * tolerance 1e-9. Do not edit. */
#ifndef PL_ANSWERS_GOLDEN_H
#define PL_ANSWERS_GOLDEN_H

#include <math.h>
#include <stdint.h>

#define GOLDEN_MODELS {M}u
#define GOLDEN_ITEMS {N}u
#define GOLDEN_OPTIONS {K}u
#define GOLDEN_NONE ((double)NAN)

/* clang-format off */""")
    show("uint32_t", "golden_options", options)
    show("uint8_t", "golden_labels", labels)
    print("/* [model][item][option]; GOLDEN_NONE: no such option, or no answer */")
    show("double", "golden_logits", x)
    for name, values in (("nll", mean(np.where(there, np.log(srt[:, :, 0].clip(1e-300)), np.nan))),
                         ("entropy", mean(np.where(there, plogp, np.nan))),
                         ("max_prob", mean(np.where(there, srt[:, :, 0], np.nan))),
                         ("margin", mean(np.where(there, srt[:, :, 0] - srt[:, :, 1], np.nan))),
                         ("majority", agreement(choice, majority, there)),
                         ("soft_vote", agreement(choice, soft, there)),
                         ("weighted_vote", agreement(choice, weighted, there)), ("vote_weights", vote_w),
                         ("one_coin", one_coin(choice, there, options)), ("within", agreement(choice, pool, there)),
                         ("weights", w)):
        show("double", "golden_" + name, values)
    first = np.nanargmax(np.where(np.arange(K) < 3, np.nan_to_num(x, nan=-99.0), -np.inf), -1)
    print("/* every item cut to its first three options, what is missing standing for the first of them */")
    show("uint8_t", "golden_three", first)
    show("double", "golden_dawid_skene", full(first, 3))
    print("/* by model: accuracy, ECE, MCE (15 bins), area under the risk-coverage curve */")
    show("double", "golden_calibration", calibration(p, labels, there))
    print("/* clang-format on */\n\n#endif")


main()
