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
    lines = check_run.check_export(check, peerless, METHODS)
    check.equal("samples", sum(len(line["samples"]) for line in lines), n_items * n_models * SAMPLES)
    answers = n_items * n_models * (1 + SAMPLES)
    check.equal("requests: answers, and every pair of different texts once", len(proxy.exchanges()),
                answers + len(pairs_to_ask(lines)))
    grouped = [line for line in lines if "meanings" in line]
    check(len(grouped) > 0, f"{len(grouped)} of {len(lines)} answers have their samples grouped by meaning")
    check(all(len(line["meanings"]) == SAMPLES and line["meanings"][0] == 0 for line in grouped),
          "a group for each sample, the first one 0")
    check_run.show(peerless("diagnose", "--store", "run.db").stdout)
    printed = check_run.check_second_run(check, peerless, proxy, json.loads(run.stdout))
    check(printed == run.stdout, "to the byte")
