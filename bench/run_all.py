#!/usr/bin/env python3
"""Runs the benchmarks against peers and limits, one after the other. Exit code 1: one of them missed a target."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import endpoint

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=str(HERE.parent / "build/bench"), help="the build directory")
    build = pathlib.Path(parser.parse_args().build)
    peerless = ["--peerless", str(build / "peerless")]
    missed = []
    print(endpoint.machine(), flush=True)
    with tempfile.TemporaryDirectory() as directory:
        for command in (
                ["instructions.py", "--build", str(build)],
                ["run_throughput.py", *peerless, "--bare-loop", str(build / "bench/bare_loop"),
                 "--python", str(build / "python/bin/python")],
                ["run_memory.py", *peerless],
                ["start_to_request.py", *peerless],
                [str(build / "bench/store_rate"), directory],
                ["resume_time.py", *peerless, "--fill-store", str(build / "bench/fill_store")]):
            if command[0].endswith(".py"):
                command = [sys.executable, str(HERE / command[0]), *command[1:]]
            print(f"\n$ {' '.join(command)}", flush=True)
            if subprocess.run(command, check=False).returncode != 0:
                missed.append(command)
    for command in missed:
        print(f"missed a target or failed: {' '.join(command)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
