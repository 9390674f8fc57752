#!/usr/bin/env python3
"""The same judgments ranked by peerless, by evalica and by numpy, in one run.

    rank_bulk.py PEERLESS JUDGMENT_LOG [JUDGMENTS [REPLICATES]]

PEERLESS is the program, JUDGMENT_LOG bench/judgment_log. Ours reads the log as text; the others get names (evalica) or
numbers (numpy) that are in memory already. numpy is what an expert would write: wins of each image added up once, a
matrix product for the replicates, and the MM steps of all fits at once. evalica (pip) is left out where it is absent.
Wall and CPU seconds of each, and the load of the machine, which the wall time depends on."""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

BLOCK = 64  # replicates at a time
MM_STEPS_MAX = 1000
MM_TOLERANCE = 1e-8


def timed(label, work, size_bytes=None):
    def cpu():
        own, child = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime

    wall, used = time.monotonic(), cpu()
    result = work()
    wall, used = time.monotonic() - wall, cpu() - used
    rate = f"  {size_bytes / wall / 1e6:7.0f} MB/s" if size_bytes else ""
    print(f"{label:<52} {wall:8.2f} s wall {used:8.2f} s cpu{rate}", flush=True)
    return result


def read(path):
    models, images = {}, {}
    columns = [[], [], [], []]
    points = {"a": 1.0, "b": 0.0, "tie": 0.5}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            columns[0].append(models.setdefault(row["a"], len(models)))
            columns[1].append(models.setdefault(row["b"], len(models)))
            columns[2].append(images.setdefault(row["item"], len(images)))
            columns[3].append(points[row["verdict"]])
    return list(models), len(images), [np.array(c) for c in columns]


def numpy_bootstrap(n_models, n_images, columns, replicates):
    a, b, image, score = columns
    size = n_models * n_models
    wins = np.zeros(n_images * size, dtype=np.float32)
    np.add.at(wins, image * size + a * n_models + b, score)
    np.add.at(wins, image * size + b * n_models + a, 1.0 - score)
    wins = wins.reshape(n_images, size)
    rng = np.random.default_rng(1)
    out = []
    for start in range(0, replicates, BLOCK):
        n = min(BLOCK, replicates - start)
        copies = rng.multinomial(n_images, np.full(n_images, 1.0 / n_images), size=n).astype(np.float32)
        w = (copies @ wins).reshape(n, n_models, n_models).astype(np.float64)
        met = w + w.transpose(0, 2, 1)
        won = w.sum(axis=2)
        p = np.ones((n, n_models))
        for _ in range(MM_STEPS_MAX):
            new = won / (met / (p[:, :, None] + p[:, None, :])).sum(axis=2)
            new /= np.exp(np.log(new).mean(axis=1, keepdims=True))
            done = np.max(np.abs(np.log(new) - np.log(p))) < MM_TOLERANCE
            p = new
            if done:
                break
        out.append(np.log(p))
    return np.concatenate(out)


def with_evalica(models, columns):
    import evalica

    names = np.array(models, dtype=object)
    winner = {1.0: evalica.Winner.X, 0.0: evalica.Winner.Y, 0.5: evalica.Winner.Draw}
    xs, ys = names[columns[0]].tolist(), names[columns[1]].tolist()
    winners = [winner[s] for s in columns[3]]
    timed("evalica: bradley_terry, no intervals, rows in memory", lambda: evalica.bradley_terry(xs, ys, winners))


def main():
    program, generator = sys.argv[1:3]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    replicates = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.jsonl")
        with open(path, "wb") as out:
            subprocess.run([generator, str(n)], stdout=out, check=True)
        size = os.path.getsize(path)
        print(f"{n} judgments, {size / 1e6:.0f} MB, {replicates} replicates; load {os.getloadavg()[0]:.1f}")
        rank = [program, "rank", "--judgments", path, "--methods", "bt", "--threads", "2"]
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        timed("peerless: bt, no intervals, from the file", lambda: subprocess.run(rank, **quiet), size)
        timed("peerless: bt, intervals, fragility, from the file",
              lambda: subprocess.run([*rank, "--bootstrap", str(replicates)], **quiet), size)
        models, n_images, columns = timed("python: json alone, from the file", lambda: read(path), size)
        timed("numpy: bootstrap of bt, rows in memory",
              lambda: numpy_bootstrap(len(models), n_images, columns, replicates))
        try:
            with_evalica(models, columns)
        except ImportError:
            print("evalica is not installed")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
