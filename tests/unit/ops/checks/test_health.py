"""`health` and `connectivity` against real servers, well and not."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ops.backends import kubernetes
from ops.backends.errors import LiveError, Problem
from ops.backends.http import Address, HttpService
from ops.backends.kubernetes import Kubernetes
from ops.backends.target import Target
from ops.checks.enforcement import enforcement
from ops.report.checks import State
from sandbox.bootstrap.paths import VENV_BIN
from settings.models.platform import PlatformSettings
from tests.live_servers import DOWN, GARBAGE, LOOPBACK, SILENT, UNAUTHORIZED, Failure, Platform, closed_port, serving
from tests.unit.ops.certificates import certificates
from tests.unit.ops.running import Ran, run

pytestmark = pytest.mark.usefixtures("alone")

Operate = Callable[..., Ran]
Tools = Callable[[str, str], Path]
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: a, cluster: {{server: "{url}"}}}}]
users: [{{name: a, user: {{token: t}}}}]
contexts: [{{name: a, context: {{cluster: a, user: a}}}}]
current-context: a
"""
READY_POD = {
    "metadata": {"name": "loki-0", "namespace": "monitoring"},
    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
}
CRASHING_POD = {
    "metadata": {"name": "tempo-0", "namespace": "monitoring"},
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
        "containerStatuses": [{"restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
    },
}
FINISHED_POD = {"metadata": {"name": "job-1", "namespace": "monitoring"}, "status": {"phase": "Succeeded"}}
PENDING_POD = {
    "metadata": {"name": "mimir-0", "namespace": "monitoring"},
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
    },
}


@pytest.fixture
def cluster(tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`cluster(READY_POD, ...)`: kubectl answers with these pods in each namespace."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("LGTM_KUBECONFIG", str(kubeconfig))

    def answer(*pods: object) -> None:
        items = json.dumps(json.dumps({"items": pods}))
        tools("kubectl", f"assert arguments[-3:-1] == ['get', '--raw'], arguments\nprint({items})\n")

    return answer


def test_a_platform_that_is_well(operate: Operate, cluster: Callable[..., None]) -> None:
    cluster(READY_POD, FINISHED_POD)
    ran = operate("health")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("all is well\n")
    assert "all 4 ready" in ran.out


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (DOWN, "loki is busy: HTTP 503 to /ready; it says 'Ingester not ready"),
        (UNAUTHORIZED, "loki refuses access: HTTP 401 to /ready"),
        (GARBAGE, "loki answers something else: /ready says '<html>"),
        (Failure(status=500), "loki answers with an error: HTTP 500 to /ready"),
    ],
)
def test_one_bad_part_is_a_finding_and_the_others_are_still_asked(
    operate: Operate, cluster: Callable[..., None], platform: Platform, failure: Failure, words: str
) -> None:
    cluster(READY_POD)
    platform.loki.failure = failure
    ran = operate("health")
    assert ran.code == 1
    assert words in ran.out
    assert "kubectl -n monitoring logs statefulset/loki" in ran.out
    assert ran.out.endswith("2 of 10 checks need attention: loki, loki ring\n")


@pytest.mark.parametrize(
    ("server", "path", "answer", "words"),
    [
        ("loki", "/ready", b'{"ready": false}', "loki answers something else: /ready says '{\"ready\": false}'"),
        ("tempo", "/ready", b"Ingester not ready", "tempo answers something else: /ready says 'Ingester not ready'"),
        ("loki", "/ring", {}, "loki answers something else: /ring is JSON of another shape (at shards)"),
        ("loki", "/ring", [], "loki answers something else: /ring is JSON of another shape"),
        ("mimir", "/alertmanager/api/v2/alerts", {}, "/alertmanager/api/v2/alerts is JSON of another shape"),
        ("mimir", "/alertmanager/api/v2/alerts", [{}], "is JSON of another shape (at 0.labels)"),
        ("mimir", "/alertmanager/api/v2/alerts", {"status": "success"}, "is JSON of another shape"),
        ("mimir", "/prometheus/api/v1/query", {}, "is JSON of another shape (at data)"),
        ("mimir", "/prometheus/api/v1/query", {"data": {"result": []}}, "mimir answers something else: vector(1)"),
        ("grafana", "/api/health", [], "grafana answers something else: /api/health is JSON of another shape"),
        ("grafana", "/api/health", {"version": "13"}, "is JSON of another shape (at database)"),
        (
            "grafana", "/api/health", {"version": "13", "database": "failing"},
            "grafana answers with an error: database failing",
        ),
    ],
)  # fmt: skip
def test_an_answer_of_the_wrong_shape_is_never_well(
    operate: Operate,
    cluster: Callable[..., None],
    platform: Platform,
    server: str,
    path: str,
    answer: Any,
    words: str,
) -> None:
    cluster(READY_POD)
    getattr(platform, server).answers[path] = lambda _: answer
    ran = operate("health")
    assert ran.code == 1
    assert words in ran.out


