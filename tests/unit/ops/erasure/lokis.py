"""Loki as erasure sees it: replicas on loopback with a list each, an elected compactor, and lines of several people.

What it does is what real Loki 3.7.6 did in the live ring: `tests/live/test_live_erasure.py`.
"""

import base64
import hashlib
import json
import ssl
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.live_servers import Server, vector

KEY = "kept-in-the-cluster-and-never-shown"
DELETE = "/loki/api/v1/delete"


def hash_of(user: str, key: str = KEY) -> str:
    """What the gateway stores in the place of an id."""
    return hashlib.sha256(f"{key}{user}".encode()).hexdigest()


@dataclass
class Replicas:
    """Three Lokis; a test says what is stored, who leads, and what happens at each look."""

    servers: dict[str, Server]
    stored: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """Lines: `body` or `attribute`, and the value that stands there."""
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    leader: str = "loki-0"
    configuration: dict[str, Any] = field(default_factory=dict[str, Any])
    down: set[str] = field(default_factory=set[str])
    """Replicas whose pod isn't ready."""
    works_at_look: int = 0
    """At which look at the leader's list, of those at open requests, it works them off; 0: never."""
    looks: int = 0

    @property
    def pods(self) -> list[dict[str, Any]]:
        """As Kubernetes lists them."""
        return [
            {
                "metadata": {"name": name, "namespace": "monitoring"},
                "status": {
                    "phase": "Running",
                    "conditions": [{"type": "Ready", "status": "False" if name in self.down else "True"}],
                },
            }
            for name in self.servers
        ]

    def answer(self, name: str) -> None:
        """Gives one server its answers."""
        server = self.servers[name]
        self.lists[name] = []
        server.answers["/config"] = lambda _: json.dumps(self.configuration).encode()
        server.answers["/metrics"] = lambda _: (
            f"loki_boltdb_shipper_compactor_running {int(self.leader == name)}\n".encode()
        )
        server.answers[DELETE] = lambda _: self._listed(name)
        server.posted[DELETE] = lambda asked: self._file(name, asked)

    def _listed(self, name: str) -> Any:
        if name == self.leader and any(one["status"] != "processed" for one in self.lists[name]):
            self.looks += 1
            if self.looks == self.works_at_look:
                self.work(name)
        return self.lists[name] or None

    def work(self, name: str) -> None:
        """The compactor takes what its list names out of the chunks."""
        for request in self.lists[name]:
            if request["status"] != "processed":
                request["status"] = "processed"
                self.stored = [line for line in self.stored if not _found(request["query"], line)]

    def _file(self, name: str, asked: Mapping[str, str]) -> int:
        self.lists[name].append(
            {
                "request_id": f"{name}-{len(self.lists[name])}",
                "start_time": float(asked["start"]),
                "end_time": float(asked["end"]),
                "query": asked["query"],
                "status": "received",
                "created_at": round(time.time(), 3),
            }
        )
        return 204

    def count(self, parameters: Mapping[str, str]) -> Any:
        """Lines that a query finds, in the piece that ends now. What a list names is left out, but for newer lines."""
        query = parameters["query"]
        if abs(time.time() - int(parameters["time"]) / 1e9) > 5:
            return vector()
        hidden = [one["query"] for requests in self.lists.values() for one in requests]
        shown = [one for one in self.stored if "new" in one or not any(_found(query, one) for query in hidden)]
        found = sum(_found(query, line) for line in shown)
        return vector(({}, float(found))) if found else vector()


def _found(query: str, line: Mapping[str, str]) -> bool:
    """Whether one of the command's queries finds a line."""
    body = "|=" in query
    return line["value"] in query and body == (line["in"] == "body")


@contextmanager
def three_lokis(tls: ssl.SSLContext) -> Generator[Replicas]:
    """Three replicas that delete, until a test changes them."""
    servers = {f"loki-{number}": Server(tls) for number in range(3)}
    made = Replicas(servers)
    made.configuration = {
        "auth_enabled": False,
        "compactor": {
            "retention_enabled": True,
            "delete_request_cancel_period": "24h0m0s",
            "retention_delete_delay": "2h0m0s",
        },
        "limits_config": {"deletion_mode": "filter-and-delete"},
    }
    for name in servers:
        made.answer(name)
    try:
        yield made
    finally:
        for server in servers.values():
            server.close()


KUBECTL = """
import json, signal
if "get" in arguments:
    path = arguments[-1].removeprefix("/api/v1/namespaces/monitoring/")
    said = json.load(open({answers!r}))
    if path not in said:
        sys.exit(f'Error from server (NotFound): {{path.replace("/", " ")}} not found')
    print(json.dumps(said[path]))
    sys.exit(0)
port = {ports!r}[arguments[-2].removeprefix("pod/")]
print(f"Forwarding from 127.0.0.1:{{port}} -> 3100", flush=True)
signal.pause()
"""


def kubectl(tools: Callable[[str, str], Path], replicas: Replicas, folder: Path, secrets: Mapping[str, str]) -> None:
    """A cluster with these pods and Secrets, whose port-forwards end at the replicas."""
    answers: dict[str, Any] = {"pods": {"items": replicas.pods}}
    for name, key in secrets.items():
        answers[f"secrets/{name}"] = {"data": {"hash-key": base64.b64encode(key.encode()).decode()}}
    file = folder / "cluster.json"
    file.write_text(json.dumps(answers))
    ports = {name: server.port for name, server in replicas.servers.items()}
    tools("kubectl", KUBECTL.format(answers=str(file), ports=ports))
