"""A reverse proxy in front of the servers that counts and keeps what passes, and can answer in a model's place.

The model is the first part of the path: /NAME/v1/chat/completions goes to NAME's server as /v1/chat/completions.
"""
import dataclasses
import http.client
import http.server
import json
import threading

TIMEOUT_SECONDS = 1800


@dataclasses.dataclass
class Exchange:
    model: str
    request: dict  # as JSON
    status: int
    reply: dict | None  # as JSON; None if it is none

    @property
    def text(self):
        """What the model said."""
        return self.reply["choices"][0]["message"]["content"]

    @property
    def prompt(self):
        """The text of the last message, without its image."""
        content = self.request["messages"][-1]["content"]
        if isinstance(content, str):
            return content
        return "".join(part["text"] for part in content if part["type"] == "text")

    @property
    def images(self):
        content = self.request["messages"][-1]["content"]
        return [] if isinstance(content, str) else [part for part in content if part["type"] == "image_url"]


class Proxy:
    """Counts from the moment it is made until close(). Safe to read while requests pass."""

    def __init__(self, servers):
        self.ports = {server.model.name: server.port for server in servers}
        self.answers = {}  # by model: function of the prompt that gives a text, or None to ask the model
        self._exchanges = []
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def base_url(self, name):
        return f"http://127.0.0.1:{self._server.server_port}/{name}/v1"

    def add(self, exchange):
        with self._lock:
            self._exchanges.append(exchange)

    def exchanges(self):
        with self._lock:
            return list(self._exchanges)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def completion(name, text):
    """A reply as a server words it."""
    return {"id": "chatcmpl-proxy", "object": "chat.completion", "created": 0, "model": name,
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


def json_or_none(raw):
    try:
        return json.loads(raw)
    except ValueError:
        return None


def handler_for(proxy):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            _, name, rest = self.path.split("/", 2)
            exchange = Exchange(name, json_or_none(raw) or {}, 0, None)
            answer = proxy.answers.get(name, lambda prompt: None)(exchange.prompt)
            if answer is None:
                exchange.status, kind, body = self.forward(name, "/" + rest, raw)
            else:
                exchange.status, kind = 200, "application/json"
                body = json.dumps(completion(name, answer)).encode()
            exchange.reply = json_or_none(body)
            proxy.add(exchange)  # before the reply is sent: whoever has it finds it counted
            try:
                self.send_response(exchange.status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # whoever asked is gone
                self.close_connection = True

        def forward(self, name, path, raw):
            connection = http.client.HTTPConnection("127.0.0.1", proxy.ports[name], timeout=TIMEOUT_SECONDS)
            try:
                headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                connection.request("POST", path, raw, headers)
                reply = connection.getresponse()
                return reply.status, reply.headers.get("Content-Type", ""), reply.read()
            except OSError as error:
                return 502, "application/json", json.dumps({"error": {"message": f"{name}: {error}"}}).encode()
            finally:
                connection.close()

        def log_message(self, *_):
            pass

    return Handler
