"""Steady requests of what can't run beside the measured API server, at the periods that its documentation names.

A watch is restarted by every client after a random 5 to 10 minutes (client-go, tools/cache, reflector: minWatchTimeout)
and leaves two lines. Here each restart is a watch that ends after a second, at the same mean rate: the lines are the
same, and the connections needn't be held. Periods of elections: client-go's tools/leaderelection as the component
configures it; the leader updates and every standby reads at each retry period.
"""

import http.client
import json
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.kubernetes.pki import KeyPair

LEASES = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
LEASE = "/leases/"
WATCH_SECONDS = 450.0
NODES, MASTERS = "system:nodes", "system:masters"
# kubelet configuration: nodeLeaseDurationSeconds 40, renewed at a quarter; nodeStatusReportFrequency 5m.
LEASE_SECONDS, STATUS_SECONDS = 10.0, 300.0
# Projected tokens live an hour and are asked for again at 80 % of it (kubelet, token manager).
TOKEN_SECONDS = 2880.0
# kubelet configuration: authentication.webhook.cacheTTL 2m, authorization.webhook.cacheAuthorizedTTL 5m.
REVIEW_SECONDS, ACCESS_SECONDS = 120.0, 300.0
# kube-controller-manager's and kube-scheduler's --leader-elect-retry-period; AWS's controllers use the same library.
ELECTION_SECONDS = 2.0
# csi-lib-utils: --leader-election-retry-period 5s. cert-manager: --leader-election-retry-period 15s.
CSI_SECONDS, CERT_MANAGER_SECONDS = 5.0, 15.0
CORE = ("pods", "nodes", "services", "configmaps", "secrets", "namespaces")
PODS_PER_NODE, OBJECTS_PER_NODE = 14, 15


@dataclass(frozen=True)
class Repeated:
    """One request again and again."""

    method: str
    path: str
    every: float
    body: Callable[[], Mapping[str, object]] | None = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class Identity:
    """Who asks."""

    user: str
    group: str
    agent: str
    """User agent; those of daemons, of which each node has one, end in /node."""
    requests: Sequence[Repeated]


def identities(nodes: int) -> list[Identity]:
    """Everybody who asks steadily of an EKS cluster with this platform's add-ons."""
    return [*_aws(), *_addons(), *(who for number in range(nodes) for who in _node(f"node-{number}"))]


def _aws() -> Iterator[Identity]:
    """AWS's own controllers: as leases in kube-system of an EKS cluster show them, each in two copies."""
    for name in ("cloud-controller-manager", "vpc-resource-controller", "certificate-controller", "network-policy"):
        agent = f"{name}/v1.35.0 (linux/amd64) kubernetes/4f2a6c1/leader-election"
        requests = [*_election(f"cp-{name}", ELECTION_SECONDS, standbys=1), *_watches(6)]
        yield Identity(f"eks:{name}", MASTERS, agent, requests)


def _addons() -> Iterator[Identity]:
    account = "system:serviceaccount:{}:{}"
    sidecars = ("csi-provisioner", "csi-attacher", "csi-resizer")
    csi = [request for name in sidecars for request in _election(name, CSI_SECONDS, standbys=1)]
    yield Identity(account.format("kube-system", "ebs-csi-controller-sa"), MASTERS,
                   "csi-provisioner/v0.0.0 (linux/arm64) kubernetes/$Format", [*csi, *_watches(12)])  # fmt: skip
    cert = [*_election("cert-manager-controller", CERT_MANAGER_SECONDS), *_watches(16)]
    yield Identity(account.format("cert-manager", "cert-manager"), MASTERS,
                   "cert-manager/v1.19 (linux/arm64) cert-manager/leader-election", cert)  # fmt: skip
    injector = [*_election("cert-manager-cainjector", CERT_MANAGER_SECONDS), *_watches(8)]
    yield Identity(account.format("cert-manager", "cert-manager-cainjector"), MASTERS,
                   "cainjector/v1.19 (linux/arm64) cert-manager", injector)  # fmt: skip
    for name, watches in (("coredns", 6), ("metrics-server", 6), ("kube-state-metrics", 28), ("collector", 21)):
        yield Identity(account.format("kube-system", name), MASTERS,
                       f"{name}/v1.35.0 (linux/arm64) kubernetes/4f2a6c1", list(_watches(watches)))  # fmt: skip


def _node(name: str) -> Iterator[Identity]:
    kubelet = [
        *_renewal(name, "kube-node-lease", LEASE_SECONDS),
        Repeated(
            "PATCH",
            f"/api/v1/nodes/{name}/status",
            STATUS_SECONDS,
            _heartbeat,
            "application/strategic-merge-patch+json",
        ),
        *_watches(5 + OBJECTS_PER_NODE),
        *(
            Repeated("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", TOKEN_SECONDS, _token)
            for _ in range(PODS_PER_NODE)
        ),
        *(
            request
            for _ in ("metrics-server", "collector agent")
            for request in (
                Repeated("POST", "/apis/authentication.k8s.io/v1/tokenreviews", REVIEW_SECONDS, _review),
                Repeated("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", ACCESS_SECONDS, _access),
            )
        ),
    ]
    yield Identity(f"system:node:{name}", NODES, "kubelet/v1.35.0 (linux/arm64) kubernetes/4f2a6c1", kubelet)
    for daemon, watches in (("aws-node", 5), ("kube-proxy", 4), ("ebs-csi-node-sa", 1), ("collector-agent", 3)):
        yield Identity(f"system:serviceaccount:kube-system:{daemon}", MASTERS,
                       f"{daemon}/v1.35.0 (linux/arm64) kubernetes/4f2a6c1/node", list(_watches(watches)))  # fmt: skip


