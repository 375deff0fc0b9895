"""The agent of every stack on the real collector, against a real Kubernetes API server, with its own rights there.

Substituted beside what `collector_driver` names: the service account's token comes in a kubeconfig, because its usual
path is a pod's; pods' logs and the host's root are folders of the test. Simulated nodes have no kubelet, so its metrics
are asked for and not had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sandbox.kubernetes.control_plane import ControlPlane
from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from telemetry.helm.collector import agent_values
from telemetry.placement import placement_for
from tests.artefacts.collector_driver import (
    POD_ENVIRONMENT,
    STACKS,
    Document,
    Ports,
    on_loopback,
    running,
    stack_settings,
    start,
    validate,
)
from tests.artefacts.collector_traffic import KINDS, make_traces
from tests.artefacts.kubernetes_driver import apply, eventually, get, group, kubectl, workload
from tests.artefacts.otlp_sink import Sink, attributes, text
from tests.artefacts.test_collector_pipelines import SEED, send, settle, spans_by_trace

ACCOUNT = "collector-agent"
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


class Cluster(NamedTuple):
    """A control plane with one node and a deployment's pod on it."""

    control_plane: ControlPlane
    node: str
    pod: dict[str, Any]
    kubeconfig: Path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("cluster")
    control_plane = ControlPlane.start(name="tested", directory=directory, authentication_webhook_url=None)
    try:
        control_plane.add_node_group(group("general", count=1))
        kubectl(control_plane, "create", "namespace", "shop")
        apply(control_plane, workload("Deployment", "checkout", "shop"))
        kubectl(control_plane, "-n", "shop", "rollout", "status", "deployment/checkout", "--timeout=60s")
        (pod,) = get(control_plane, "-n", "shop", "pods")["items"]
        yield Cluster(control_plane, pod["spec"]["nodeName"], pod, _agent_kubeconfig(control_plane, directory))
    finally:
        control_plane.stop()


def _agent_kubeconfig(control_plane: ControlPlane, directory: Path) -> Path:
    """A service account with what the chart's values give the agent, and nothing else."""
    settings = stack_settings("prod")
    rules = agent_values(settings, placement_for(settings, "prod"), "prod").cluster_role.rules
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": ACCOUNT}}
    apply(control_plane, {**role, "rules": rules})
    kubectl(control_plane, "-n", "default", "create", "serviceaccount", ACCOUNT)
    kubectl(
        control_plane, "create", "clusterrolebinding", ACCOUNT,
        f"--clusterrole={ACCOUNT}", f"--serviceaccount=default:{ACCOUNT}",
    )  # fmt: skip
    token = kubectl(control_plane, "-n", "default", "create", "token", ACCOUNT).stdout.strip()
    server = {
        "server": control_plane.endpoint,
        "certificate-authority": str(control_plane.directory / "pki" / "ca.crt"),
    }
    path = directory / "agent-kubeconfig.json"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "tested",
                "contexts": [{"name": "tested", "context": {"cluster": "tested", "user": "tested"}}],
                "clusters": [{"name": "tested", "cluster": server}],
                "users": [{"name": "tested", "user": {"token": token}}],
            }
        )
    )
    return path


class Agent(NamedTuple):
    """An agent's configuration for this machine."""

    document: Document
    ports: Ports
    environment: dict[str, str]
    logs: Path


def agent_for(stack: str, cluster: Cluster, directory: Path, gateway: str) -> Agent:
    (directory / "state").mkdir(parents=True)
    (directory / "pods").mkdir()
    ports = Ports.free()
    rendered = agent_config(stack_settings(stack)).document()
    document = on_loopback(rendered, ports, directory / "state", {"otlp_grpc": gateway})
    document["receivers"]["kubeletstats"] = {
        **document["receivers"]["kubeletstats"],
        "auth_type": "kubeConfig",
        "endpoint": cluster.node,
    }
    document["processors"]["k8s_attributes"]["auth_type"] = "kubeConfig"
    receiver = document["receivers"]["file_log"]
    for part in ("include", "exclude"):
        receiver[part] = [path.replace("/var/log/pods", str(directory / "pods")) for path in receiver[part]]
    document["receivers"]["hostmetrics"]["root_path"] = "/"
    environment = {
        **POD_ENVIRONMENT,
        "KUBECONFIG": str(cluster.kubeconfig),
        "OTEL_K8S_NODE_NAME": cluster.node,
        "OTEL_RESOURCE_ATTRIBUTES": f"k8s.cluster.name=tested,k8s.node.name={cluster.node}",
    }
    return Agent(document, ports, environment, directory / "pods")


@pytest.mark.parametrize("stack", STACKS)
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
