"""Checks of a whole run against real servers: it ends, everything is stored and counted, nothing is asked twice."""
import collections
import json
import re
import sqlite3
import subprocess

RUN_SECONDS_MAX = 7200  # minutes on an idle machine; only a run that hangs should meet it
MARK = re.compile(r"\[\[\s*[ABC]\s*\]\]", re.IGNORECASE)


class Checks:
    """Says each check and its figures, and remembers whether one failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, holds, words):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        print(f"  {'ok    ' if holds else 'FAILED'} {words}", flush=True)
        return bool(holds)

    def equal(self, what, found, expected):
        return self(found == expected, f"{what}: {found}" + ("" if found == expected else f", not {expected}"))


class Peerless:
    """The program, run in a folder that holds a peerless.yaml."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def __call__(self, *words, seconds_max=60):
        try:
            done = subprocess.run([self.binary, *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=seconds_max, check=False)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"peerless {' '.join(words)} did not end within {seconds_max} s") from None
        with open(self.folder / "peerless.log", "ab") as log:
            log.write(f"\n$ peerless {' '.join(words)}   # exit {done.returncode}\n".encode())
            log.write(done.stderr + done.stdout)
        return done

    def json(self, *words):
        return json.loads(self(*words, "--format", "json").stdout)

    def lines(self, what):
        out = self("export", "--what", what).stdout.decode()
        return [json.loads(line) for line in out.splitlines()]


def stored(path):
    """What is in a store, read without peerless."""
    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        count = lambda table: store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        summary = store.execute("SELECT summary FROM run ORDER BY id DESC LIMIT 1").fetchone()[0]
        return {"calls": count("call"), "bodies": count("body"), "tasks": count("task"), "runs": count("run")}, \
            json.loads(summary)
    finally:
        store.close()


def show(text):
    for line in text.decode(errors="replace").splitlines():
        print("        " + line)


def check_first_run(check, peerless, proxy):
    """Returns the ranking that the run printed, or None if the run did not end well."""
    planned = peerless.json("plan")["calls"]
    run = peerless("run", "--format", "json", seconds_max=RUN_SECONDS_MAX)
    if not check.equal("exit status of peerless run", run.returncode, 0):
        show(run.stderr)
        return None
    exchanges = proxy.exchanges()
    counts, summary = stored(peerless.folder / "run.db")
    void = sum(model["void"] for model in summary["models"].values())
    tokens = sum(model["output_tokens"] for model in summary["models"].values())
    print(f"        {counts['tasks']} tasks of {planned} planned, {len(exchanges)} requests, {tokens} tokens, "
          f"{summary['elapsed_ms'] / 1000:.1f} s")
    check.equal("planned tasks that were asked, or had nothing to ask about", counts["tasks"] + void, planned)
    check.equal("requests that the run says it made, as many as the servers got", summary["attempts"], len(exchanges))
    check.equal("stored calls, as many as requests were answered", counts["calls"],
                sum(e.status == 200 for e in exchanges))
    check.equal("tasks that made a call or share one", summary["calls"] + summary["reused"], counts["tasks"])
    statuses = dict(collections.Counter(e.status for e in exchanges))
    check.equal("HTTP statuses", statuses, {200: len(exchanges)})
    return json.loads(run.stdout)


def check_stored_texts(check, peerless, proxy):
    """Every text that a server sent can be had from the store. Returns the exported judgments."""
    judgments = peerless.lines("judgments")
    out = {line["text"] for line in peerless.lines("texts")} | {line.get("raw") for line in judgments}
    lost = [e for e in proxy.exchanges() if e.status == 200 and e.text not in out]
    check.equal("texts of the servers that are not in the export", len(lost), 0)
    return judgments


def check_missing(check, ranking, judgments, formal):
    """The counts of each judge against a count of our own over the exported texts. formal: judges held to the form."""
    by_judge = collections.defaultdict(list)
    for line in judgments:
        by_judge[line["judge"]].append(line)
    check.equal("judges", sorted(ranking["judges"]), sorted(by_judge))
    check.equal("judgments counted", (ranking["n_judgments"], ranking["missing"]),
                (len(judgments), sum(line["verdict"] is None for line in judgments)))
    for name, judge in ranking["judges"].items():
        lines = by_judge[name]
        words = ", ".join(f"{n} {reason}" for reason, n in judge["missing"].items()) or "none missing"
        usable = sum(line["verdict"] is not None for line in lines)
        texts = [line.get("raw") or "" for line in lines]
        unmarked = sum(bool(text.strip()) and not MARK.search(text) for text in texts)
        check((judge["asked"], judge["usable"]) == (len(lines), usable) and
              usable + sum(judge["missing"].values()) == len(lines) and
              judge["missing"].get("no mark", 0) == unmarked,
              f"{name} as judge: {usable} of {len(lines)} usable; {words}; flags: {judge['flags']}")
        if name in formal:
            check(usable == len(lines), f"{name}: held to the form, so every verdict is usable")
        check(("unusable" in judge["flags"]) == (2 * usable < len(lines)),
              f"{name}: flagged if less than half is usable")


