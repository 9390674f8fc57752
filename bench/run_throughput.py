#!/usr/bin/env python3
"""`peerless run` on 100 KB images against nginx with one fixed reply, beside a bare loop of libcurl and libuv, wrk, and
Python harnesses: the same bytes, as many at a time, in turn in the same minutes.

peerless keeps every reply durably before its task counts as ended; the others throw theirs away. Its seconds are those
of the whole process, from its start to its end. Processor seconds a call: peerless with its start, Python without (the
difference between many calls and few). Exit code 1: a median misses a target."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

import endpoint

RATIO_MIN = 0.70        # of the bare loop's requests a second
PYTHON_RATIO_MIN = 20.0  # processor seconds a call
PEAK_MAX_MB = 200.0
CALLS_PER_ITEM = 15     # three models, given questions: 3 answers, 12 judgments
IMAGES = 100
MODELS = ("first", "second", "third")


def write_config(directory, name, n_items, port, concurrency, scheme="http", more=""):
    items = directory / f"{name}.jsonl"
    with items.open("w") as out:
        for i in range(n_items):
            out.write(json.dumps({"id": f"item-{i:06}", "image": f"images/{i % IMAGES:03}.png",
                                  "question": f"Which of the {i} things in this picture is the largest?"}) + "\n")
    models = "".join(
        f"  - {{name: {model}, provider: openai, model: {model}, base_url: '{scheme}://127.0.0.1:{port}/v1', "
        f"image: {{format: png}}, limits: {{concurrency: {concurrency // len(MODELS)}}}{more}}}\n" for model in MODELS)
    config = directory / f"{name}.yaml"
    config.write_text(f"version: 1\ndata: {{items: {items.name}}}\nmodels:\n{models}"
                      f"evaluations: {{peer_review: {{questions: given}}}}\nstore: {name}.db\n")
    return config


def forget_store(directory, name):
    for end in ("", "-wal", "-shm", "-lock"):
        (directory / f"{name}.db{end}").unlink(missing_ok=True)


def catch_body(peerless, directory):
    """The body of a request that peerless sends, for the others to send too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = write_config(directory, "catch", 1, listener.getsockname()[1], len(MODELS))
        program = subprocess.Popen([peerless, "run", "--quiet", "--config", str(config)], stderr=subprocess.DEVNULL)
        listener.settimeout(30)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(30)
            body = endpoint.read_request(connection)
        program.send_signal(signal.SIGKILL)
        program.wait()
    forget_store(directory, "catch")
    return body


class Peers:
    def __init__(self, args, directory, port):
        self.args, self.directory, self.url = args, directory, f"http://127.0.0.1:{port}/v1/chat/completions"
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.port = port
        self.rows = {}

    def note(self, name, rate, cpu_ms, peak_mb):
        self.rows.setdefault(name, []).append((rate, cpu_ms, peak_mb))

    def peerless(self, n_items):
        name = f"run-{n_items}"
        forget_store(self.directory, name)
        config = write_config(self.directory, name, n_items, self.port, self.args.concurrency)
        m = endpoint.measure([self.args.peerless, "run", "--no-rank", "--quiet", "--config", str(config)],
                             self.directory)
        calls = n_items * CALLS_PER_ITEM
        self.note(f"peerless run, {calls:,} calls", calls / m.seconds, m.cpu_s * 1e3 / calls, m.peak_mb)

    def bare_loop(self):
        m = endpoint.measure([self.args.bare_loop, self.url, str(self.directory / "body.json"), str(self.args.calls),
                              str(self.args.concurrency)], self.directory)
        said = json.loads(m.out)
        self.note("bare libcurl + libuv loop", said["requests"] / m.seconds, m.cpu_s * 1e3 / said["requests"],
                  m.peak_mb)

    def wrk(self):
        os.environ["WRK_BODY"] = str(self.directory / "body.json")
        m = endpoint.measure([shutil.which("wrk"), "-t1", f"-c{self.args.concurrency}", "-d3s", "-s",
                              str(pathlib.Path(__file__).with_name("wrk_post.lua")), self.url], self.directory)
        said = json.loads(m.out.strip().splitlines()[-1])
        if said["failed"]:
            sys.exit(f"wrk: {m.out}")
        self.note("wrk, one thread", said["requests"] / said["seconds"], m.cpu_s * 1e3 / said["requests"], m.peak_mb)

    def python(self, kind, few, many):
        """Two runs: their difference has no start in it."""
        ends = []
        for n in (few, many):
            m = endpoint.measure([self.args.python, str(pathlib.Path(__file__).with_name("python_client.py")), kind,
                                  self.base_url, str(self.directory / "images"), str(n), str(self.args.concurrency)],
                                 self.directory)
            ends.append((json.loads(m.out.strip().splitlines()[-1])["seconds"], m.cpu_s, m.peak_mb))
        self.note({"openai": "AsyncOpenAI", "inspect": "inspect-ai"}[kind],
                  (many - few) / (ends[1][0] - ends[0][0]), (ends[1][1] - ends[0][1]) * 1e3 / (many - few), ends[1][2])

    def median(self, name, column):
        return statistics.median(row[column] for row in self.rows[name])


