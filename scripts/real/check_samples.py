"""Checks of a run in which one real model says which samples of open answers mean the same."""
import itertools
import json

import check_run

SAMPLES = 3
METHODS = "semantic_entropy,semantic_entropy.judge,consistency.exact"


def pairs_to_ask(lines):
    """Comparisons that cannot be settled by the texts alone; two texts of one question are asked about once."""
    asked = set()
    for line in lines:
        for x, y in itertools.combinations([sample.strip() for sample in line.get("samples", [])], 2):
            if x != y:
                asked.add((line["item"], *sorted((x, y))))
    return asked


def check_samples(check, peerless, proxy, n_items, n_models):
    run = peerless("run", "--format", "json", seconds_max=check_run.RUN_SECONDS_MAX)
    if not check.equal("exit status of peerless run", run.returncode, 0):
        check_run.show(run.stderr)
        return
    done = peerless("export", "--what", "responses", "-o", "responses.jsonl")
    check.equal("exit status of export", done.returncode, 0)
    lines = [json.loads(line) for line in open(peerless.folder / "responses.jsonl", encoding="utf-8")]
    check.equal("samples", sum(len(line["samples"]) for line in lines), n_items * n_models * SAMPLES)
    answers = n_items * n_models * (1 + SAMPLES)
    check.equal("requests: answers, and every pair of different texts once", len(proxy.exchanges()),
                answers + len(pairs_to_ask(lines)))
    grouped = [line for line in lines if "meanings" in line]
    check(len(grouped) > 0, f"{len(grouped)} of {len(lines)} answers have their samples grouped by meaning")
    check(all(len(line["meanings"]) == SAMPLES and line["meanings"][0] == 0 for line in grouped),
          "a group for each sample, the first one 0")
    stored = peerless("rank", "--store", "run.db", "--methods", METHODS)
    logged = peerless("rank", "--responses", "responses.jsonl", "--methods", METHODS)
    check(stored.returncode == 0 and stored.stdout == logged.stdout,
          "rank by the store and by the export print the same bytes")
    check_run.show(stored.stdout)
    check_run.show(peerless("diagnose", "--store", "run.db").stdout)
    before = len(proxy.exchanges())
    again = peerless("run", "--format", "json")
    check.equal("exit status of a second run", again.returncode, 0)
    check.equal("requests of a second run", len(proxy.exchanges()) - before, 0)
    check(again.stdout == run.stdout, "the second run prints the same ranking")
