"""Loki as erasure sees it: replicas on loopback with a list each, an elected compactor, and lines of several people.

What it does is what real Loki 3.7.6 did in the live ring: `tests/live/test_live_erasure.py`.
"""

import base64
import hashlib
import json
import ssl
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.live_servers import LOOPBACK, Server, vector

KEY = "kept-in-the-cluster-and-never-shown"
# Shorter than any piece that is counted at once, longer than a test.
PIECE_SECONDS = 600
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
    stale_counts: int = 0
    """How many counts still see lines that are deleted already, as a replica's old index does."""
    _deleted: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """Where each listens."""
        return {name: (LOOPBACK, server.port) for name, server in self.servers.items()}

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
                gone = [line for line in self.stored if _found(request["query"], line)]
                self.stored = [line for line in self.stored if line not in gone]
                self._deleted += gone

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
        if abs(time.time() - int(parameters["time"]) / 1e9) > PIECE_SECONDS:
            return vector()
        hidden = [one["query"] for requests in self.lists.values() for one in requests]
        shown = [one for one in self.stored if "new" in one or not any(_found(query, one) for query in hidden)]
        if self._deleted and self.stale_counts > 0:
            self.stale_counts -= 1
            shown += self._deleted
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
import json, socket, threading
if "get" in arguments:
    path = arguments[-1].removeprefix("/api/v1/namespaces/monitoring/")
    said = json.load(open({answers!r}))
    if path not in said:
        sys.exit(f'Error from server (NotFound): {{path.replace("/", " ")}} not found')
    print(json.dumps(said[path]))
    sys.exit(0)
listener = socket.create_server(("127.0.0.1", 0))
print(f"Forwarding from 127.0.0.1:{{listener.getsockname()[1]}} -> 3100", flush=True)

def copy(source, sink):
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    except OSError:
        pass
    sink.close()

while True:
    inner, _ = listener.accept()
    outer = socket.create_connection(tuple({addresses!r}[arguments[-2].removeprefix("pod/")]))
    for one, other in ((inner, outer), (outer, inner)):
        threading.Thread(target=copy, args=(one, other), daemon=True).start()
"""


def pod(name: str, *, ready: bool = True) -> dict[str, Any]:
    """As Kubernetes lists it."""
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "metadata": {"name": name, "namespace": "monitoring"},
        "status": {"phase": "Running", "conditions": conditions},
    }


def kubectl(
    tools: Callable[[str, str], Path],
    folder: Path,
    addresses: Mapping[str, tuple[str, int]],
    secrets: Mapping[str, str],
    down: Collection[str] = (),
) -> None:
    """A cluster with these pods and Secrets, whose port-forwards end at these addresses."""
    answers: dict[str, Any] = {"pods": {"items": [pod(name, ready=name not in down) for name in addresses]}}
    for name, key in secrets.items():
        answers[f"secrets/{name}"] = {"data": {"hash-key": base64.b64encode(key.encode()).decode()}}
    file = folder / "cluster.json"
    file.write_text(json.dumps(answers))
    tools("kubectl", KUBECTL.format(answers=str(file), addresses=dict(addresses)))
