#!/usr/bin/env python3
"""How stable label-free rankings of responses are: half the items, each model left out, the best five left out, a weak
model made overconfident, a weak model four times over.

    within_stability.py PEERLESS RESPONSES.jsonl.gz

The log holds option_logits and labels; agreement is with the accuracy on the very items that were ranked by. Only the
standard library is needed. docs/within.md shows its output.
"""
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

METHODS = ["within", "majority", "soft-vote", "weighted-vote", "dawid-skene-one-coin", "margin", "nll"]


def read(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as f:
        return [json.loads(line) for line in f]


def spearman(exe, rows, dir):
    right, n = {}, {}
    log, truth = os.path.join(dir, "log.jsonl"), os.path.join(dir, "truth.csv")
    with open(log, "w") as f:
        for r in rows:
            x = r["option_logits"]
            n[r["model"]] = n.get(r["model"], 0) + 1
            right[r["model"]] = right.get(r["model"], 0) + (r["options"][x.index(max(x))] == r["label"])
            f.write(json.dumps({k: r[k] for k in ("item", "model", "options", "option_logits")}) + "\n")
    with open(truth, "w") as f:
        f.write("model,score\n" + "".join(f"{m},{right[m] / n[m]!r}\n" for m in sorted(n)))
    out = subprocess.run([exe, "rank", "--responses", log, "--truth", truth, "--methods", ",".join(METHODS), "--format",
                          "json"], capture_output=True, text=True, check=True)
    return {m: v["spearman"] for m, v in json.loads(out.stdout)["truth"].items()}


def main():
    exe, rows = sys.argv[1], read(sys.argv[2])
    rng = random.Random(1)
    items = sorted({r["item"] for r in rows})
    right = {}
    for r in rows:
        x = r["option_logits"]
        right[r["model"]] = right.get(r["model"], 0) + (r["options"][x.index(max(x))] == r["label"])
    models = sorted(right, key=right.get)

    def part(keep):
        return [r for r in rows if r["item"] in keep]

    def copies(model, n, factor, noise):
        return [dict(r, model=f"{model} copy {k}", option_logits=[factor * x + rng.gauss(0, noise)
                                                                  for x in r["option_logits"]])
                for k in range(n) for r in rows if r["model"] == model]

    sets = [("all", [rows]),
            ("half the items, 10 draws", [part(set(rng.sample(items, len(items) // 2))) for _ in range(10)]),
            ("200 items, 10 draws", [part(set(rng.sample(items, min(200, len(items))))) for _ in range(10)]),
            ("each model left out", [[r for r in rows if r["model"] != m] for m in models]),
            ("the best five left out", [[r for r in rows if r["model"] not in models[-5:]]]),
            ("one of the five worst added, logits x 5", [rows + copies(m, 1, 5, 0.01) for m in models[:5]]),
            ("one of the five worst added four times", [rows + copies(m, 4, 1, 0.01) for m in models[:5]])]
    print(f"{'mean (least) Spearman':40s}" + "".join(f"{m:>22s}" for m in METHODS))
    with tempfile.TemporaryDirectory() as dir:
        for name, cases in sets:
            found = [spearman(exe, c, dir) for c in cases]
            print(f"{name:40s}" + "".join(
                f"{statistics.mean(f[m] for f in found):14.4f} ({min(f[m] for f in found):.3f})" for m in METHODS), flush=True)


main()
