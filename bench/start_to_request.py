#!/usr/bin/env python3
"""From the start of `peerless run` to its first HTTP request, cold store, against the limit of 50 ms.

A listener on the loopback interface notes when the first bytes of a request have come; the clock (CLOCK_MONOTONIC)
starts before the program is spawned. Beside it stand /bin/true (what spawning costs here) and, where installed, curl
asking the same listener (libcurl and TLS libraries alone). Exit code 1: a median is over the limit."""
import argparse
import os
import pathlib
import shutil
import socket
import statistics
import sys
import tempfile

import endpoint

LIMIT_MS = 50.0
MODELS = ("first", "second", "third")


def write_config(directory, name, port, data):
    models = "".join(
        f"  - {{name: {model}, provider: openai, model: {model}, base_url: 'http://127.0.0.1:{port}/v1'}}\n"
        for model in MODELS)
    path = directory / name
    path.write_text(f"version: 1\ndata: {data}\nmodels:\n{models}store: run.db\n")
    return path


def cold(command, listener, directory):
    for name in ("run.db", "run.db-wal", "run.db-shm"):
        (directory / name).unlink(missing_ok=True)
    return endpoint.measure_to_request(command, listener, directory)


def show(name, samples, limit_ms=None):
    wall = [sample.seconds * 1e3 for sample in samples]
    median_ms = statistics.median(wall)
    cpu_ms = statistics.median(sample.cpu_s * 1e3 for sample in samples)
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
        endpoint.measure([peerless, "sim", "scenes", "--number", "5", "--output", "scenes"], directory)
        (directory / "items.jsonl").write_text(
            "".join(f'{{"id": "q{i}", "question": "What is {i} and {i}?"}}\n' for i in range(20)))
        run = {kind: [peerless, "run", "--quiet", "--config", str(write_config(directory, f"{kind}.yaml", port, data))]
               for kind, data in (("text", "{items: items.jsonl}"), ("image", "{images: scenes}"))}
        for _ in range(args.runs):  # in turn, so that a busy moment does not hit one kind only
            kinds["true"].append(endpoint.measure([shutil.which("true")], directory))
            kinds["version"].append(endpoint.measure([peerless, "--version"], directory))
            if curl:
                kinds["curl"].append(cold([curl, "-s", f"http://127.0.0.1:{port}/"], listener, directory))
            for kind in ("text", "image"):
                kinds[kind].append(cold(run[kind], listener, directory))

    print(f"{'milliseconds, ' + str(args.runs) + ' runs each':34} {'median':>8} {'least':>8} {'most':>8} {'cpu':>8}")
    show("/bin/true, to its end", kinds["true"])
    show("peerless --version, to its end", kinds["version"])
    if curl:
        show("curl, to its request", kinds["curl"])
    good = show("peerless run, text, to its request", kinds["text"], LIMIT_MS)
    good = show("peerless run, image, to its request", kinds["image"], LIMIT_MS) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