def check_scores(check, ranking):
    """Usable verdicts give scores, and scores places."""
    for name, method in ranking["methods"].items():
        scores = {model: score for model, score in method["scores"].items() if score is not None}
        places = [model for model, rank in method["rank"].items() if rank is not None]
        check(len(scores) >= 2 and sorted(scores) == sorted(places) and all(0 <= s <= 1 for s in scores.values()),
              f"{name}: scores of {len(scores)} models, and a place for each")


def check_outputs(check, peerless, ranking):
    """rank and diagnose, as tables and JSON."""
    rank, diagnose = peerless("rank", "--store", "run.db"), peerless("diagnose", "--store", "run.db")
    check.equal("exit status of rank and diagnose", (rank.returncode, diagnose.returncode), (0, 0))
    show(rank.stdout)
    show(diagnose.stdout)
    check(peerless.json("rank", "--store", "run.db") == ranking, "rank --format json says what the run said")
    judges = peerless.json("diagnose", "--store", "run.db")["judges"]
    check.equal("judges with flags in diagnose", {name: judge["flags"] for name, judge in judges.items()},
                {name: judge["flags"] for name, judge in ranking["judges"].items()})
    flags = {flag for judge in ranking["judges"].values() for flag in judge["flags"]}
    check.equal("flags that the table of rank does not show",
                sorted(flag for flag in flags if flag.encode() not in rank.stdout), [])
    check.equal("models that it does not show",
                [name for name in ranking["models"] if name.encode() not in rank.stdout], [])


def check_images(check, exchanges, n_images):
    """With photographs every request carries one, and what a model asks about them shows that it was given them."""
    check.equal("requests by images in them", dict(collections.Counter(len(e.images) for e in exchanges)),
                {1 if n_images else 0: len(exchanges)})
    if n_images == 0:
        return
    first = exchanges[0]
    same_prompt = [e for e in exchanges if e.model == first.model and e.prompt == first.prompt]
    pictures = {e.images[0]["image_url"]["url"] for e in same_prompt}
    replies = {e.text for e in same_prompt}
    check(len(pictures) == n_images and len(replies) > 1,
          f"{first.model} was asked for a question about {len(pictures)} of {n_images} photographs and wrote "
          f"{len(replies)} different ones")


def check_export(check, peerless, methods):
    """The exported responses, which rank as the store does."""
    done = peerless("export", "--what", "responses", "-o", "responses.jsonl")
    check.equal("exit status of export", done.returncode, 0)
    stored_ranking = peerless("rank", "--store", "run.db", "--methods", methods)
    logged = peerless("rank", "--responses", "responses.jsonl", "--methods", methods)
    check(stored_ranking.returncode == 0 and stored_ranking.stdout == logged.stdout,
          "rank by the store and by the export print the same bytes")
    show(stored_ranking.stdout)
    with open(peerless.folder / "responses.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_second_run(check, peerless, proxy, ranking):
    """Returns what it printed."""
    before = len(proxy.exchanges())
    run = peerless("run", "--format", "json")
    check.equal("exit status of a second run", run.returncode, 0)
    check.equal("requests of a second run", len(proxy.exchanges()) - before, 0)
    check(json.loads(run.stdout) == ranking, "the second run prints the same ranking")
    return run.stdout


def check_run(check, peerless, proxy, n_images, formal):
    """n_images: 0 for a run on questions in text. formal: names of the models that are held to the form."""
    ranking = check_first_run(check, peerless, proxy)
    if ranking is None:
        return
    check_images(check, proxy.exchanges(), n_images)
    judgments = check_stored_texts(check, peerless, proxy)
    check_missing(check, ranking, judgments, formal)
    check_scores(check, ranking)
    check_outputs(check, peerless, ranking)
    check_second_run(check, peerless, proxy, ranking)