def _watches(count: int) -> Iterator[Repeated]:
    for number in range(count):
        resource = CORE[number % len(CORE)]
        path = f"/api/v1/{resource}?allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=1&watch=true"
        yield Repeated("GET", path.replace("resourceVersion=1", "resourceVersion=0"), WATCH_SECONDS)


def _election(name: str, every: float, standbys: int = 0) -> Iterator[Repeated]:
    yield from _renewal(name, "kube-system", every)
    path = f"{LEASES.format(namespace='kube-system')}/{name}"
    for _ in range(standbys):
        yield Repeated("GET", path, every)


def _renewal(name: str, namespace: str, every: float) -> Iterator[Repeated]:
    yield Repeated("PUT", f"{LEASES.format(namespace=namespace)}/{name}", every, lambda: _lease(name, namespace))


def _lease(name: str, namespace: str) -> Mapping[str, object]:
    spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": f"{_now()[:-1]}.000000Z"}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def _heartbeat() -> Mapping[str, object]:
    kinds = ("DiskPressure", "MemoryPressure", "PIDPressure", "Ready")
    beats = [{"type": kind, "lastHeartbeatTime": _now()} for kind in kinds]
    return {"status": {"$setElementOrder/conditions": [{"type": kind} for kind in kinds], "conditions": beats}}


def _token() -> Mapping[str, object]:
    spec = {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 3607}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}, "spec": spec}


def _review() -> Mapping[str, object]:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {}, "spec": {"token": "x"}}


def _access() -> Mapping[str, object]:
    attributes = {"resource": "nodes", "subresource": "metrics", "verb": "get", "name": "node-0", "version": "v1"}
    user = "system:serviceaccount:kube-system:metrics-server"
    groups = ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"]
    spec = {"resourceAttributes": attributes, "user": user, "groups": groups}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {}, "spec": spec}


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class RequestLoop:
    """Sends every identity's requests at their periods, from a few threads, until it is stopped."""

    def __init__(
        self,
        endpoint: str,
        ca_file: Path,
        who: Sequence[Identity],
        pair: Callable[[str, str], KeyPair],
        workers: int = 12,
    ) -> None:
        address = urlsplit(endpoint)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 443
        self._contexts = {one.user: _context(ca_file, pair(one.user, one.group)) for one in who}
        self._queue = [
            (time.monotonic() + random.uniform(0, request.every), number, one, request)  # noqa: S311
            for number, (one, request) in enumerate((one, request) for one in who for request in one.requests)
        ]
        heapify(self._queue)
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(workers)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failures = 0
        self._versions: dict[str, str] = {}
        self._make_leases(who)

    def start(self) -> None:
        """Begins; every request starts at a random point of its first period."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the loop."""
        self._stopping.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def _make_leases(self, who: Sequence[Identity]) -> None:
        for one in who:
            for request in one.requests:
                if request.method == "PUT" and request.body is not None:
                    collection = request.path.rpartition("/")[0]
                    self._send(one, Repeated("POST", collection, 0, request.body))
                    self._send(one, Repeated("PATCH", request.path, 0, dict, "application/merge-patch+json"))

    def _run(self) -> None:
        while not self._stopping.is_set():
            due, number, one, request = heappop(self._queue)
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            self._pool.submit(self._send, one, request)
            heappush(self._queue, (due + request.every, number, one, request))

    def _send(self, one: Identity, request: Repeated) -> None:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=30, context=self._contexts[one.user])
        try:
            body = json.dumps(self._body(request)) if request.body is not None else None
            headers = {"User-Agent": one.agent, "Accept": "application/json", "Content-Type": request.content_type}
            connection.request(request.method, request.path, body, headers)
            response = connection.getresponse()
            self._remember(request, response.read())
            if response.status >= 400 and response.status != 409:
                raise OSError(f"{request.method} {request.path}: HTTP {response.status}")
        except (OSError, http.client.HTTPException) as error:
            self.failures += 1
            if self.failures < 10:
                print(f"{one.user}: {error}", flush=True)
        finally:
            connection.close()

    def _body(self, request: Repeated) -> Mapping[str, object]:
        """The body; a lease's update names the version that it changes, as the leader knows it from its last answer."""
        body = dict(request.body()) if request.body else {}
        if request.method == "PUT" and isinstance(metadata := body.get("metadata"), dict):
            body["metadata"] = {**metadata, "resourceVersion": self._versions.get(request.path, "")}
        return body

    def _remember(self, request: Repeated, answer: bytes) -> None:
        if request.method in ("PUT", "PATCH") and LEASE in request.path:
            self._versions[request.path] = str(json.loads(answer)["metadata"]["resourceVersion"])


def _context(ca_file: Path, pair: KeyPair) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca_file))
    context.load_cert_chain(str(pair.certificate_file), str(pair.key_file))
    return context
