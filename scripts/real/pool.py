#!/usr/bin/env python3
"""The commands of scripts/real-pool; run by it, in its virtual environment."""
import argparse
import dataclasses
import json
import pathlib
import shutil
import signal
import sys
import time

import check_choice
import check_injection
import check_probe
import check_replicas
import check_run
import check_samples
import choice_items
import config
import models
import proxy
import servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "real"
STATE = BUILD / "running.json"
N_SAMPLED_ITEMS = 4
MARKS_GRAMMAR = 'root ::= "[[" ("SAME" | "DIFFERENT") "]]"'
TEXT_ITEMS = ROOT / "scripts" / "real" / "text_items.jsonl"


def say(words):
    print(words, file=sys.stderr, flush=True)


def copy_photographs(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in models.photographs():
        shutil.copyfile(path, folder / path.name)
    return folder


def command_start(options):
    if STATE.exists() and any(map(servers.is_ours, json.loads(STATE.read_text()))):
        raise SystemExit("servers are running already; end them with scripts/real-pool stop")
    text = options.data == "text"
    pool = models.text_pool(BUILD / "models") if text else models.photo_pool(BUILD / "models")
    started = servers.start(pool, BUILD / "log", with_parent=False)
    STATE.write_text(json.dumps([server.pid for server in started]))
    base_urls = {server.model.name: server.address + "/v1" for server in started}
    if text:
        print(config.text_config(TEXT_ITEMS, pool, base_urls), end="")
    else:
        print(config.photo_config(copy_photographs(BUILD / "photos"), pool, base_urls), end="")
    say(f"{len(started)} servers are running (logs in {BUILD / 'log'}); their peerless.yaml is above. "
        "They stay until scripts/real-pool stop.")


def command_stop(_):
    pids = json.loads(STATE.read_text()) if STATE.exists() else []
    say(f"{servers.end(pids)} servers ended")
    STATE.unlink(missing_ok=True)


def test_pool(check, title, pool, folder, binary, make_config, n_images):
    print(f"\n{title}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = servers.start(pool, folder / "log", with_parent=True)
    front = proxy.Proxy(started)
    try:
        base_urls = {model.name: front.base_url(model.name) for model in pool}
        (folder / "peerless.yaml").write_text(make_config(base_urls))
        formal = [model.name for model in pool if model.grammar]
        check_run.check_run(check, check_run.Peerless(binary, folder), front, n_images, formal)
    finally:
        front.close()
        servers.end([server.pid for server in started])


def test_injection(check, pool, folder, binary):
    print("\nAn answer that tries to leave its quotation, in front of the real tokenizers")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = servers.start(pool, folder / "log", with_parent=True)
    try:
        check_injection.check_injection(check, binary, folder, started)
    finally:
        servers.end([server.pid for server in started])


def test_replicas(check, pool, folder, binary):
    print("\nTwo servers of one model, one of which is killed in mid-run")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = servers.start([*check_replicas.twice(pool[0]), *pool[1:]], folder / "log", with_parent=True)
    try:
        addresses = [server.address + "/v1" for server in started]
        base_urls = dict(zip((model.name for model in pool), [addresses[:2], *addresses[2:]]))
        (folder / "peerless.yaml").write_text(config.text_config(TEXT_ITEMS, pool, base_urls))
        check_replicas.check_replicas(check, binary, folder, started[1], len(pool))
    finally:
        servers.end([server.pid for server in started])


def test_probe(check, pool, folder, binary):
    print("\nWhat peerless probe finds out about the servers")
    pool = list({model.name: model for model in pool}.values())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = servers.start(pool, folder / "log", with_parent=True)
    try:
        base_urls = {server.model.name: server.address + "/v1" for server in started}
        (folder / "peerless.yaml").write_text(config.text_config(TEXT_ITEMS, pool, base_urls))
        check_probe.check_probe(check, check_run.Peerless(binary, folder), pool)
    finally:
        servers.end([server.pid for server in started])


def test_choice(check, pool, folder, binary):
    print("\nMultiple choice with log-probabilities, two language models and a model of random weights")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    items = folder / "items.jsonl"
    n_items = choice_items.write(items)
    started = servers.start(pool, folder / "log", with_parent=True)
    front = proxy.Proxy(started)
    try:
        base_urls = {model.name: front.base_url(model.name) for model in pool}
        (folder / "peerless.yaml").write_text(config.choice_config(items, pool, base_urls))
        check_choice.check_choice(check, check_run.Peerless(binary, folder), front, items, n_items, len(pool))
    finally:
        front.close()
        servers.end([server.pid for server in started])


def test_samples(check, pool, folder, binary):
    print("\nSamples of open answers, compared by a language model that is held to the marks")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    items = folder / "items.jsonl"
    questions = TEXT_ITEMS.read_text(encoding="utf-8").splitlines()[:N_SAMPLED_ITEMS]
    items.write_text("\n".join(questions) + "\n", encoding="utf-8")
    judge = dataclasses.replace(pool[1], grammar=MARKS_GRAMMAR)
    pool = [dataclasses.replace(pool[0], grammar=None), judge]
    started = servers.start(pool, folder / "log", with_parent=True)
    front = proxy.Proxy(started)
    try:
        base_urls = {model.name: front.base_url(model.name) for model in pool}
        (folder / "peerless.yaml").write_text(
            config.samples_config(items, pool, base_urls, judge.name, check_samples.SAMPLES))
        check_samples.check_samples(check, check_run.Peerless(binary, folder), front, len(questions), len(pool))
    finally:
        front.close()
        servers.end([server.pid for server in started])


def command_test(options):
    binary = str(pathlib.Path(options.binary).resolve())
    if not pathlib.Path(binary).is_file():
        raise SystemExit(f"{options.binary} is not there: build it (cmake --preset dev && cmake --build --preset dev) "
                         "or name another one")
    began = time.monotonic()
    check = check_run.Checks()
    text_pool, photo_pool = models.text_pool(BUILD / "models"), models.photo_pool(BUILD / "models")
    if options.only in (None, "injection"):
        test_injection(check, text_pool, BUILD / "test" / "injection", binary)
    if options.only in (None, "replicas"):
        test_replicas(check, models.replica_pool(BUILD / "models"), BUILD / "test" / "replicas", binary)
    if options.only in (None, "probe"):
        test_probe(check, [*text_pool, photo_pool[0]], BUILD / "test" / "probe", binary)
    if options.only in (None, "choice"):
        test_choice(check, models.choice_pool(BUILD / "models"), BUILD / "test" / "choice", binary)
    if options.only in (None, "samples"):
        test_samples(check, text_pool, BUILD / "test" / "samples", binary)
    if options.only in (None, "photos"):
        photos = copy_photographs(BUILD / "photos")
        test_pool(check, "Photographs, three vision models of random weights, generated questions, both criteria",
                  photo_pool, BUILD / "test" / "photos", binary,
                  lambda urls: config.photo_config(photos, photo_pool, urls), len(list(photos.iterdir())))
    if options.only in (None, "text"):
        test_pool(check, "Questions in text, two language models and a vision model of random weights", text_pool,
                  BUILD / "test" / "text", binary, lambda urls: config.text_config(TEXT_ITEMS, text_pool, urls), 0)
    print(f"\n{check.passed} passed, {check.failed} failed")
    say(f"{time.monotonic() - began:.0f} s; stores, configurations and logs are in {BUILD / 'test'}")
    return 1 if check.failed else 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/real-pool", description="Real llama.cpp servers for peerless.")
    commands = parser.add_subparsers(required=True, metavar="start|stop|test")
    start = commands.add_parser("start", help="start servers and print a peerless.yaml for them")
    start.add_argument("data", nargs="?", choices=["text", "photos"], default="text",
                       help="questions in text with two language models (default), or photographs")
    start.set_defaults(run=command_start)
    commands.add_parser("stop", help="end them").set_defaults(run=command_stop)
    test = commands.add_parser("test", help="run peerless against them and check what it says and stores")
    test.add_argument("binary", nargs="?", default=str(ROOT / "build" / "dev" / "peerless"))
    test.add_argument("--only", choices=["choice", "injection", "replicas", "photos", "probe", "samples", "text"])
    test.set_defaults(run=command_test)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers and programs under test are ended on the way out
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
