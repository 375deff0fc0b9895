"""Which pods an agent finds by itself, and which agent reports for all: against a real Kubernetes API server.

Simulated pods answer nothing, so each target that is found has the series `up` with the value 0.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from telemetry.collector.gateway import gateway_config
from telemetry.collector.scrapes import Scrape, scrapes
from tests.artefacts.agent_driver import Cluster, agent_for, running_cluster
from tests.artefacts.collector_driver import LOOPBACK, Collector, Ports, on_loopback, running
from tests.artefacts.kubernetes_driver import apply, eventually, get, group, kubectl, pod
from tests.artefacts.otlp_sink import Sink, attributes
from tests.stacks import stack_settings

SETTLED_SECONDS = 3.0
OTHER_PORT = 9095


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two nodes, each with a pod for every job of prod (an owner) and of dev (a tenant stack), and pods to be left."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as made:
        made.control_plane.add_node_group(group("other", count=1))
        (other,) = (
            node["metadata"]["name"]
            for node in get(made.control_plane, "nodes")["items"]
            if node["metadata"]["name"] != made.node
        )
        jobs = {(job.job, job.namespace): job for stack in ("prod", "dev") for job in scrapes(_settings(stack))}
        for namespace in {namespace for _, namespace in jobs}:
            kubectl(made.control_plane, "create", "namespace", namespace, check=False)
        for job in jobs.values():
            _place(made, job, f"{job.job}-here", made.node)
            _place(made, job, f"{job.job}-there", other)
        mimir, loki = (next(job for job in scrapes(_settings("prod")) if job.job == name) for name in ("mimir", "loki"))
        _place(made, mimir, "mimir-gateway", made.node, {"app.kubernetes.io/component": "gateway"})
        _place(made, loki.model_copy(update={"namespace": "shop"}), "loki-of-others", made.node)
        _place(made, loki.model_copy(update={"port": 9150}), "loki-cache", made.node)
        yield made


def _settings(stack: str) -> Any:
    return stack_settings(stack)


def _place(cluster: Cluster, job: Scrape, name: str, node: str, labels: dict[str, str] | None = None) -> None:
    """A pod as the job's chart makes it, with a second port."""
    ports = [{"containerPort": port, "protocol": "TCP"} for port in (job.port, OTHER_PORT)]
    body = pod(name, job.namespace, container={"ports": ports}, nodeName=node)
    key = f"app.kubernetes.io/{job.label.rpartition('_')[2]}"
    body["metadata"]["labels"] = {key: job.value, **(labels or {})}
    apply(cluster.control_plane, body)


@pytest.mark.parametrize("stack", ["prod", "dev"])
def test_an_agent_finds_each_pod_of_its_stack_on_its_node_once(stack: str, cluster: Cluster, tmp_path: Path) -> None:
    expected = {(job.job, f"{job.job}-here", job.namespace) for job in scrapes(_settings(stack))}
    with Sink() as sink:
        ports = Ports.free()
        (tmp_path / "state").mkdir()
        gateway = on_loopback(gateway_config(_settings(stack)).document(), ports, tmp_path / "state", sink.back_ends)
        with running(gateway, ports, tmp_path):
            agent = agent_for(stack, cluster, tmp_path / "agent", f"{LOOPBACK}:{ports.grpc}")
            config = agent.document["receivers"]["prometheus"]["config"]
            config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s"}
            with running(agent.document, agent.ports, tmp_path / "agent", agent.environment) as collector:
                eventually(lambda: _targets(sink) >= expected)
                time.sleep(SETTLED_SECONDS)
                assert "forbidden" not in collector.log.read_text()
    assert _targets(sink) == expected


def _targets(sink: Sink) -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    for resource, _ in sink.measured("up"):
        about = attributes(resource)
        assert about["service.instance.id"] == about["k8s.pod.name"]
        found.add((about["service.name"], about["k8s.pod.name"], about["k8s.namespace.name"]))
    return found


def test_one_agent_of_several_reports_object_states_and_another_takes_over(cluster: Cluster, tmp_path: Path) -> None:
    """Two agents hold one lease in turn; each has a gateway of its own, so that it is seen who reports."""
    sinks = (Sink(), Sink())
    with ExitStack() as stack:
        agents = [_with_gateway(stack, sink, cluster, tmp_path / str(number)) for number, sink in enumerate(sinks)]
        eventually(lambda: any(map(_reports, sinks)))
        time.sleep(SETTLED_SECONDS)
        assert [_reports(sink) for sink in sinks].count(True) == 1
        leader = 0 if _reports(sinks[0]) else 1
        agents[leader].kill()
        eventually(lambda: _reports(sinks[1 - leader]))


def _with_gateway(stack: ExitStack, sink: Sink, cluster: Cluster, directory: Path) -> Collector:
    settings, ports = stack_settings("prod"), Ports.free()
    (directory / "state").mkdir(parents=True)
    stack.enter_context(sink)
    gateway = on_loopback(gateway_config(settings).document(), ports, directory / "state", sink.back_ends)
    stack.enter_context(running(gateway, ports, directory))
    agent = agent_for("prod", cluster, directory / "agent", f"{LOOPBACK}:{ports.grpc}")
    agent.document["receivers"]["k8s_cluster"]["collection_interval"] = "1s"
    return stack.enter_context(running(agent.document, agent.ports, directory / "agent", agent.environment))


def _reports(sink: Sink) -> bool:
    return any(True for _ in sink.measured("k8s.deployment.available"))