def test_a_part_that_never_answers(operate: Operate, cluster: Callable[..., None], platform: Platform) -> None:
    cluster(READY_POD)
    platform.tempo.failure = SILENT
    ran = operate("health", "--timeout", "0.2")
    assert ran.code == 1
    assert "tempo did not answer in time" in ran.out


def test_pods_that_are_not_ready_are_named(operate: Operate, cluster: Callable[..., None]) -> None:
    cluster(READY_POD, CRASHING_POD, PENDING_POD)
    ran = operate("health")
    assert ran.code == 1
    assert "4 of 6 not ready: tempo-0 CrashLoopBackOff (7 restarts), mimir-0 Unschedulable" in ran.out
    assert "kubectl -n monitoring describe pod tempo-0" in ran.out


def test_a_cluster_that_is_out_of_reach(operate: Operate, cluster: Callable[..., None], tools: Tools) -> None:
    cluster()
    tools("kubectl", "sys.stderr.write('Unable to connect to the server: dial tcp: i/o timeout\\n')\nsys.exit(1)\n")
    assert "the Kubernetes API can't be reached: /api/v1/namespaces/monitoring/pods: Unable to" in operate("health").out
    tools("kubectl", "print('Forbidden')\n")
    assert (
        "the Kubernetes API answers something else: /api/v1/namespaces/monitoring/pods is not" in operate("health").out
    )
    tools("kubectl", "print('{\"items\": [3]}')\n")
    assert "a pod without the usual fields" in operate("health").out
    cluster()
    assert "no pods in monitoring and monitoring-agent" in operate("health").out


def test_a_real_kubectl_against_an_api_server(
    operate: Operate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(VENV_BIN))
    pods = "/api/v1/namespaces/monitoring/pods"
    with serving() as server:
        config = tmp_path / "kubeconfig"
        config.write_text(KUBECONFIG.format(url=server.url), encoding="utf-8")
        server.answers["/version"] = lambda _: {"major": "1", "minor": "35+"}
        server.answers[pods] = lambda _: {"kind": "PodList", "items": [READY_POD]}
        server.answers["/api/v1/namespaces/monitoring-agent/pods"] = lambda _: {"kind": "PodList", "items": []}
        assert "all 1 ready" in operate("health", "--kubeconfig", str(config)).out
        assert Kubernetes(config).server_version() == "1.35"
        status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
        status |= {"message": "pods is forbidden", "reason": "Forbidden", "code": 403}
        server.failure = Failure(403, json.dumps(status).encode(), {"Content-Type": "application/json"})
        ran = operate("health", "--kubeconfig", str(config))
        assert ran.code == 1
        assert f"the Kubernetes API refuses access: {pods}: Error from server (Forbidden): pods is" in ran.out


