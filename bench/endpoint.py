"""What the benchmarks share: nginx as an endpoint that always says the same, measuring a program, and this machine."""
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib

REPLY = {
    "id": "fixed", "object": "chat.completion", "created": 1, "model": "fixed",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "The first one says what can be seen.\n\n[[A]]"}}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
}
WRITTEN = ((1, "stdout.txt"), (2, "stderr.txt"))  # by a program that is measured
NGINX = """
daemon off; worker_processes {workers}; pid {dir}/nginx.pid; error_log {dir}/nginx-error.log; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 64m; client_body_buffer_size 4m; keepalive_requests 100000000;
  http2_recv_timeout 600s;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u;
  scgi_temp_path {dir}/s;
  server {{
    listen 127.0.0.1:{port} {listen} backlog=4096;
    {tls}
    default_type application/json;
    location / {{ return 200 '{reply}'; }}
  }}
}}
"""


def read_request(connection):
    """The body of the request that comes by the connection."""
    have = b""
    while b"\r\n\r\n" not in have:
        have += connection.recv(65536)
    head, body = have.split(b"\r\n\r\n", 1)
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                  if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return body


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_nginx(directory, workers=1, tls=None, http2=False):
    """(process, port). tls: the paths of a certificate and its key, or None for plain HTTP."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not os.path.exists(nginx):
        sys.exit("nginx is not installed (Debian: apt install nginx-light)")
    port = free_port()
    conf = directory / f"nginx-{port}.conf"
    reply = json.dumps(REPLY).replace("\\", "\\\\").replace("'", "\\'")
    listen = ("ssl" if tls else "") + (" http2" if http2 else "")
    lines = f"ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]};" if tls else ""
    conf.write_text(NGINX.format(dir=directory, port=port, reply=reply, workers=workers, listen=listen, tls=lines))
    server = subprocess.Popen([nginx, "-p", str(directory), "-c", str(conf)], stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server, port
        except OSError:
            time.sleep(0.05)
    server.kill()
    sys.exit(f"nginx does not answer: {(directory / 'nginx-error.log').read_text()}")


def new_certificate(directory):
    """The paths of a self-signed certificate for 127.0.0.1 and its key."""
    cert, key = directory / "server.pem", directory / "server.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    return str(cert), str(key)


def write_noise_png(path, n_bytes, seed):
    """A PNG of noise of about n_bytes, which nothing makes smaller."""
    side = int((n_bytes / 3) ** 0.5)
    state, rows = seed * 2654435761 % 2**32 or 1, bytearray()
    noise = bytearray()
    while len(noise) < 3 * side * side:
        state = (state * 1103515245 + 12345) % 2**31
        noise += hash_bytes(state)
    for y in range(side):
        rows += b"\0" + noise[3 * side * y:3 * side * (y + 1)]

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(bytes(rows), 1)) + chunk(b"IEND", b""))


def hash_bytes(number):
    import hashlib
    return hashlib.sha512(str(number).encode()).digest()


class Measured:
    """What a program took: wall and processor seconds, peak memory in MB, what it wrote."""

    def __init__(self, seconds, cpu_s, peak_mb, code, out, err):
        self.seconds, self.cpu_s, self.peak_mb = seconds, cpu_s, peak_mb
        self.code, self.out, self.err = code, out, err


def spawn(command, directory):
    """(pid, when it was started); what it writes comes into files of the directory."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    actions += [(os.POSIX_SPAWN_OPEN, fd, str(directory / name), flags, 0o600) for fd, name in WRITTEN]
    start = time.monotonic()
    return os.posix_spawn(command[0], command, os.environ, file_actions=actions), start


def reap(pid, start, directory):
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - start
    out, err = ((directory / name).read_text(errors="replace") for _, name in WRITTEN)
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
                    os.waitstatus_to_exitcode(status), out, err)


def measure(command, directory, codes=(0,)):
    done = reap(*spawn(command, directory), directory)
    if done.code not in codes:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.code}: {done.err[-2000:]}")
    return done


def measure_to_request(command, listener, directory):
    """Up to the first bytes of the program's first request; then it is killed (SIGKILL)."""
    pid, start = spawn(command, directory)
    seconds = None
    try:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(listener.gettimeout())
            connection.recv(1)
            seconds = time.monotonic() - start
    except TimeoutError:
        pass
    finally:
        os.kill(pid, signal.SIGKILL)
        done = reap(pid, start, directory)
    if seconds is None:
        sys.exit(f"{' '.join(command)}: no request: {done.err[-2000:]}")
    done.seconds = seconds
    hang_up(listener)
    return done


def hang_up(listener):
    """On connections that a killed program had begun: they must not be taken for the next one's."""
    patience = listener.gettimeout()
    listener.settimeout(0.05)
    try:
        while True:
            listener.accept()[0].close()
    except TimeoutError:
        listener.settimeout(patience)


def load():
    """Of the last minute: figures are worth little when others keep the processors busy."""
    return os.getloadavg()[0]


def machine():
    name = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} x {name}, Linux {platform.release()}, load {load():.1f}"
