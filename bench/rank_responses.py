#!/usr/bin/env python3
"""The same log of responses ranked by peerless, by uqlm's scorers and by numpy, in one run.

    rank_responses.py PEERLESS RESPONSE_LOG [ITEMS [MODELS [DIGITS]]]

PEERLESS is the program, RESPONSE_LOG bench/response_log. Ours reads the file and ranks by mean log-probability and mean token
entropy; the others read it by json or orjson, timed apart, and get lists that are in memory already. numpy is what an
expert would write: one array of all log-probabilities and sums over its pieces. uqlm scores one response at a time, so it
gets some only, and its time is that of all by their share. Its scorers are loaded without the rest of the package:

    pip install numpy scipy orjson && pip install --no-deps uqlm

What is not installed is left out. Wall and CPU seconds of each, and how far the scores are apart."""
import collections
import gc
import importlib
import importlib.util
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import types

SOME = 500  # responses that uqlm gets
METHODS = ("nll.mean", "entropy.mean")


def cpu_seconds():
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class Table:
    """Rows that are printed as they come, and the first one's CPU seconds, which the others are held against."""

    def __init__(self, size_bytes):
        self.size_bytes = size_bytes
        self.first = None

    def timed(self, label, work, share=1.0):
        wall, used = time.monotonic(), cpu_seconds()
        result = work()
        wall, used = (time.monotonic() - wall) / share, (cpu_seconds() - used) / share
        self.first = self.first or used
        mb = self.size_bytes / 1e6
        print(f"{label:<58} {wall:8.2f} s wall {used:8.2f} s CPU {mb / wall:7.1f} MB/s {mb / used:7.1f} MB/CPU s"
              f" {used / self.first:6.1f} times", flush=True)
        return result


def read_lines(path, loads):
    gc.disable()  # nothing is garbage; looking for it would take most of the time
    with open(path, "rb") as lines:
        rows = [loads(line) for line in lines]
    gc.enable()
    return rows


def numpy_scores(rows):
    """By model: the mean over its answers of the tokens' mean log-probability and mean entropy, as ours defines it."""
    import numpy as np

    sums = collections.defaultdict(lambda: [[], []])
    counts = np.array([len(t["top"]) for r in rows for t in r["tokens"]])
    tops = np.array([lp for r in rows for t in r["tokens"] for _, lp in t["top"]])
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    p = np.exp(tops)
    left = np.maximum(1.0 - np.add.reduceat(p, starts), 0.0)
    rest = np.where(left > 0.0, -left * np.log(np.where(left > 0.0, left, 1.0)), 0.0)
    entropies = np.add.reduceat(-p * tops, starts) + rest
    at = 0
    for r in rows:
        n = len(r["tokens"])
        nll, entropy = sums[r["model"]]
        nll.append(sum(t["lp"] for t in r["tokens"]) / n)
        entropy.append(-entropies[at:at + n].mean())
        at += n
    return {m: {"nll.mean": sum(a) / len(a), "entropy.mean": sum(b) / len(b)} for m, (a, b) in sums.items()}


def uqlm_scorers():
    """The scorers alone: the package itself imports models and chat clients."""
    spec = importlib.util.find_spec("uqlm")
    for name, folder in (("uqlm", ""), ("uqlm.white_box", "white_box"), ("uqlm.white_box.baseclass", "white_box/baseclass")):
        package = types.ModuleType(name)
        package.__path__ = [os.path.join(spec.submodule_search_locations[0], folder)]
        sys.modules[name] = package
    single = importlib.import_module("uqlm.white_box.single_logprobs").SingleLogprobsScorer(["sequence_probability"])
    top = importlib.import_module("uqlm.white_box.top_logprobs").TopLogprobsScorer(["mean_token_negentropy"], 20)
    return single, top


def with_uqlm(table, rows):
    single, top = uqlm_scorers()
    some = [[{"logprob": t["lp"], "top_logprobs": [{"logprob": lp} for _, lp in t["top"]]} for t in r["tokens"]]
            for r in rows[:SOME]]
    scores = table.timed(f"uqlm: the same scores of {len(some)} in memory, as for all",
                         lambda: (single.evaluate(some), top.evaluate(some)), len(some) / len(rows))
    apart = max(abs(math.log(p) - sum(t["lp"] for t in r["tokens"]) / len(r["tokens"]))
                for p, r in zip(scores[0]["sequence_probability"], rows))
    print(f"uqlm's probability of a sequence is {apart:.1e} from the mean of its log-probabilities, at most")


def ours(program, path):
    done = subprocess.run([program, "rank", "--responses", path, "--methods", ",".join(METHODS), "--format", "json"],
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def scores_of(report):
    return {m: {k: report["methods"][k]["scores"][m] for k in METHODS} for m in report["models"]}


def main():
    program, generator = sys.argv[1:3]
    items, models, digits = (sys.argv[3:6] + ["500", "20", "9"][len(sys.argv[3:6]):])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.jsonl")
        with open(path, "wb") as out:
            subprocess.run([generator, items, models, "16", "20", digits], stdout=out, check=True)
        size = os.path.getsize(path)
        print(f"{int(items) * int(models)} responses of 16 tokens with 20 alternatives, {size / 1e6:.0f} MB;"
              f" load {os.getloadavg()[0]:.1f}")
        table = Table(size)
        report = table.timed("peerless: rank by both, from the file", lambda: ours(program, path))
        rows = table.timed("json: reading alone", lambda: read_lines(path, json.loads))
        try:
            import orjson

            rows = table.timed("orjson: reading alone", lambda: read_lines(path, orjson.loads))
        except ImportError:
            print("orjson is not installed")
        try:
            wanted = table.timed("numpy: both scores, rows in memory", lambda: numpy_scores(rows))
            found = scores_of(report)
            apart = max(abs(found[m][k] - wanted[m][k]) for m in wanted for k in METHODS)
            print(f"peerless' scores are {apart:.1e} from numpy's, at most")
        except ImportError:
            print("numpy is not installed")
        try:
            with_uqlm(table, rows)
        except (ImportError, AttributeError):
            print("uqlm is not installed")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
