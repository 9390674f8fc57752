"""Starts and ends the servers of models; asks them."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
START_SECONDS_MAX = 180
SLOTS = 2  # requests that one server answers at the same time


class Server:
    def __init__(self, model, pid, port):
        self.model, self.pid, self.port = model, pid, port

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path, body):
        """The reply to a JSON request; urllib.error.HTTPError if it is no success."""
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as reply:
            return json.load(reply)

    def tokens(self, text, control):
        """The numbers of the tokens of a text; with `control`, control tokens in it are read as what they stand for."""
        body = {"content": text, "add_special": False, "parse_special": control}
        return self.ask("/tokenize", body)["tokens"]

    def rendered(self, messages):
        """The whole text that the model is given for a chat."""
        return self.ask("/apply-template", {"messages": messages})["prompt"]


def start(models, folder, with_parent):
    """One server for each model, all healthy. Logs go to folder. Nothing is left running when it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    started = []
    try:
        for model in models:
            started.append((model, *launch(model, folder, with_parent)))
        return [Server(model, process.pid, wait_for_port(model, process, port_file, folder))
                for model, process, port_file in started]
    except BaseException:
        for _, process, _ in started:
            process.kill()
            process.wait()
        raise


def launch(model, folder, with_parent):
    port_file = folder / f"{model.name}.port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, str(HERE / "serve.py"), str(model.text), "--slots", str(SLOTS),
               "--port-file", str(port_file)]
    if model.mmproj:
        command += ["--mmproj", str(model.mmproj)]
    if with_parent:
        command.append("--with-parent")
    with open(folder / f"{model.name}.log", "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    return process, port_file


def wait_for_port(model, process, port_file, folder):
    deadline = time.monotonic() + START_SECONDS_MAX
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            log = (folder / f"{model.name}.log").read_text(errors="replace").splitlines()
            raise SystemExit(f"the server of {model.name} did not start:\n  " + "\n  ".join(log[-15:]))
        time.sleep(0.05)
    return int(port_file.read_text())


def is_ours(pid):
    """Whether a process number still belongs to a server that was started here; numbers are used again."""
    try:
        return str(HERE / "serve.py").encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def end(pids, seconds_max=10.0):
    """Ends servers; returns how many there were."""
    pids = [pid for pid in pids if is_ours(pid)]
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds_max
    while any(map(is_ours, pids)):  # one that has ended has no command line any more
        if time.monotonic() > deadline:
            for pid in filter(is_ours, pids):
                os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    return len(pids)
