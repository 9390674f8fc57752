#!/usr/bin/env python3
"""The same judgments ranked by peerless, by evalica and by numpy, in one run.

    rank_bulk.py PEERLESS JUDGMENT_LOG [JUDGMENTS [REPLICATES]]

PEERLESS is the program, JUDGMENT_LOG bench/judgment_log. Ours reads the log as text; the others get names (evalica) or
numbers (numpy) that are in memory already, loaded from arrays of the same judgments. Python reads the log too, but
only up to a million lines: beyond, json alone takes minutes. numpy is what an expert would write: wins of each image added up once, a
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
JSON_LINES_MAX = 1_000_000
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


def read_json(path):
    with open(path, encoding="utf-8") as lines:
        return sum(len(json.loads(line)) for line in lines)


def load_arrays(folder):
    a, b, image, halves = (np.load(os.path.join(folder, f"{name}.npy")) for name in ("a", "b", "image", "halves"))
    return int(max(a.max(), b.max())) + 1, int(image.max()) + 1, (a, b, image, 0.5 * halves)


def numpy_bootstrap(n_models, n_images, columns, replicates):
    a, b, image, score = columns
    size = n_models * n_models
    start = image.astype(np.int64) * size
    wins = np.bincount(start + a * n_models + b, weights=score, minlength=n_images * size)
    wins += np.bincount(start + b * n_models + a, weights=1.0 - score, minlength=n_images * size)
    wins = wins.astype(np.float32).reshape(n_images, size)
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


def numpy_count(n_models, columns):
    a, b, _, score = columns
    size = n_models * n_models
    return (np.bincount(a * n_models + b, weights=score, minlength=size)
            + np.bincount(b * n_models + a, weights=1.0 - score, minlength=size))


def with_evalica(n_models, columns):
    import evalica

    names = np.array([f"model-{i:02}" for i in range(n_models)], dtype=object)
    winner = np.array([evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.X], dtype=object)
    xs, ys = names[columns[0]].tolist(), names[columns[1]].tolist()
    winners = winner[(2 * columns[3]).astype(np.int64)].tolist()
    timed("evalica: bradley_terry, no intervals, rows in memory", lambda: evalica.bradley_terry(xs, ys, winners))


def main():
    program, generator = sys.argv[1:3]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    replicates = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.jsonl")
        with open(path, "wb") as out:
            subprocess.run([generator, str(n), "60", "10000", folder], stdout=out, check=True)
        size = os.path.getsize(path)
        print(f"{n} judgments, {size / 1e6:.0f} MB, {replicates} replicates; load {os.getloadavg()[0]:.1f}")
        rank = [program, "rank", "--judgments", path, "--methods", "bt", "--threads", "2"]
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        timed("peerless: bt, no intervals, from the file", lambda: subprocess.run(rank, **quiet), size)
        timed("peerless: bt, intervals, fragility, from the file",
              lambda: subprocess.run([*rank, "--bootstrap", str(replicates)], **quiet), size)
        if n <= JSON_LINES_MAX:
            timed("python: json alone, from the file", lambda: read_json(path), size)
        n_models, n_images, columns = timed("numpy: loading the arrays", lambda: load_arrays(folder))
        timed("numpy: wins counted, rows in memory", lambda: numpy_count(n_models, columns))
        timed("numpy: bootstrap of bt, rows in memory",
              lambda: numpy_bootstrap(n_models, n_images, columns, replicates))
        try:
            with_evalica(n_models, columns)
        except ImportError:
            print("evalica is not installed")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
