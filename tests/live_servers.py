"""Real HTTP servers on loopback that answer as Loki, Tempo, Mimir, Grafana and the collector do, and fail as they do.

Paths, parameters and shapes are those of the products' HTTP API pages; what a test wants to be true of a platform it
puts into the server's `answers`, and how the server should fail into `failures`.
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"


@dataclass
class Failure:
    """How a server fails."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    silent: bool = False
    """Accepts and never answers, until the test ends."""
    times: int = -1
    """How often; -1 for ever."""


DOWN = Failure(status=503, body=b"Ingester not ready: waiting for 15s after being ready")
UNAUTHORIZED = Failure(status=401, body=b'{"message":"Unauthorized"}')
GARBAGE = Failure(body=b"<html><body>Welcome to nginx!</body></html>")
SILENT = Failure(silent=True)


def busy(seconds: str, times: int = -1) -> Failure:
    """429 with Retry-After."""
    return Failure(status=429, body=b"too many outstanding requests", headers={"Retry-After": seconds}, times=times)


Answer = Callable[[Mapping[str, str]], Any]
"""A query's parameters to a JSON document, bytes, or an int for an empty answer of that status."""


class Server:
    """One server; `url` is where it listens."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.posts: dict[str, Callable[[bytes], Any]] = {}
        self.posted: dict[str, Answer] = {}
        """What a POST without a body asks for, by its parameters."""
        self.deletes: Callable[[str], Any] = lambda _: 405
        """What a DELETE of a path is answered."""
        self.default: Answer = lambda _: 404
        """For paths that nothing else answers."""
        self.failure: Failure | None = None
        self.requests: list[str] = []
        self.authorizations: list[str] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                outer._answer(self, b"")

            def do_POST(self) -> None:
                outer._answer(self, self.rfile.read(int(self.headers.get("Content-Length", "0"))))

            def do_DELETE(self) -> None:
                outer._answer(self, b"")

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hangs up, or refuses the certificate, is what some tests are about."""

        self._http = Quiet((LOOPBACK, 0), Handler)
        self.port = int(self._http.server_address[1])
        self.scheme = "http" if tls is None else "https"
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=lambda: self._http.serve_forever(poll_interval=0.01), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"{self.scheme}://{LOOPBACK}:{self.port}"

    def close(self) -> None:
        """Stops it and lets silent requests go."""
        self._ended.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        with self._lock:
            self.requests.append(handler.path)
            self.authorizations.append(handler.headers.get("Authorization", ""))
            failure = self.failure
            if failure is not None and failure.times == 0:
                failure = self.failure = None
            elif failure is not None and failure.times > 0:
                failure.times -= 1
        if failure is not None:
            if failure.silent:
                self._ended.wait()
                return
            _send(handler, failure.status, failure.body, failure.headers)
            return
        parameters = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if handler.command == "DELETE":
            document = self.deletes(parts.path)
        elif handler.command == "POST" and parts.path in self.posts:
            document = self.posts[parts.path](body)
        elif handler.command == "POST" and parts.path in self.posted:
            document = self.posted[parts.path](parameters)
        elif parts.path in self.answers:
            document = self.answers[parts.path](parameters)
        else:
            document = self.default(parameters)
        _reply(handler, document)


