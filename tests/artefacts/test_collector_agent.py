"""The agent of every stack on the real collector, against a real Kubernetes API server, with its own rights there."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from telemetry.collector.gateway import gateway_config
from tests.artefacts.agent_driver import Agent, Cluster, agent_for, running_cluster
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Document, Ports, on_loopback, running, start, validate
from tests.artefacts.collector_traffic import KINDS, make_traces
from tests.artefacts.kubernetes_driver import apply, eventually, get, kubectl, pod
from tests.artefacts.otlp_sink import Sink, attributes, text
from tests.artefacts.otlp_source import pairs, post, value
from tests.artefacts.pod_network import give_address, sending_from
from tests.artefacts.test_collector_pipelines import SEED, send, settle, spans_by_trace
from tests.stacks import NAMES, stack_settings

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEBACK = (
    "ERROR request failed",
    "Traceback (most recent call last):",
    '  File "/app/main.py", line 12, in <module>',
    "    run()",
    "ValueError: bad",
)
PLAIN = f"level=warning trace_id={TRACE_ID} span_id={SPAN_ID} mail to jane@example.com"
STRUCTURED = json.dumps({"level": "error", "otelTraceID": TRACE_ID, "otelSpanID": SPAN_ID, "password": "hunter2"})
LAST = "INFO nothing more"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running_one:
        yield running_one


@pytest.mark.parametrize("stack", NAMES)
def test_the_agent_of_every_stack_is_valid_and_starts(stack: str, cluster: Cluster, tmp_path: Path) -> None:
    agent = agent_for(stack, cluster, tmp_path / "agent", "127.0.0.1:1")
    verdict = validate(agent.document, tmp_path, agent.environment)
    assert verdict.returncode == 0, verdict.stderr
    with running(agent.document, agent.ports, tmp_path, agent.environment) as collector:
        log = collector.log.read_text()
        assert "Everything is ready" in log
        assert "forbidden" not in log


def _gateway(directory: Path, sink: Sink) -> tuple[Document, Ports]:
    """prod's gateway in front of a sink."""
    ports = Ports.free()
    (directory / "state").mkdir()
    document = gateway_config(stack_settings("prod")).document()
    return on_loopback(document, ports, directory / "state", sink.back_ends), ports


def _agent_before(gateway: Ports, cluster: Cluster, directory: Path) -> Agent:
    """prod's agent that sends to it."""
    return agent_for("prod", cluster, directory / "agent", f"127.0.0.1:{gateway.grpc}")


def test_pod_logs_are_joined_enriched_and_redacted(cluster: Cluster, tmp_path: Path) -> None:
    with Sink() as sink:
        gateway, gateway_ports = _gateway(tmp_path, sink)
        agent = _agent_before(gateway_ports, cluster, tmp_path)
        _write_log(agent.logs, cluster.pod, [*TRACEBACK, PLAIN, STRUCTURED, LAST])
        with (
            running(gateway, gateway_ports, tmp_path),
            running(agent.document, agent.ports, tmp_path / "agent", agent.environment),
        ):
            eventually(lambda: any(text(record.body) == LAST for _, record in sink.records()))
            settle(sink)
        found = {text(record.body): (resource, record) for resource, record in sink.records()}
    assert set(found) == {
        "\n".join(TRACEBACK),
        PLAIN.replace("jane@example.com", "****"),
        STRUCTURED.replace("hunter2", "****"),
        LAST,
    }
    for body, severity in (
        (PLAIN.replace("jane@example.com", "****"), 13),
        (STRUCTURED.replace("hunter2", "****"), 17),
    ):
        _, record = found[body]
        assert (record.trace_id.hex(), record.span_id.hex()) == (TRACE_ID, SPAN_ID)
        assert record.severity_number == severity
        assert not {"trace_id", "span_id", "severity"} & set(attributes(record))
    about = attributes(found[LAST][0])
    assert about["k8s.namespace.name"] == "shop"
    assert about["k8s.pod.name"] == cluster.pod["metadata"]["name"]
    assert about["k8s.deployment.name"] == about["service.name"] == "checkout"
    assert about["k8s.node.name"] == cluster.node
    assert about["k8s.cluster.name"] == "tested"


def _write_log(logs: Path, pod: dict[str, Any], lines: list[str]) -> None:
    """As containerd writes it."""
    metadata = pod["metadata"]
    folder = logs / f"{metadata['namespace']}_{metadata['name']}_{metadata['uid']}" / "main"
    folder.mkdir(parents=True)
    written = (f"2026-11-24T22:06:10.12345678{number}Z stdout F {line}\n" for number, line in enumerate(lines))
    (folder / "0.log").write_text("".join(written))


