"""A replica that dies in mid-run: the run goes on with the other one and ends complete."""
import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import time

import check_run

KILL_AFTER_CALLS = 5  # stored ones, for each model
SECONDS_MAX = 1800


def twice(model):
    """The model and its replica, under a name of its own for logs and port files."""
    return [model, dataclasses.replace(model, name=model.name + "-replica")]


def stored_calls(folder):
    """While a run writes; 0 as long as there is no store."""
    try:
        store = sqlite3.connect(f"file:{folder / 'run.db'}?mode=ro", uri=True, timeout=5)
    except sqlite3.OperationalError:
        return 0
    try:
        return store.execute("SELECT count(*) FROM call").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        store.close()


def check_replicas(check, binary, folder, replica, n_models):
    """replica: the server to kill. The folder holds a peerless.yaml."""
    peerless = check_run.Peerless(binary, folder)
    planned = peerless.json("plan")["calls"]
    with open(folder / "run.stderr", "wb") as stderr, open(folder / "run.stdout", "wb") as stdout:
        run = subprocess.Popen([binary, "run", "--format", "json"], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=stdout, stderr=stderr)
        deadline = time.monotonic() + SECONDS_MAX
        while run.poll() is None and stored_calls(folder) < KILL_AFTER_CALLS * n_models:
            if time.monotonic() > deadline:
                run.kill()
                raise SystemExit(f"no {KILL_AFTER_CALLS * n_models} calls within {SECONDS_MAX} s")
            time.sleep(0.02)
        running = run.poll() is None
        before = stored_calls(folder)
        os.kill(replica.pid, signal.SIGKILL)
        try:
            status = run.wait(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            run.kill()
            raise SystemExit(f"the run did not end within {SECONDS_MAX} s") from None
    check(running, f"a replica was killed after {before} stored calls of about {planned} tasks")
    if not check.equal("exit status of peerless run", status, 0):
        check_run.show((folder / "run.stderr").read_bytes())
        return
    counts, summary = check_run.stored(folder / "run.db")
    void = sum(model["void"] for model in summary["models"].values())
    check.equal("planned tasks that were asked, or had nothing to ask about", counts["tasks"] + void, planned)
    check(summary["attempts"] <= 2 * summary["calls"], f"{summary['attempts']} requests for {summary['calls']} calls")
    again = peerless("run", "--format", "json", seconds_max=SECONDS_MAX)
    _, second = check_run.stored(folder / "run.db")
    check.equal("requests of a second run", (again.returncode, second["attempts"]), (0, 0))
    check(json.loads(again.stdout) == json.loads((folder / "run.stdout").read_bytes()), "and its ranking is the same")