def _reply(handler: BaseHTTPRequestHandler, document: Any) -> None:
    if isinstance(document, int):
        _send(handler, document, b"", {})
    elif isinstance(document, bytes):
        _send(handler, 200, document, {})
    else:
        _send(handler, 200, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def vector(*series: tuple[Mapping[str, str], float]) -> Any:
    """An instant vector as Prometheus and Loki answer it."""
    result = [{"metric": dict(labels), "value": [1_790_000_000, str(value)]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def streams(*lines: tuple[Mapping[str, str], str]) -> Any:
    """Log lines as Loki answers them."""
    result = [
        {"stream": dict(labels), "values": [[str(1_790_000_000_000_000_000 - number), text]]}
        for number, (labels, text) in enumerate(lines)
    ]
    return {"status": "success", "data": {"resultType": "streams", "result": result}}


Vector = list[tuple[Mapping[str, str], float]]


class Platform:
    """Loki, Tempo, Mimir, Grafana and an OTLP receiver that are well, until a test changes them."""

    def __init__(self) -> None:
        self.loki, self.tempo, self.mimir, self.grafana, self.otlp = (Server() for _ in range(5))
        self.metrics: list[tuple[str, Vector]] = []
        """Answers by a part of the query, the first that fits; other queries have no series."""
        self.alerts: list[Mapping[str, str]] = [{"alertname": "Watchdog", "severity": "none"}]
        self.dashboards: dict[str, Any] = {}
        self.received: list[Any] = []
        self._fill()

    @property
    def endpoints(self) -> list[str]:
        """`--endpoint` arguments."""
        servers = {
            "loki": self.loki, "tempo": self.tempo, "mimir": self.mimir, "grafana": self.grafana, "otlp": self.otlp,
        }  # fmt: skip
        return [f"{name}={server.url}" for name, server in servers.items()]

    @property
    def servers(self) -> tuple[Server, ...]:
        """All of them."""
        return self.loki, self.tempo, self.mimir, self.grafana, self.otlp

    def tell(self, part: str, *series: tuple[Mapping[str, str], float]) -> None:
        """Queries that contain `part` are answered with these series."""
        self.metrics.insert(0, (part, list(series)))

    def _fill(self) -> None:
        self.loki.answers["/ready"] = lambda _: b"ready\n"
        self.loki.answers["/ring"] = lambda _: {"shards": [{"id": "loki-0", "state": "ACTIVE"}], "now": "2026-11-25"}
        self.tempo.answers["/ready"] = lambda _: b"ready\n"
        self.loki.answers["/loki/api/v1/query_range"] = lambda _: streams()
        self.loki.answers["/loki/api/v1/query"] = lambda _: vector()
        self.mimir.answers["/prometheus/api/v1/query"] = self._query
        self.mimir.answers["/alertmanager/api/v2/alerts"] = lambda _: [{"labels": one} for one in self.alerts]
        self.grafana.answers["/api/health"] = lambda _: {"database": "ok", "version": "13.2.0", "commit": "abc"}
        self.grafana.answers["/api/search"] = lambda _: [{"uid": uid} for uid in self.dashboards]
        for uid in ("mimir", "loki", "tempo"):
            path = f"/api/datasources/uid/{uid}/health"
            self.grafana.answers[path] = lambda _: {"status": "OK", "message": "Data source is working"}
        self.otlp.posts["/v1/traces"] = self._receive
        jobs = ("loki", "tempo", "mimir", "grafana", "collector-agent", "collector-gateway",
                "kube-state-metrics", "node-exporter", "cert-manager")  # fmt: skip
        up: Vector = [({"job": job}, 1.0) for job in jobs]
        self.tell("vector(1)", ({}, 1.0))
        self.tell("by (job) (up)", *up)
        self.tell("ring_members", ({"job": "mimir", "name": "ingester", "state": "ACTIVE"}, 3.0))
        self.tell("send_failed", ({"exporter": "otlp_http/mimir"}, 0.0))

    def dashboard(self, model: Mapping[str, Any]) -> None:
        """One more dashboard."""
        uid = str(model["uid"])
        self.dashboards[uid] = model
        self.grafana.answers[f"/api/dashboards/uid/{uid}"] = lambda _: {"dashboard": model, "meta": {}}

    def _query(self, parameters: Mapping[str, str]) -> Any:
        for part, series in self.metrics:
            if part in parameters["query"]:
                return vector(*series)
        return vector()

    def _receive(self, body: bytes) -> Any:
        self.received.append(json.loads(body))
        return {"partialSuccess": {}}


@contextmanager
def running_platform() -> Generator[Platform, None, None]:
    """A platform that ends with the block."""
    platform = Platform()
    try:
        yield platform
    finally:
        for server in platform.servers:
            server.close()


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Generator[Server, None, None]:
    """One server that ends with the block."""
    server = Server(tls)
    try:
        yield server
    finally:
        server.close()


def closed_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])
