#!/usr/bin/env python3
"""Peak memory of `peerless run` at 1,000 and 10,000 items, text and image, against nginx with one fixed reply.

Three models, given questions, a cold store. Image items share 200 scenes and differ in their questions. The peak is
the kernel's ru_maxrss. Exit code 1: ten times the items take more than 10 % more memory, or more than 200 MB."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import endpoint

GROWTH_MAX = 1.10
PEAK_MAX_MB = 200.0
SCENES = 200
MODELS = ("first", "second", "third")


def write_run(directory, kind, n, port):
    items = directory / f"{kind}-{n}.jsonl"
    with items.open("w") as out:
        for i in range(n):
            item = {"id": f"item-{i:06}", "question": f"Which of the {i} things there are is the largest?"}
            if kind == "image":
                item["image"] = f"scenes/scene-{i % SCENES + 1:05}.png"
            out.write(json.dumps(item) + "\n")
    models = "".join(
        f"  - {{name: {model}, provider: openai, model: {model}, base_url: 'http://127.0.0.1:{port}/v1'}}\n"
        for model in MODELS)
    config = directory / f"{kind}-{n}.yaml"
    config.write_text(f"version: 1\ndata: {{items: {items.name}}}\nmodels:\n{models}"
                      "evaluations: {peer_review: {questions: given}}\n"
                      f"store: {kind}-{n}.db\n")
    return config


def last_words(said):
    return next((line for line in said.splitlines() if " have a response" in line), "")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peerless", default=str(root / "build/bench/peerless"), help="the program")
    parser.add_argument("--items", default="1000,10000", help="numbers of items (default 1000,10000)")
    parser.add_argument("--kinds", default="text,image", help="which items (default text,image)")
    parser.add_argument("--rank", action="store_true", help="with the ranking that run ends with")
    parser.add_argument("--max-calls", type=int, default=0, help="end each run after so many calls (default: all)")
    args = parser.parse_args()
    peerless = os.path.abspath(args.peerless)
    bound = [] if args.rank else ["--no-rank"]
    bound += ["--max-calls", str(args.max_calls)] if args.max_calls else []
    good = True

    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        server, port = endpoint.start_nginx(directory)
        try:
            os.chdir(directory)
            if "image" in args.kinds:
                subprocess.run([peerless, "sim", "scenes", "--number", str(SCENES), "--output", "scenes"], check=True,
                               stderr=subprocess.DEVNULL)
            print(f"{'items':>14} {'peak MB':>9} {'growth':>7} {'seconds':>8} {'cpu s':>8}   what the run said", flush=True)
            for kind in args.kinds.split(","):
                first_mb = None
                for n in map(int, args.items.split(",")):
                    config = write_run(directory, kind, n, port)
                    done = endpoint.measure([peerless, "run", "--config", str(config), *bound], directory,
                                            codes=(0, 3))  # 3: stopped by its budget of calls
                    first_mb = first_mb or done.peak_mb
                    growth = done.peak_mb / first_mb
                    good = good and growth <= GROWTH_MAX and done.peak_mb <= PEAK_MAX_MB
                    print(f"{n:8} {kind:5} {done.peak_mb:9.1f} {growth:7.3f} {done.seconds:8.1f} {done.cpu_s:8.1f}   "
                          f"{last_words(done.err)}", flush=True)
        finally:
            server.terminate()
            server.wait()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
