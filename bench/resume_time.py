#!/usr/bin/env python3
"""From the start of `peerless run` on a store with 1,000,000 calls to its first new HTTP request, against the limit.

The store is filled by fill_store through the store's own interface: all of the work but its last items, so that every
question before them has to be looked up. One run goes ahead untimed and makes one call, so that the store also has the
run and its items; each timed run continues that one and is killed (SIGKILL) once its request has come. Exit code 1: a
median is over the limit."""
import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import endpoint

LIMIT_S = 2.0
IMAGES = 100
ITEMS_LEFT = 2

# What a design asks for each item: name -> (number of models, lines of the config, calls for each item)
DESIGNS = {
    "3 models, given questions": (3, "{questions: given}", 15),
    "6 models, generated questions": (6, "{questions: generated, judges: author}", 6 * (1 + 5 + 10 * 2 * 2)),
}


def write_data(directory, design, n_calls):
    """The items and their images; returns how many calls the store is to have."""
    n_models, evaluation, calls_per_item = DESIGNS[design]
    n_items = -(-n_calls // calls_per_item) + ITEMS_LEFT
    given = "given" in evaluation
    images = directory / f"{n_models}-images"
    shutil.rmtree(images, ignore_errors=True)
    images.mkdir()
    for i in range(IMAGES if given else n_items):  # without a question an item is its image
        endpoint.write_noise_png(images / f"{i:05}.png", 10_000, i + 1)
    with (directory / f"{n_models}.jsonl").open("w") as out:
        for i in range(n_items):
            item = {"id": f"item-{i:07}", "image": f"{n_models}-images/{i % IMAGES if given else i:05}.png"}
            if given:
                item["question"] = f"Which of the {i} things in this picture is the largest?"
            out.write(json.dumps(item) + "\n")
    return (n_items - ITEMS_LEFT) * calls_per_item


def write_config(directory, design, port):
    """The name of an endpoint stands for its address in keys, so that a kept store can be used from any port."""
    n_models, evaluation, _ = DESIGNS[design]
    models = "".join(f"  - {{name: m{k}, provider: openai, model: m{k}, endpoint: bench, "
                     f"base_url: 'http://127.0.0.1:{port}/v1'}}\n" for k in range(n_models))
    config = directory / f"{n_models}.yaml"
    config.write_text(f"version: 1\ndata: {{items: {n_models}.jsonl}}\nmodels:\n{models}"
                      f"evaluations: {{peer_review: {evaluation}}}\nstore: {n_models}.db\n")
    return config


def fill(fill_store, command, config, n_calls, listener):
    name = config.stem
    said = subprocess.run([fill_store, str(config), f"{name}.db", str(n_calls)], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    if int(said) != n_calls:
        sys.exit(f"{name}: {said.strip()} calls instead of {n_calls}: DESIGNS does not fit the evaluation")
    server = threading.Thread(target=answer_one, args=(listener,), daemon=True)
    server.start()
    subprocess.run([*command, "--max-calls", "1"], stderr=subprocess.DEVNULL, check=False)
    server.join(60)
    endpoint.hang_up(listener)


def answer_one(listener):
    """Answers the first request that comes, and hangs up on the others."""
    reply = json.dumps(endpoint.REPLY).encode()
    with listener.accept()[0] as connection:
        connection.settimeout(60)
        endpoint.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" %
                           len(reply) + reply)
        time.sleep(1)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peerless", default=str(root / "build/bench/peerless"), help="the program")
    parser.add_argument("--fill-store", default=str(root / "build/bench/bench/fill_store"), help="fills the store")
    parser.add_argument("--calls", type=int, default=1_000_000, help="that the store has (default 1000000)")
    parser.add_argument("--runs", type=int, default=5, help="of each (default 5)")
    parser.add_argument("--keep", help="a folder to keep the stores in, and to find them in the next time")
    args = parser.parse_args()
    peerless, fill_store = os.path.abspath(args.peerless), os.path.abspath(args.fill_store)
    good = True

    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        directory = pathlib.Path(args.keep or name).resolve()
        directory.mkdir(exist_ok=True)
        os.chdir(directory)
        port = listener.getsockname()[1]
        listener.settimeout(600)
        print(endpoint.machine())
        print(f"{'seconds to the first new request':34} {'median':>8} {'least':>8} {'most':>8} {'cpu s':>8} {'peak MB':>8}"
              f" {'store MB':>9}")
        for design, (n_models, _, _) in DESIGNS.items():
            config = write_config(directory, design, port)
            command = [peerless, "run", "--no-rank", "--quiet", "--config", str(config)]
            if not (directory / f"{n_models}.filled").exists():
                fill(fill_store, command, config, write_data(directory, design, args.calls), listener)
                (directory / f"{n_models}.filled").touch()
            samples = [endpoint.measure_to_request(command, listener, directory) for _ in range(args.runs)]
            wall = [sample.seconds for sample in samples]
            median = statistics.median(wall)
            good = good and median <= LIMIT_S
            size = (directory / f"{n_models}.db").stat().st_size / 2**20
            print(f"{design:34} {median:8.2f} {min(wall):8.2f} {max(wall):8.2f} "
                  f"{statistics.median(sample.cpu_s for sample in samples):8.2f} "
                  f"{max(sample.peak_mb for sample in samples):8.1f} "
                  f"{size:9.0f}   {median / LIMIT_S:.2f} of {LIMIT_S:g} s", flush=True)
        print(f"load at the end {endpoint.load():.1f}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