VICTIM = {
    "k8s.namespace.name": "bank",
    "k8s.pod.uid": "6f7e8c1a-0000-4000-8000-000000000000",
    "k8s.pod.name": "ledger-0",
    "k8s.pod.ip": "10.0.0.9",
    "k8s.deployment.name": "ledger",
    "k8s.statefulset.name": "ledger",
    "k8s.node.name": "elsewhere",
    "k8s.pod.labels.app": "ledger",
}


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_a_pod_that_says_it_is_another_isnt_believed(signal: str, cluster: Cluster, tmp_path: Path) -> None:
    """One that exists on the same node, and one that doesn't exist; container and service are its own to name."""
    kubectl(cluster.control_plane, "create", "namespace", "bank", check=False)
    apply(cluster.control_plane, pod("ledger", "bank", nodeName=cluster.node))
    real = get(cluster.control_plane, "-n", "bank", "pod", "ledger")["metadata"]
    own = cluster.pod["metadata"]
    with Sink() as sink:
        gateway, gateway_ports = _gateway(tmp_path, sink)
        agent = _agent_before(gateway_ports, cluster, tmp_path)
        with (
            running(gateway, gateway_ports, tmp_path),
            running(agent.document, agent.ports, tmp_path / "agent", agent.environment),
            sending_from(give_address(cluster.control_plane, cluster.pod), agent.ports.http) as sender,
        ):
            here = Ports(grpc=0, http=sender, metrics=0, health=0)
            eventually(lambda: _known(sink, here, signal))
            for uid in (VICTIM["k8s.pod.uid"], real["uid"]):
                claims = {**VICTIM, "k8s.pod.uid": uid, "service.name": "shop", "k8s.container.name": "main"}
                post(here, signal, _marked(signal, f"claims {uid}", claims))
            found = eventually(lambda: _marks(sink, signal, "claims ", 2))
    for about in found:
        assert about["k8s.pod.uid"] == own["uid"]
        assert about["k8s.pod.name"] == own["name"]
        assert about["k8s.namespace.name"] == "shop"
        assert about["k8s.node.name"] == cluster.node
        assert about["k8s.deployment.name"] == "checkout"
        assert (about["service.name"], about["k8s.container.name"]) == ("shop", "main")
        assert not {"k8s.pod.ip", "k8s.statefulset.name", "k8s.pod.labels.app"} & set(about)


def test_a_connection_that_is_no_pods_gives_no_pod(cluster: Cluster, tmp_path: Path) -> None:
    """As from a pod on the node's network, or from another node: a uid that is sent finds no pod either."""
    with Sink() as sink:
        gateway, gateway_ports = _gateway(tmp_path, sink)
        agent = _agent_before(gateway_ports, cluster, tmp_path)
        with (
            running(gateway, gateway_ports, tmp_path),
            running(agent.document, agent.ports, tmp_path / "agent", agent.environment),
        ):
            claims = {"k8s.pod.uid": cluster.pod["metadata"]["uid"], "service.name": "shop"}
            post(agent.ports, "logs", _marked("logs", "claims a pod", claims))
            (about,) = eventually(lambda: _marks(sink, "logs", "claims ", 1))
    assert about["service.name"] == "shop"
    assert not {key for key in about if key.startswith("k8s.pod.")}
    assert "k8s.namespace.name" not in about


def _known(sink: Sink, ports: Ports, signal: str) -> bool:
    """Whether the agent's view of the pods has the new address."""
    post(ports, signal, _marked(signal, "is known", {"service.name": "shop"}))
    return any("k8s.pod.name" in about for about in _marks(sink, signal, "is known", 1) or [])


def _marked(signal: str, mark: str, about: dict[str, str]) -> Message:
    resource, now = Resource(attributes=pairs(about)), time.time_ns()
    if signal == "traces":
        span = Span(name=mark, start_time_unix_nano=now, end_time_unix_nano=now)
        span.trace_id, span.span_id = secrets.token_bytes(16), secrets.token_bytes(8)
        span.status.code = Status.STATUS_CODE_ERROR
        spans = ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=[span])])
        return ExportTraceServiceRequest(resource_spans=[spans])
    if signal == "metrics":
        points = Gauge(data_points=[NumberDataPoint(time_unix_nano=now, as_int=1)])
        metric = Metric(name=mark.replace(" ", "_"), gauge=points)
        metrics = ResourceMetrics(resource=resource, scope_metrics=[ScopeMetrics(metrics=[metric])])
        return ExportMetricsServiceRequest(resource_metrics=[metrics])
    record = LogRecord(time_unix_nano=now, body=value(mark))
    logs = ResourceLogs(resource=resource, scope_logs=[ScopeLogs(log_records=[record])])
    return ExportLogsServiceRequest(resource_logs=[logs])


def _marks(sink: Sink, signal: str, mark: str, count: int) -> list[dict[str, str]] | None:
    """Resource attributes of what was marked so, once that many have come."""
    match signal:
        case "traces":
            seen = [(resource, span.name) for resource, span in sink.spans()]
        case "metrics":
            seen = [
                (resource, metric.name.replace("_", " "))
                for one in list(sink.metrics)
                for group in one.resource_metrics
                for resource in [group.resource]
                for scope in group.scope_metrics
                for metric in scope.metrics
            ]
        case _:
            seen = [(resource, text(record.body)) for resource, record in sink.records()]
    found = [attributes(resource) for resource, name in seen if name.startswith(mark)]
    return found if len(found) >= count else None


def test_a_gateway_that_was_killed_gets_everything_from_the_agents_disk(cluster: Cluster, tmp_path: Path) -> None:
    """Traces come while there is no gateway, the agent itself restarts, then the gateway is back."""
    sent = make_traces(SEED, 400, KINDS[:4])
    with Sink() as sink:
        gateway, gateway_ports = _gateway(tmp_path, sink)
        start(gateway, gateway_ports, tmp_path, POD_ENVIRONMENT).kill()
        agent = _agent_before(gateway_ports, cluster, tmp_path)
        with running(agent.document, agent.ports, tmp_path / "agent", agent.environment) as collector:
            send(collector, sent)
            eventually(lambda: collector.own_metric("otelcol_exporter_queue_size") > 0)
        with (
            running(gateway, gateway_ports, tmp_path),
            running(agent.document, agent.ports, tmp_path / "agent", agent.environment),
        ):
            eventually(lambda: len(spans_by_trace(sink)) == len(sent))
            settle(sink)
    spans = {span.span_id for _, span in sink.spans()}
    assert len(spans) == sum(len(trace.spans) for trace in sent)
