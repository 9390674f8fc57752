#!/usr/bin/env python3
"""Recomputes the table of `peerless study weights` on all images, from the definitions and with nothing but the standard
library, and holds a table that the program printed against it.

    study_golden.py tests/cli/golden/data/judgments.jsonl tests/cli/golden/data/truth.csv tests/cli/golden/study_weights_csv.out

Exits 1 where a mean differs by more than 1e-9.
"""
import csv
import json
import math
import sys
from collections import defaultdict


def tables(path):
    """R and n by (candidate, judge): means over the rows as they stand."""
    total, count = defaultdict(float), defaultdict(float)
    with open(path) as f:
        for line in f:
            row = json.loads(line)
            score = {"a": 1.0, "tie": 0.5, "b": 0.0}.get(row["verdict"])
            if score is None:
                continue
            for model, s in ((row["a"], score), (row["b"], 1.0 - score)):
                total[model, row["judge"]] += s
                count[model, row["judge"]] += 1.0
    return {k: total[k] / count[k] for k in total}, dict(count)


def scores(r, n, w):
    models = sorted({j for j, _ in n})
    result = {}
    for j in models:
        up = math.fsum(w[k] * n[j, k] * r[j, k] for k in w if (j, k) in n)
        down = math.fsum(w[k] * n[j, k] for k in w if (j, k) in n)
        result[j] = up / down if down > 0 else math.nan
    return result


def learnt(r, n, epochs=30, step=0.5):
    models = sorted({j for j, _ in n})
    w = dict.fromkeys(models, 1.0)
    for _ in range(epochs):
        g = scores(r, n, w)
        w = {k: w[k] - step * (w[k] - g[k]) for k in w}
    return scores(r, n, w)


def pearson(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    num = math.fsum((a - mx) * (b - my) for a, b in zip(x, y))
    return num / math.sqrt(math.fsum((a - mx) ** 2 for a in x) * math.fsum((b - my) ** 2 for b in y))


def ranks(x):
    return [1 + sum(b > a for b in x) + (sum(b == a for b in x) - 1) / 2 for a in x]


def permutation_entropy(predicted, truth):
    true_rank = ranks(truth)
    sequence = [true_rank[i] for i in sorted(range(len(predicted)), key=lambda i: -predicted[i])]
    seen = defaultdict(int)
    for i in range(len(sequence) - 2):
        window = sequence[i : i + 3]
        seen[tuple(sorted(range(3), key=lambda k: window[k]))] += 1
    total = sum(seen.values())
    return -sum(c / total * math.log(c / total) for c in seen.values()) + 0.0


def main(judgments, truth_path, printed):
    r, n = tables(judgments)
    with open(truth_path) as f:
        truth = {row["model"]: float(row["score"]) for row in csv.DictReader(f)}
    models = sorted(truth, key=lambda m: truth[m])
    rising = {m: i / (len(models) - 1) for i, m in enumerate(models)}
    found = {
        "reverse": scores(r, n, {m: 1 - w for m, w in rising.items()}),
        "uniform": scores(r, n, dict.fromkeys(models, 1.0)),
        "consistent": scores(r, n, rising),
        "learnt": learnt(r, n),
    }
    worst = 0.0
    with open(printed) as f:
        rows = {row["weights"]: row for row in csv.DictReader(f)}
    assert sorted(rows) == sorted(found), "other rows"
    for name, g in found.items():
        known = [m for m in sorted(models) if not math.isnan(g[m])]
        x, y = [g[m] for m in known], [truth[m] for m in known]
        expected = (pearson(x, y), pearson(ranks(x), ranks(y)), permutation_entropy(x, y))
        for metric, value in zip(("pearson", "spearman", "permutation_entropy"), expected):
            got = float(rows[name][metric + "_mean"])
            worst = max(worst, abs(got - value))
            print(f"{name:12} {metric:20} {value:.15f} {got:.15f}")
    print(f"largest difference {worst:.3g}")
    return 0 if worst <= 1e-9 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
