#!/usr/bin/env python3
"""Serves one GGUF model by llama.cpp's own server on 127.0.0.1 until SIGTERM or SIGINT.

    serve.py MODEL.gguf [--mmproj FILE] [--slots N] [--slot-context TOKENS] [--port P] [--port-file FILE]
             [--with-parent]

The port is written once /health answers 200. --with-parent also ends it when the process that started it is gone.
"""
import argparse
import os
import pathlib
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

import xllamacpp

HEALTH_SECONDS_MAX = 120
PARENT_POLL_SECONDS = 1.0


def parameters(options):
    p = xllamacpp.CommonParams()
    p.model.path = options.model
    if options.mmproj:
        p.mmproj.path = options.mmproj
    p.n_parallel = options.slots
    p.n_ctx = options.slot_context * options.slots  # the server divides it by the slots
    p.hostnames = ["127.0.0.1"]
    p.port = options.port
    # With more threads than free cores the workers spin on each other, and replies take many times as long.
    p.cpuparams.n_threads = 1
    p.cpuparams_batch.n_threads = 1
    return p


def health(address):
    """HTTP status of /health; 0 while nothing listens."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until_healthy(address):
    deadline = time.monotonic() + HEALTH_SECONDS_MAX
    while health(address) != 200:
        if time.monotonic() > deadline:
            sys.exit(f"{address}/health did not answer 200 within {HEALTH_SECONDS_MAX} s")
        time.sleep(0.05)


def write_whole(path, text):
    """A reader sees the file with all of its text or not at all."""
    beside = pathlib.Path(f"{path}.new")
    beside.write_text(text)
    beside.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--mmproj", help="the projector of a vision model")
    parser.add_argument("--slots", type=int, default=2, help="requests answered at the same time (default 2)")
    parser.add_argument("--slot-context", type=int, default=4096, help="tokens per request (default 4096)")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--port-file")
    parser.add_argument("--with-parent", action="store_true")
    options = parser.parse_args()

    parent = os.getppid()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server = xllamacpp.Server(parameters(options))
    address = server.listening_address
    wait_until_healthy(address)
    print(f"{options.model} on {address}", flush=True)
    if options.port_file:
        write_whole(options.port_file, address.rsplit(":", 1)[1] + "\n")
    while not ended.wait(PARENT_POLL_SECONDS):
        if options.with_parent and os.getppid() != parent:
            break
    # The server's own shutdown waits for replies under way, which may take minutes.
    os._exit(0)


if __name__ == "__main__":
    main()