def can(python, module):
    return subprocess.run([python, "-c", f"import {module}"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def show(peers, kinds):
    print(f"{'':34} {'calls/s':>9} {'least':>9} {'most':>9} {'cpu ms/call':>12} {'peak MB':>8}")
    for name, rows in peers.rows.items():
        rates = [row[0] for row in rows]
        print(f"{name:34} {peers.median(name, 0):9.0f} {min(rates):9.0f} {max(rates):9.0f} {peers.median(name, 1):12.4f} "
              f"{max(row[2] for row in rows):8.1f}")
    ours = [name for name in peers.rows if name.startswith("peerless")]
    last = ours[-1]
    ratio = peers.median(last, 0) / peers.median("bare libcurl + libuv loop", 0)
    good = ratio >= RATIO_MIN
    print(f"{ratio:.2f} of the bare loop's requests a second (at least {RATIO_MIN:.2f})")
    for kind in kinds:
        name = {"openai": "AsyncOpenAI", "inspect": "inspect-ai"}[kind]
        ratio = peers.median(name, 1) / peers.median(last, 1)
        good = good and ratio >= PYTHON_RATIO_MIN
        print(f"{ratio:.1f} times fewer processor seconds a call than {name} (at least {PYTHON_RATIO_MIN:.0f})")
    peaks = [max(row[2] for row in peers.rows[name]) for name in ours]
    good = good and max(peaks) <= PEAK_MAX_MB
    print(f"peak {max(peaks):.1f} MB (at most {PEAK_MAX_MB:.0f}); " +
          ", ".join(f"{name.split(', ')[1]}: {peak:.1f}" for name, peak in zip(ours, peaks)))
    return good


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peerless", default=str(root / "build/bench/peerless"), help="the program")
    parser.add_argument("--bare-loop", default=str(root / "build/bench/bench/bare_loop"), help="the bare loop")
    parser.add_argument("--python", default=str(root / "build/bench/python/bin/python"),
                        help="an interpreter with openai and inspect-ai (see bench/README.md); rows left out if absent")
    parser.add_argument("--calls", type=int, default=30000, help="of each run (default 30000)")
    parser.add_argument("--concurrency", type=int, default=96, help="requests in flight (default 96)")
    parser.add_argument("--runs", type=int, default=5, help="of each kind, in turn (default 5)")
    parser.add_argument("--python-calls", type=int, default=1500, help="(default 1500)")
    args = parser.parse_args()
    args.peerless, args.bare_loop = os.path.abspath(args.peerless), os.path.abspath(args.bare_loop)
    if args.concurrency % len(MODELS):
        parser.error(f"--concurrency: a multiple of {len(MODELS)}")
    kinds = [kind for kind, module in (("openai", "openai"), ("inspect", "inspect_ai"))
             if os.path.exists(args.python) and can(args.python, module)]

    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        os.chdir(directory)
        (directory / "images").mkdir()
        for i in range(IMAGES):
            endpoint.write_noise_png(directory / "images" / f"{i:03}.png", 100_000, i + 1)
        body = catch_body(args.peerless, directory)
        (directory / "body.json").write_bytes(body)
        server, port = endpoint.start_nginx(directory)
        try:
            peers = Peers(args, directory, port)
            print(f"{endpoint.machine()}; bodies of {len(body):,} bytes, {args.concurrency} at a time, "
                  f"{args.runs} runs each", flush=True)
            for _ in range(args.runs):
                peers.peerless(args.calls // CALLS_PER_ITEM // 10)
                peers.peerless(args.calls // CALLS_PER_ITEM)
                peers.bare_loop()
                if shutil.which("wrk"):
                    peers.wrk()
            for kind in kinds:
                peers.python(kind, args.concurrency, args.python_calls)
        finally:
            server.terminate()
            server.wait()
        good = show(peers, kinds)
        print(f"load at the end {endpoint.load():.1f}")
    if not kinds:
        print(f"no Python harness: {args.python} has neither openai nor inspect-ai")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
