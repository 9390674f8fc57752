"""Checks of a run that ranks real models by their own answers to multiple-choice questions."""
import collections
import json
import math

import check_run

SAMPLES = 2
METHODS = "within,margin,majority,nll,entropy,max_prob,mass,nll.answer,consistency.exact"


def option_masses(line):
    """Probability of each option's letter at the first token that is one, else at the first that has one among its
    alternatives; None for an option outside the top. Computed here from the exported tokens alone."""
    letters = [chr(ord("A") + i) for i in range(len(line["options"]))]
    bearing = [t for t in line.get("tokens", []) if t["t"].strip() in letters]
    bearing = bearing or [t for t in line.get("tokens", []) if any(s.strip() in letters for s, _ in t.get("top", []))]
    if not bearing:
        return None
    masses = dict.fromkeys(letters)
    for text, logprob in bearing[0].get("top", []):
        if text.strip() in letters and logprob > -9999:
            masses[text.strip()] = (masses[text.strip()] or 0) + math.exp(logprob)
    return list(masses.values())


def reason(line):
    """Why a line has no option probabilities, or None."""
    masses = option_masses(line)
    if masses is None or all(m is None for m in masses):
        return "no option log-probabilities"
    if any(m is None for m in masses):
        return "an option outside the top-k"
    return "option mass under 1/2" if sum(masses) < .5 else None


def check_first_run(check, peerless, proxy, n_items, n_models):
    run = peerless("run", "--probe", "--format", "json", seconds_max=check_run.RUN_SECONDS_MAX)
    if not check.equal("exit status of peerless run", run.returncode, 0):
        check_run.show(run.stderr)
        return None
    counts, summary = check_run.stored(peerless.folder / "run.db")
    tasks = n_items * n_models * (1 + SAMPLES)
    check.equal("stored tasks: items, models, greedy and samples", counts["tasks"], tasks)
    print(f"        {len(proxy.exchanges())} requests, those of the probe among them, "
          f"{summary['elapsed_ms'] / 1000:.1f} s")
    check.equal("tasks that made a call or share one", summary["calls"] + summary["reused"], tasks)
    return json.loads(run.stdout)


def check_missing(check, lines, diagnosis):
    by_model = collections.defaultdict(collections.Counter)
    for line in lines:
        by_model[line["model"]][reason(line)] += 1
    for name, model in diagnosis["models"].items():
        own = by_model[name]
        found = {words: n for words, n in model["option_missing"].items() if n}
        expected = {words: n for words, n in own.items() if words}
        check.equal(f"{name}: items without option probabilities, by reason", found, expected)


def check_choice(check, peerless, proxy, items, n_items, n_models):
    ranking = check_first_run(check, peerless, proxy, n_items, n_models)
    if ranking is None:
        return
    check.equal("items and models of the ranking", (ranking["n_items"], len(ranking["models"])), (n_items, n_models))
    lines = check_run.check_export(check, peerless, METHODS)
    check.equal("exported responses", len(lines), n_items * n_models)
    check(all("label" not in line and "labels" not in line for line in lines), "no label is in the export")
    check(sum(bool(line.get("tokens")) for line in lines) > 0, "some have log-probabilities")
    check_run.show(peerless("diagnose", "--store", "run.db", "--labels", str(items)).stdout)
    diagnosis = peerless.json("diagnose", "--store", "run.db", "--labels", str(items))
    check_missing(check, lines, diagnosis)
    check_run.check_second_run(check, peerless, proxy, ranking)