def test_rings_targets_queues_and_alerts(operate: Operate, cluster: Callable[..., None], platform: Platform) -> None:
    cluster(READY_POD)
    ring = {"job": "mimir", "name": "ingester"}
    platform.tell("ring_members", ({**ring, "state": "ACTIVE"}, 2.0), ({**ring, "state": "Unhealthy"}, 1.0))
    platform.tell("sum by (job) (up)", ({"job": "loki"}, 2.0))
    platform.tell("count by (job) (up)", ({"job": "loki"}, 3.0))
    platform.tell("send_failed_spans", ({"exporter": "otlp_grpc/tempo"}, 12.5))
    platform.tell("queue_size", ({"exporter": "otlp_grpc/tempo"}, 0.93))
    platform.loki.answers["/ring"] = lambda _: {"shards": [{"id": "loki-2", "state": "LEAVING"}]}
    platform.alerts = [{"alertname": "HighErrorRate", "severity": "critical"}]
    ran = operate("health", "--json")
    assert ran.code == 1
    found = {check["name"]: check["detail"] for check in json.loads(ran.out)["checks"] if check["state"] == "finding"}
    assert found["loki ring"] == "loki-2 LEAVING"
    assert found["rings"] == "mimir ingester: 1 Unhealthy"
    assert found["targets"].startswith("loki: 1 of 3 down; not scraped: tempo, mimir,")
    assert found["collectors"] == "otlp_grpc/tempo fails 12.5/s; queue of otlp_grpc/tempo is 93% full"
    assert found["alerts"] == "1 firing: HighErrorRate"


@pytest.mark.parametrize(("used", "code", "words"), [(10.0, 0, ""), (12.0, 1, ": at its limit")])
def test_a_pool_of_nodes_at_its_limit(
    operate: Operate, cluster: Callable[..., None], platform: Platform, used: float, code: int, words: str
) -> None:
    cluster(READY_POD)
    platform.tell("karpenter_nodepools_limit", ({"nodepool": "prod"}, 13.0))
    platform.tell("karpenter_nodepools_usage", ({"nodepool": "prod"}, used))
    ran = operate("health", "--json")
    assert ran.code == code
    (pool,) = [check for check in json.loads(ran.out)["checks"] if check["name"] == "node pool"]
    assert pool["detail"] == f"prod: {used:g} of 13 cores{words}"
    assert ("docs/runbooks/node-pool-at-limit.md" in pool["advice"]) == bool(code)


def test_nothing_can_be_reached(tmp_path: Path) -> None:
    port = closed_port()
    names = ("loki", "tempo", "mimir", "grafana", "otlp")
    endpoints = [part for name in names for part in ("--endpoint", f"{name}=http://{LOOPBACK}:{port}")]
    ran = run("health", "--stack", "staging", *endpoints, "--kubeconfig", str(tmp_path / "none"))
    assert ran.code == 2
    assert "--kubeconfig: there is no file" in ran.err
    ran = run("health", "--stack", "staging", *endpoints)
    assert ran.code == 3
    assert "pulumi isn't on PATH, and `make tools` hasn't brought it: see https://www.pulumi.com/" in ran.out


def test_every_hop_is_shown(operate: Operate, platform: Platform) -> None:
    ran = operate("connectivity")
    assert ran.code == 0, ran.out
    assert ran.out.count(" accepts") == 5
    assert "grafana -> tempo         ok" in ran.out
    platform.grafana.failure = UNAUTHORIZED
    platform.tell("send_failed_spans", ({"exporter": "otlp_grpc/tempo"}, 3.0))
    ran = operate("connectivity")
    assert ran.code == 1
    assert "otlp_grpc/tempo fails 3.0/s" in ran.out


KIND = {
    "mode": "existing",
    "context": "kind-lgtm",
    "object_store": {"endpoint": "http://seaweedfs.storage.svc:8333", "credentials_secret": "object-store"},
}
PROBED = "/api/v1/namespaces/monitoring/pods/collector-gateway-0:13133/proxy/"
LOST = b"error trying to reach service: dial tcp 10.21.0.7:13133: i/o timeout"
REFUSED = b"error trying to reach service: dial tcp 10.21.0.7:13133: connect: connection refused"


