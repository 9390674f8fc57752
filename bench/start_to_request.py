#!/usr/bin/env python3
"""From the start of `peerless run` to its first HTTP request, cold store, against the limit of 50 ms.

A listener on the loopback interface notes when the first bytes of a request have come; the clock (CLOCK_MONOTONIC)
starts before the program is spawned. Beside it stand /bin/true (what spawning costs here) and, where installed, curl
asking the same listener (libcurl and TLS libraries alone). Exit code 1: a median is over the limit."""
import argparse
import os
import pathlib
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import time

LIMIT_MS = 50.0
MODELS = ("first", "second", "third")


def write_config(directory, name, port, data):
    models = "".join(
        f"  - {{name: {model}, provider: openai, model: {model}, base_url: 'http://127.0.0.1:{port}/v1'}}\n"
        for model in MODELS)
    path = directory / name
    path.write_text(f"version: 1\ndata: {data}\nmodels:\n{models}store: run.db\n")
    return path


def spawn(command, directory):
    """(pid, nanoseconds before the spawn)"""
    with open(os.devnull, "r+b", buffering=0) as null:
        actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), fd) for fd in (0, 1)]
        actions.append((os.POSIX_SPAWN_OPEN, 2, str(directory / "stderr.txt"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                        0o600))
        start_ns = time.monotonic_ns()
        return os.posix_spawn(command[0], command, os.environ, file_actions=actions), start_ns


def reap(pid):
    """(milliseconds of processor time, wait status)"""
    _, status, usage = os.wait4(pid, 0)
    return (usage.ru_utime + usage.ru_stime) * 1e3, status


def until_request(command, listener, directory):
    for name in ("run.db", "run.db-wal", "run.db-shm"):
        (directory / name).unlink(missing_ok=True)
    pid, start_ns = spawn(command, directory)
    try:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(30)
            connection.recv(1)
            took_ns = time.monotonic_ns() - start_ns
    except TimeoutError:
        sys.exit(f"{' '.join(command)}: no request within 30 s: {(directory / 'stderr.txt').read_text()}")
    finally:
        os.kill(pid, signal.SIGKILL)
        cpu_ms, _ = reap(pid)
    return took_ns * 1e-6, cpu_ms


def until_exit(command, directory):
    pid, start_ns = spawn(command, directory)
    cpu_ms, status = reap(pid)
    took_ns = time.monotonic_ns() - start_ns
    if status != 0:
        sys.exit(f"{' '.join(command)}: ended with status {status}: {(directory / 'stderr.txt').read_text()}")
    return took_ns * 1e-6, cpu_ms


def show(name, samples, limit_ms=None):
    wall = [sample[0] for sample in samples]
    median_ms = statistics.median(wall)
    cpu_ms = statistics.median(sample[1] for sample in samples)
    ratio = f"{median_ms / limit_ms:6.2f} of {limit_ms:g} ms" if limit_ms else ""
    print(f"{name:34} {median_ms:8.1f} {min(wall):8.1f} {max(wall):8.1f} {cpu_ms:8.1f}   {ratio}")
    return not limit_ms or median_ms <= limit_ms


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peerless", default=str(root / "build/bench/peerless"), help="the program")
    parser.add_argument("--runs", type=int, default=15, help="of each kind (default 15)")
    args = parser.parse_args()
    peerless = os.path.abspath(args.peerless)
    curl = shutil.which("curl")
    kinds = {"true": [], "version": [], "curl": [], "text": [], "image": []}

    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        directory = pathlib.Path(name)
        port = listener.getsockname()[1]
        listener.settimeout(30)
        os.chdir(directory)
        until_exit([peerless, "sim", "scenes", "--number", "5", "--output", "scenes"], directory)
        (directory / "items.jsonl").write_text(
            "".join(f'{{"id": "q{i}", "question": "What is {i} and {i}?"}}\n' for i in range(20)))
        run = {kind: [peerless, "run", "--quiet", "--config", str(write_config(directory, f"{kind}.yaml", port, data))]
               for kind, data in (("text", "{items: items.jsonl}"), ("image", "{images: scenes}"))}
        for _ in range(args.runs):  # in turn, so that a busy moment does not hit one kind only
            kinds["true"].append(until_exit([shutil.which("true")], directory))
            kinds["version"].append(until_exit([peerless, "--version"], directory))
            if curl:
                kinds["curl"].append(until_request([curl, "-s", f"http://127.0.0.1:{port}/"], listener, directory))
            for kind in ("text", "image"):
                kinds[kind].append(until_request(run[kind], listener, directory))
                drain(listener)

    print(f"{'milliseconds, ' + str(args.runs) + ' runs each':34} {'median':>8} {'least':>8} {'most':>8} {'cpu':>8}")
    show("/bin/true, to its end", kinds["true"])
    show("peerless --version, to its end", kinds["version"])
    if curl:
        show("curl, to its request", kinds["curl"])
    good = show("peerless run, text, to its request", kinds["text"], LIMIT_MS)
    good = show("peerless run, image, to its request", kinds["image"], LIMIT_MS) and good
    return 0 if good else 1


def drain(listener):
    """Connections that a killed program had begun must not be taken for the next one's."""
    listener.settimeout(0.05)
    try:
        while True:
            listener.accept()[0].close()
    except TimeoutError:
        listener.settimeout(30)


if __name__ == "__main__":
    sys.exit(main())
