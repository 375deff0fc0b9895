"""The agent of every stack on the real collector, against a real Kubernetes API server, with its own rights there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telemetry.collector.gateway import gateway_config
from tests.artefacts.agent_driver import Cluster, agent_for, running_cluster
from tests.artefacts.collector_driver import POD_ENVIRONMENT, Ports, on_loopback, running, start, validate
from tests.artefacts.collector_traffic import KINDS, make_traces
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, attributes, text
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


def test_pod_logs_are_joined_enriched_and_redacted(cluster: Cluster, tmp_path: Path) -> None:
    with Sink() as sink:
        gateway_ports = Ports.free()
        (tmp_path / "state").mkdir()
        gateway = on_loopback(
            gateway_config(stack_settings("prod")).document(), gateway_ports, tmp_path / "state", sink.back_ends
        )
        agent = agent_for("prod", cluster, tmp_path / "agent", f"127.0.0.1:{gateway_ports.grpc}")
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


def test_a_gateway_that_was_killed_gets_everything_from_the_agents_disk(cluster: Cluster, tmp_path: Path) -> None:
    """Traces come while there is no gateway, the agent itself restarts, then the gateway is back."""
    sent = make_traces(SEED, 400, KINDS[:4])
    with Sink() as sink:
        gateway_ports = Ports.free()
        (tmp_path / "state").mkdir()
        gateway = on_loopback(
            gateway_config(stack_settings("prod")).document(), gateway_ports, tmp_path / "state", sink.back_ends
        )
        start(gateway, gateway_ports, tmp_path, POD_ENVIRONMENT).kill()
        agent = agent_for("prod", cluster, tmp_path / "agent", f"127.0.0.1:{gateway_ports.grpc}")
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