def _status(code: int, reason: str, message: bytes) -> Failure:
    """As an API server answers kubectl."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message.decode()}
    body = json.dumps({**status, "reason": reason, "code": code}).encode()
    return Failure(code, body, {"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (None, 1, "finding API server -> collector-gateway-0:13133 opens, which no policy allows"),
        (SILENT, 0, "ok API server -> collector-gateway-0:13133 is lost, as it must be"),
        (_status(503, "ServiceUnavailable", LOST), 0, "ok API server -> collector-gateway-0:13133 is lost"),
        (_status(503, "ServiceUnavailable", REFUSED), 0, "unknown API server -> collector-gateway-0:13133: "),
        (_status(403, "Forbidden", b"pods is forbidden: can't get pods/proxy"), 0, "unknown "),
        (_status(404, "NotFound", b'pods "collector-gateway-0" not found'), 0, "unknown "),
    ],
)
def test_a_cluster_that_enforces_nothing_is_found_by_a_connection_that_opens(
    operate: Operate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: Failure | None,
    code: int,
    words: str,
) -> None:
    """A real kubectl asks; what it isn't told is never taken for enforcement."""
    monkeypatch.setenv("PATH", str(VENV_BIN))
    monkeypatch.setattr(kubernetes, "PROXY_TIMEOUT", "500ms")
    with serving() as server:
        config = tmp_path / "kubeconfig"
        config.write_text(KUBECONFIG.format(url=server.url), encoding="utf-8")
        server.answers[PROBED] = lambda _: {"status": "Server available"}
        server.failure = failure
        ran = operate("connectivity", "--kubeconfig", str(config))
        assert [one.partition("?")[0] for one in server.requests][:1] == [PROBED]
    assert ran.code == code, ran.out
    (line,) = [line for line in ran.out.splitlines() if line.startswith("network policies ")]
    assert words in " ".join(line.split()), ran.out
    assert ("until then every pod reaches every other" in ran.out) is (code == 1)


@pytest.mark.parametrize(("answers", "words"), [(True, "on a cluster of one node that says nothing"), (False, "lost")])
def test_elsewhere_than_on_eks_it_is_never_certain(
    make_settings: Callable[..., PlatformSettings], answers: bool, words: str
) -> None:
    class Kubernetes:
        def get_from_pod(self, *_: object) -> str:
            if answers:
                return "{}"
            raise LiveError("the Kubernetes API", Problem.TIMEOUT, "within 5 s")

    target = SimpleNamespace(settings=make_settings("dev", cluster=KIND), kubernetes=Kubernetes)
    check = enforcement(cast(Target, target))
    assert check.state is State.UNKNOWN
    assert words in check.detail


def test_the_hop_that_is_blocked_is_named() -> None:
    endpoints = ["loki=http://loki.invalid:3100", f"tempo=http://{LOOPBACK}:{closed_port()}"]
    ran = run("connectivity", "--stack", "staging", *[part for one in endpoints for part in ("--endpoint", one)])
    assert ran.code == 1
    lines = {line.split("  ")[0]: line for line in ran.out.splitlines()}
    assert "its name can't be resolved" in lines["loki: DNS"]
    assert "loki: TCP" not in lines
    assert "connection refused" in lines["tempo: TCP"]
    assert "tempo: HTTP" not in lines


def test_tls_by_the_name_of_the_service_through_a_local_port(tmp_path: Path) -> None:
    found = certificates(tmp_path, "loki.monitoring.svc.cluster.local")
    with serving(found.server) as server:
        server.answers["/ready"] = lambda _: b"ready"
        url = f"https://loki.monitoring.svc.cluster.local:{server.port}"
        service = HttpService(Address("loki", url, (LOOPBACK, server.port), found.ca_file))
        assert service.get("/ready").body == b"ready"
        endpoint = ("--endpoint", f"loki={server.url}", "--ca-file", str(found.ca_file))
        ran = run("connectivity", "--stack", "staging", *endpoint)
        assert "IP address mismatch" in ran.out
        untrusted = run("connectivity", "--stack", "staging", "--endpoint", f"loki={server.url}")
        assert "its certificate isn't trusted" in untrusted.out
        wrong = run("health", "--stack", "staging", "--endpoint", f"loki={server.url}", "--ca-file", __file__)
        assert (wrong.code, wrong.out) == (2, "")
        assert "accepted: a file with PEM certificates" in wrong.err
